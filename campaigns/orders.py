"""What people order a running campaign to do. Each comes from the CLI, a page or an API."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from connectors.calls import Listening


class CampaignState(StrEnum):
    """`draft` until applied; `running` dials, `paused` lets calls end, `stopped` is over."""

    DRAFT = "draft"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    FINISHED = "finished"  # no lead left to dial


@dataclass(frozen=True, slots=True)
class LogIn:
    """The agent starts work. `phone`: a token of the PBX's directory, on PBX `node`."""

    agent: str
    phone: str
    node: str
    skills: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class LogOut:
    """The agent leaves; after the present call, if there is one."""

    agent: str


@dataclass(frozen=True, slots=True)
class Move:
    """A shared agent leaves for the campaign `to`, as for a log-out: see `campaigns.sharing`."""

    agent: str
    to: str


@dataclass(frozen=True, slots=True)
class Stay:
    """An agent who was asked to move, and is still here, is needed here after all."""

    agent: str


@dataclass(frozen=True, slots=True)
class Pause:
    """No more calls for this agent after the present one, for `reason`."""

    agent: str
    reason: str = "break"


@dataclass(frozen=True, slots=True)
class Ready:
    """The agent takes calls again; ends a pause or the wrap-up."""

    agent: str


@dataclass(frozen=True, slots=True)
class Dispose:
    """The agent files the last call under `disposition`. In wrap-up it makes the agent ready."""

    agent: str
    disposition: str
    note: str = ""
    then_ready: bool = True


@dataclass(frozen=True, slots=True)
class EndCall:
    """The agent hangs up on the customer."""

    agent: str


@dataclass(frozen=True, slots=True)
class Accept:
    """The agent dials the lead that the preview shows."""

    agent: str


@dataclass(frozen=True, slots=True)
class Skip:
    """The agent passes the lead of the preview on."""

    agent: str


@dataclass(frozen=True, slots=True)
class Supervise:
    """A supervisor's phone joins the call of an agent."""

    agent: str
    phone: str
    how: Listening
    leg_id: UUID


@dataclass(frozen=True, slots=True)
class SetState:
    """The campaign is to run, pause or stop."""

    state: CampaignState


AgentOrder: TypeAlias = (
    LogIn | LogOut | Move | Stay | Pause | Ready | Dispose | EndCall | Accept | Skip | Supervise
)
Order: TypeAlias = AgentOrder | SetState
