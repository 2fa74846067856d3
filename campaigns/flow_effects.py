"""What has come of a call's way through a flow, to be kept. Idempotent: told twice, kept once.

An attempt that the campaign has not placed is passed over where they are stored, so that a PBX
cannot write about another's calls.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID


@dataclass(frozen=True, slots=True)
class StepLeft:
    """`pressed`: None where nothing was asked; of a secret so many `*`."""

    attempt_id: UUID
    at: datetime
    flow: str
    step: str
    way: str
    pressed: str | None = None


@dataclass(frozen=True, slots=True)
class QuestionAnswered:
    """Of the answers to one question the last one stands."""

    attempt_id: UUID
    at: datetime
    flow: str
    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class OptedOut:
    """The number is put on the do-not-call list of the site."""

    attempt_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class CallbackWanted:
    """The lead is due at `due` (UTC), whatever the outcome's retry rule says."""

    attempt_id: UUID
    at: datetime
    due: datetime


@dataclass(frozen=True, slots=True)
class VoiceKept:
    """What was said lies at `path`, below the PBX's recording folder."""

    attempt_id: UUID
    at: datetime
    flow: str
    step: str
    path: str


@dataclass(frozen=True, slots=True)
class AskEndpoint:
    """Ask one of the site's endpoints, and tell the PBX `node` by `AnswerFlow` what it says, or
    that it has failed, within `timeout` seconds. `into`: which fields of its answer are wanted, by
    the variable that each is for."""

    node: str
    call_id: UUID
    endpoint: str
    ticket: str
    timeout: float
    sent: dict[str, str]
    into: dict[str, str]

    def __repr__(self) -> str:
        return f"AskEndpoint({self.endpoint!r}, {self.call_id})"  # what is sent is the customer's


@dataclass(frozen=True, slots=True)
class SayPrompt:
    """Have the text of the flow's `prompt` said with these `values` of its variables, by name, and
    tell the PBX `node` by `SayFlow` what to play, or that there is nothing, within `timeout`
    seconds."""

    node: str
    call_id: UUID
    flow: str
    prompt: str
    ticket: str
    timeout: float
    values: dict[str, str]

    def __repr__(self) -> str:
        return f"SayPrompt({self.flow!r}, {self.prompt!r}, {self.call_id})"  # as above


FlowKept: TypeAlias = StepLeft | QuestionAnswered | OptedOut | CallbackWanted | VoiceKept
"""What is stored."""
