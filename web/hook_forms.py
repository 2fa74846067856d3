"""What a PBX may post, as pydantic models: hostile until it is one of them."""

from datetime import UTC, datetime
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from connectors.calls import E164, TOKEN
from connectors.detail import CallDetail

NAME = rf"^{TOKEN.pattern}$"
PATH = rf"^{TOKEN.pattern}(/{TOKEN.pattern}){{0,7}}$"


def _utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError("expected a time of the years 1 to 9999") from None


Time: TypeAlias = Annotated[AwareDatetime, AfterValidator(_utc)]
Number: TypeAlias = Annotated[str, Field(pattern=rf"^{E164.pattern}$")]


class Form(BaseModel):
    """Frozen, and closed to keys that nobody declared."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CallEnded(Form):
    """A call's detail record."""

    call_id: UUID
    ended_at: Time
    answered_at: Time | None = None
    cause: str = Field(pattern=r"^([0-9]{1,3}|[A-Z_]{1,64})$")
    sip: str = Field(default="", pattern=r"^([1-6][0-9]{2})?$")

    def detail(self) -> CallDetail:
        return CallDetail(self.call_id, self.ended_at, self.answered_at, self.cause, self.sip)


class OptedOut(Form):
    """Somebody does not want to be called: the person of a call of ours, or a number."""

    call_id: UUID | None = None
    number: Number | None = None

    @model_validator(mode="after")
    def _one(self) -> "OptedOut":
        if (self.call_id is None) == (self.number is None):
            raise ValueError("either 'call_id' or 'number'")
        return self


class RecordingReady(Form):
    """Where a call's recording lies, from the PBX's recording folder, without ending."""

    call_id: UUID
    path: str = Field(max_length=200, pattern=PATH)


class FlowAnswer(Form):
    """What the person of a call of ours has answered to a question of a flow."""

    call_id: UUID
    at: Time
    flow: str = Field(pattern=NAME)
    question: str = Field(pattern=NAME)
    answer: str = Field(pattern=NAME)


class EndedPost(Form):
    type: Literal["call.ended"]
    timestamp: Time
    data: CallEnded


class OptedOutPost(Form):
    type: Literal["opted_out"]
    timestamp: Time
    data: OptedOut


class RecordingPost(Form):
    type: Literal["recording.ready"]
    timestamp: Time
    data: RecordingReady


class AnswerPost(Form):
    type: Literal["flow.answered"]
    timestamp: Time
    data: FlowAnswer


Post: TypeAlias = Annotated[
    EndedPost | OptedOutPost | RecordingPost | AnswerPost, Field(discriminator="type")
]
