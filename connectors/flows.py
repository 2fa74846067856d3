"""The vocabulary of flows: what a call goes through on the PBX without an agent, and what it tells.

A flow is rendered to the PBX's own files beforehand (`dialplane dialplan`); a call is sent into it
by name, with first values for its variables, and from then on the PBX plays, asks and decides. What
happens is told as it happens, in no PBX's own words. Texts in variables cross the control channel
*packed* (`connectors.packed`), never as they are; all else is a token, digits or a whole number.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from connectors.party import Party


class FlowEnd(StrEnum):
    """How a call came out of its flow."""

    HANGUP = "hangup"  # a step ended it
    TRANSFER = "transfer"  # another number had it; it is over
    VOICEMAIL = "voicemail"  # a message was left after a machine's beep
    HUNG_UP = "hung_up"  # the customer was first
    RETURNED = "returned"  # back from a flow that ends in `return`
    TOO_LONG = "too_long"  # more steps than a call may go


# --- commands --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EnterFlow:
    """Send an answered call into `flow` (a token), as it was rendered for the PBX.

    `given`: first values of the flow's variables, any text of one line and at most 200 characters.
    `tags`: the customer's (tokens). `zones`: the time zones that the number may be in. `trunk`:
    what transfers go out by. `party`: who picked up; None: as the PBX's own detection has it.
    Events of the flow follow, `FlowEnded` the last of them; then `Ended`. `ConnectToAgent` and
    `PlayMessage` take a call out of its flow without a word: whoever gives them knows.
    Where the PBX does not have the flow, the call ends and whoever runs the PBX is warned.

    When the link is back, or somebody takes over, calls that are in flows are heard of again:
    their answers, opt-outs, callbacks and recordings so far, and whoever waits for an agent, for as
    long as is left. What had been heard before is then told twice.
    """

    call_id: UUID
    flow: str
    trunk: str
    given: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    party: Party | None = None


@dataclass(frozen=True, slots=True)
class AnswerFlow:
    """What the endpoint has answered to a `FlowAsked`: texts by variable; None: it has failed.

    One that comes too late, or with a ticket that is not the one waited for, changes nothing.
    """

    call_id: UUID
    ticket: str
    got: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class SayFlow:
    """The sound of the text that a `FlowSays` asked for, as the PBX calls it: a path without its
    ending, or a URL. Empty: there is none, and the text without its variables is heard at once.

    One that comes too late, or with a ticket that is not the one waited for, changes nothing.
    """

    call_id: UUID
    ticket: str
    sound: str = ""


FlowCommand: TypeAlias = EnterFlow | AnswerFlow | SayFlow


# --- events ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FlowLeft:
    """A step is over, by this way. `pressed` is None where nothing was asked; a secret's keys are
    told as so many `*`."""

    call_id: UUID
    at: datetime
    flow: str
    step: str
    way: str
    pressed: str | None = None


@dataclass(frozen=True, slots=True)
class FlowAnswered:
    """A survey's question was answered. An answer to the same question again takes its place."""

    call_id: UUID
    at: datetime
    flow: str
    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class FlowOptedOut:
    """The person does not want to be called again; told before it is confirmed."""

    call_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class FlowCallback:
    """The person wants to be called back: `after` seconds, or at the `time` of day (`hhmm`, by the
    called party's clock); neither: when somebody is free."""

    call_id: UUID
    at: datetime
    after: int | None = None
    time: str = ""


@dataclass(frozen=True, slots=True)
class FlowWantsAgent:
    """The person waits for an agent of `team` (empty: any of the campaign's) with all `skills`.

    Who is not connected within `wait` seconds goes on in the flow, which `FlowLeft` tells.
    """

    call_id: UUID
    at: datetime
    team: str
    skills: tuple[str, ...]
    wait: int


@dataclass(frozen=True, slots=True)
class FlowAsked:
    """An endpoint is asked and the person waits for at most `timeout` seconds. `sent`: the values
    of the step's fields, by field."""

    call_id: UUID
    at: datetime
    flow: str
    step: str
    endpoint: str
    ticket: str
    timeout: float
    sent: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class FlowSays:
    """A text with variables is to be said: the flow's `prompt`, with these `values` of its
    variables, by name. The person waits for its sound for at most `timeout` seconds."""

    call_id: UUID
    at: datetime
    flow: str
    step: str
    prompt: str
    ticket: str
    timeout: float
    values: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class FlowRecorded:
    """What the person said lies in this file: its path in the PBX's recording folder, without
    extension."""

    call_id: UUID
    at: datetime
    flow: str
    step: str
    path: str


@dataclass(frozen=True, slots=True)
class FlowEnded:
    """The call is out of its flow. `disposition`: what the step that ended it files it under."""

    call_id: UUID
    at: datetime
    how: FlowEnd
    disposition: str = ""


FlowEvent: TypeAlias = (
    FlowLeft
    | FlowAnswered
    | FlowOptedOut
    | FlowCallback
    | FlowWantsAgent
    | FlowAsked
    | FlowSays
    | FlowRecorded
    | FlowEnded
)
