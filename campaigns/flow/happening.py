"""What a walk is told of: what has happened on the call."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Pressed:
    """A key: 0 to 9, * or #."""

    key: str


@dataclass(frozen=True, slots=True)
class Silence:
    """What was waited for has not come by `until`."""


@dataclass(frozen=True, slots=True)
class PromptOver:
    """The prompt was played to its end."""


@dataclass(frozen=True, slots=True)
class RecordingOver:
    """The recording has ended, by silence, by its length or by a key; `name` is where it is."""

    name: str


@dataclass(frozen=True, slots=True)
class WebhookAnswered:
    """What the endpoint has answered."""

    fields: dict[str, object]


@dataclass(frozen=True, slots=True)
class WebhookFailed:
    """The endpoint cannot be reached, or has answered with an error."""


@dataclass(frozen=True, slots=True)
class AgentFound:
    """An agent has the call."""


@dataclass(frozen=True, slots=True)
class TransferTaken:
    """The other number has the call."""


@dataclass(frozen=True, slots=True)
class TransferFailed:
    """The other number is busy, or cannot be reached."""


@dataclass(frozen=True, slots=True)
class BeepHeard:
    """The machine's beep is over."""


@dataclass(frozen=True, slots=True)
class HungUp:
    """The customer has hung up, or the line was lost."""


Happening: TypeAlias = (
    Pressed
    | Silence
    | PromptOver
    | RecordingOver
    | WebhookAnswered
    | WebhookFailed
    | AgentFound
    | TransferTaken
    | TransferFailed
    | BeepHeard
    | HungUp
)
