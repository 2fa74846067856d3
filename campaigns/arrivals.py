"""Calls that come in, as the database is told of them: `storage` maps these to a table."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from campaigns.call_life import CallState
from campaigns.leads import NOTHING, Particulars


class InboundOutcome(StrEnum):
    """What an inbound call came to. None of these is counted by the law on abandoned calls."""

    ANSWERED = "answered"  # the caller spoke to an agent
    HEARD = "heard"  # the caller went through the flow, and needed no agent
    GIVEN_UP = "given_up"  # the caller hung up before
    WAITED_OUT = "waited_out"  # no agent came within the time that is given, or it was stopped
    LOST = "lost"  # its end was not seen, or nothing of the flow that it was sent into


@dataclass(frozen=True, slots=True)
class Arrival:
    """A call that has come in. `caller`: E.164, or empty where the number is not known."""

    call_id: UUID
    node: str  # the PBX
    line: str
    caller: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Admitted:
    """An arrival that the database has committed. `lead_id`: the caller's, on our list. `told`:
    what the flow of the lines is told."""

    arrival: Arrival
    lead_id: UUID | None = None
    told: Particulars = NOTHING


@dataclass(frozen=True, slots=True)
class OpenInbound:
    """An inbound call that an earlier worker admitted and whose end nobody has recorded."""

    admitted: Admitted
    state: str = CallState.WAITING  # the last CallState that was noted
    connected_at: datetime | None = None
    agent: str | None = None
    recording: str | None = None  # path below the PBX's recording folder
    asked_at: datetime | None = None  # in a flow, for an agent
