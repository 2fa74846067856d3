"""What the dialler wants done. The core decides these; `workers` carries them out, in order."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias
from uuid import UUID

from campaigns.arrivals import Arrival, InboundOutcome
from campaigns.flow_effects import AskEndpoint, FlowKept, SayPrompt
from campaigns.leads import Candidate, DialOrder
from campaigns.outcomes import Outcome
from connectors.calls import Command, EndReason


class AgentState(StrEnum):
    OFFLINE = "offline"
    READY = "ready"
    RESERVED = "reserved"  # a call is on its way to this agent
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Refill:
    """The hopper wants `count` more candidates, besides those it holds (`held`).

    `plenty`: sets of skills of which it holds enough that nobody free has; no more of these.
    """

    count: int
    held: frozenset[UUID]
    plenty: frozenset[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Claim:
    """Commit an attempt for each order, in one transaction, or say why not.

    Answer with `Dialler.claimed(attempts, refusals, now)`; until then these orders count as
    calls in flight.
    """

    orders: tuple[DialOrder, ...]


@dataclass(frozen=True, slots=True)
class Send:
    """Give `command` to the PBX `node`, at once."""

    node: str
    command: Command


@dataclass(frozen=True, slots=True)
class AttemptNoted:
    """An open attempt has got on: kept so that another worker could take over."""

    attempt_id: UUID
    at: datetime
    state: str  # a CallState
    agent: str | None = None
    recording: str | None = None  # path below the PBX's recording folder


@dataclass(frozen=True, slots=True)
class AttemptEnded:
    """An attempt is over: its one result. All times UTC; None where it never got that far.

    Whether and when the lead is called again is decided by `campaigns.retry` where the result
    is recorded, from the lead's own history.
    """

    attempt_id: UUID
    lead_id: UUID
    number: str
    outcome: Outcome
    disposition: str
    reason: EndReason
    cause: str  # the PBX's raw words
    party: str  # a Party, or "" where nobody was classified
    placed_at: datetime
    ended_at: datetime
    ringing_at: datetime | None = None
    answered_at: datetime | None = None
    classified_at: datetime | None = None
    connected_at: datetime | None = None
    agent: str | None = None
    agent_lost: bool = False  # an agent vanished: why it was late, or abandoned, if it was
    asked_at: datetime | None = None  # in a flow, for an agent


@dataclass(frozen=True, slots=True)
class AttemptDisposed:
    """The agent has filed a connected attempt: replaces the disposition it ended with."""

    attempt_id: UUID
    lead_id: UUID
    at: datetime
    agent: str
    disposition: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Admit:
    """Commit a row for each call that has come in, or say that another campaign has it.

    Answer with `Dialler.admitted(calls, others, now)`; until then none is given an agent.
    """

    arrivals: tuple[Arrival, ...]


@dataclass(frozen=True, slots=True)
class InboundNoted:
    """An open inbound call has got on: kept so that another worker could take over."""

    call_id: UUID
    at: datetime
    state: str  # a CallState
    agent: str | None = None
    recording: str | None = None  # path below the PBX's recording folder


@dataclass(frozen=True, slots=True)
class InboundEnded:
    """An inbound call is over: its one result."""

    call_id: UUID
    outcome: InboundOutcome
    disposition: str
    reason: EndReason
    cause: str  # the PBX's raw words
    ended_at: datetime
    connected_at: datetime | None = None
    agent: str | None = None
    asked_at: datetime | None = None  # in a flow, for an agent


@dataclass(frozen=True, slots=True)
class InboundDisposed:
    """The agent has filed an inbound call: replaces the disposition it ended with."""

    call_id: UUID
    at: datetime
    agent: str
    disposition: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class AgentChanged:
    """An agent has changed state; `attempt_id` is the call at hand, in TALKING and WRAP_UP: an
    attempt's, or an inbound call's."""

    agent: str
    at: datetime
    state: AgentState
    reason: str = ""
    attempt_id: UUID | None = None
    candidate: Candidate | None = None  # the lead that a preview shows
    leg_id: UUID | None = None  # the phone's leg, kept for a worker that takes over


@dataclass(frozen=True, slots=True)
class PacingDecided:
    """One pacing decision, with what it was decided from."""

    at: datetime
    calls: int
    why: str
    view: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PacingLearned:
    """What pacing knows of this campaign by now: for the worker that dials it next."""

    at: datetime
    memory: dict[str, Any]  # `campaigns.pacing.memory`


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The campaign itself has changed state (a `CampaignState`)."""

    at: datetime
    state: str
    why: str = ""


Effect: TypeAlias = (
    Refill
    | Claim
    | Send
    | AttemptNoted
    | AttemptEnded
    | AttemptDisposed
    | Admit
    | InboundNoted
    | InboundEnded
    | InboundDisposed
    | AgentChanged
    | PacingDecided
    | PacingLearned
    | StateChanged
    | FlowKept
    | AskEndpoint
    | SayPrompt
)
