"""What a step of a walk sees of the call, and how it says what comes of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol
from unicodedata import category

from campaigns.flow.doing import Doing, PlayPrompt
from campaigns.flow.flow import Flow, Spoken
from campaigns.flow.happening import Happening
from campaigns.flow.reaching import SubFlow
from campaigns.flow.reading import value
from campaigns.flow.texts import filled
from campaigns.flow.types import LONGEST_VALUE
from campaigns.flow.ways import Way
from connectors.calls import E164, Party


class Ended(StrEnum):
    """How a walk has ended."""

    HANGUP = "hangup"  # a step has ended the call
    AGENT = "agent"
    TRANSFER = "transfer"
    VOICEMAIL = "voicemail"
    RETURNED = "returned"  # a flow that is called by others was walked alone, and has come back
    HUNG_UP = "hung_up"  # the customer was first
    TOO_LONG = "too_long"  # more steps than a call may take


@dataclass(frozen=True, slots=True)
class Call:
    """What is known of a call when its flow begins.

    `fields`: the customer's, by name. `zones`: IANA zones that the number may be in; where none
    is known, no hours by the customer's clock are ever open.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    tags: frozenset[str] = frozenset()
    party: Party = Party.UNKNOWN
    zones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """One step's view: the flow it is in, the call, and the variables' values."""

    flow: Flow
    call: Call
    values: Mapping[str, str]

    def play(self, name: str, barge_in: bool = False) -> PlayPrompt:
        """A prompt, with the values in its text."""
        prompt = self.flow.prompts[name]
        if not isinstance(prompt, Spoken):
            return PlayPrompt(name, file=prompt.file, barge_in=barge_in)
        language = prompt.language or self.flow.language
        return PlayPrompt(name, "", self.fill(prompt.say), language, barge_in)

    def fill(self, text: str) -> str:
        """A text with the values of its variables."""
        return filled(text, self.values)


@dataclass(frozen=True, slots=True)
class Entering:
    """Another flow is called, by this step, with these values for its variables."""

    by: SubFlow
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Move:
    """What comes of a happening: things to do; then perhaps a way, another flow, or the end."""

    doings: tuple[Doing, ...] = ()
    way: Way | None = None
    sets: Mapping[str, str] = field(default_factory=dict)
    pressed: str = ""
    enters: Entering | None = None
    ended: Ended | None = None
    disposition: str = ""


class Act(Protocol):
    """A step that is under way."""

    def begin(self, scene: Scene, now: datetime) -> Move:
        """The call has come to the step."""

    def handle(self, scene: Scene, happening: Happening, now: datetime) -> Move | None:
        """What comes of a happening; None where it says nothing to this step, now."""


def later(now: datetime, seconds: float) -> datetime:
    """So many seconds after."""
    return now + timedelta(seconds=seconds)


def fitting(given: object) -> str | None:
    """A value from outside as a variable holds it; None where it cannot.

    Texts of one line and at most 200 characters, numbers, and true and false are held.
    """
    text = str(given).lower() if isinstance(given, bool) else value(given)
    if not isinstance(text, str) or len(text) > LONGEST_VALUE:
        return None
    return None if any(category(c) in {"Cc", "Cs"} for c in text) else text


def first_values(names: Iterable[str], fields: Mapping[str, object]) -> dict[str, str]:
    """What a customer's fields give to the variables of these names as a call begins. An empty
    field gives nothing, as one that is not there: the flow's own first value stands."""
    fits = {name: fitting(fields.get(name)) for name in names}
    return {name: text for name, text in fits.items() if text}


def number_of(target: str, flow: Flow) -> str:
    """The number that a transfer calls."""
    return target if E164.fullmatch(target) else flow.targets[target]
