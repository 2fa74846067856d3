"""What a walk wants done. It knows no PBX, no file and no clock.

Times are aware datetimes in UTC; an `until` is the latest moment at which `Silence` must be told.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class PlayPrompt:
    """Play a file, or say a text. `barge_in`: a key ends it, and is told as `Pressed`."""

    prompt: str
    file: str = ""
    say: str = ""
    language: str = ""
    barge_in: bool = False


@dataclass(frozen=True, slots=True)
class Listen:
    """Wait for the next key, until then at most; `pressed` are those before it in this entry."""

    until: datetime
    pressed: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class StartRecording:
    """Record; it ends by `silence` seconds of silence, the key #, or at `until`."""

    beep: bool
    silence: float
    until: datetime


@dataclass(frozen=True, slots=True)
class AskWebhook:
    """Send the fields to one of the site's endpoints."""

    endpoint: str
    fields: dict[str, str] = field(repr=False)
    until: datetime


@dataclass(frozen=True, slots=True)
class FindAgent:
    """Give the call to an agent of the team (empty: any of the campaign's) with these skills."""

    team: str
    skills: tuple[str, ...]
    until: datetime


@dataclass(frozen=True, slots=True)
class CallNumber:
    """Transfer the call to a number in E.164."""

    number: str
    until: datetime


@dataclass(frozen=True, slots=True)
class AwaitBeep:
    """Wait for the machine's beep."""

    until: datetime


@dataclass(frozen=True, slots=True)
class PutOnDnc:
    """Put the customer's number on the do-not-call list now. Nothing is waited for."""


@dataclass(frozen=True, slots=True)
class BookCallback:
    """Note a wish to be called back. Nothing is waited for. One of the three is given."""

    when_free: bool = False
    after: float | None = None  # seconds
    time: str = ""  # on the customer's clock, as 17:30


@dataclass(frozen=True, slots=True)
class FileAnswer:
    """File the answer to a survey's question. Nothing is waited for."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class EndCall:
    """The walk is over; see its `end`. Hang up, unless somebody else has the call."""

    hang_up: bool


Doing: TypeAlias = (
    PlayPrompt
    | Listen
    | StartRecording
    | AskWebhook
    | FindAgent
    | CallNumber
    | AwaitBeep
    | PutOnDnc
    | BookCallback
    | FileAnswer
    | EndCall
)
