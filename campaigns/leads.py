"""Leads and attempts as the pure core sees them; `storage` maps them to tables."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Candidate:
    """A lead that may be dialled: it waits in the hopper, and is claimed only when dialled."""

    lead_id: UUID
    number: str  # E.164
    priority: int = 0  # the higher, the sooner
    segment: str = ""  # leads that are said to answer alike
    skills: frozenset[str] = frozenset()  # what an agent needs to take this lead


@dataclass(frozen=True, slots=True)
class DialOrder:
    """The dialler's decision to call one lead, before the database has agreed to it."""

    candidate: Candidate
    node: str  # the PBX
    trunk: str
    caller_id: str
    agent: str | None = None  # set aside for it: who accepted the lead, or has its skills


@dataclass(frozen=True, slots=True)
class Particulars:
    """What a flow is told of the customer. `given`: first values of its variables; `tags` are
    tokens; `zones`: the IANA zones that the number may be in."""

    given: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()


NOTHING = Particulars()


@dataclass(frozen=True, slots=True)
class Attempt:
    """A committed attempt. Its id is the call id on the PBX."""

    attempt_id: UUID
    order: DialOrder
    placed_at: datetime
    told: Particulars = NOTHING  # mode ivr


@dataclass(frozen=True, slots=True)
class Refusal:
    """A dial order the database did not agree to, and the rule that said no."""

    order: DialOrder
    why: str


@dataclass(frozen=True, slots=True)
class OpenAttempt:
    """An attempt that an earlier worker placed and whose end nobody has recorded."""

    attempt: Attempt
    answered_at: datetime | None = None
    connected_at: datetime | None = None
    agent: str | None = None
    live_at: datetime | None = None  # a person had finished the greeting, or asked for an agent
    state: str = "placed"  # the last CallState that was noted
    recording: str | None = None  # path below the PBX's recording folder
    filed: str = ""  # the disposition that its agent has chosen by now
