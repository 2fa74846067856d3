"""Steps that speak to the customer, or listen to what he says: play, record, opt_out, callback,
voicemail."""

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, WithJsonSchema

from campaigns.flow.texts import names_in, reference
from campaigns.flow.types import Goto, Name, Wait
from campaigns.flow.ways import Mention, Step, Way, mentions, way
from campaigns.spec.reading import seconds
from campaigns.spec.types import Seconds, Token

WHEN_FREE = "when_free"
_SOONEST, _LATEST = 60.0, 30 * 86400.0


def _when(value: Any) -> Any:
    if value == WHEN_FREE:
        return value
    if isinstance(value, str) and value.startswith("{"):
        return f"{{{reference(value)}}}"
    try:
        after = seconds(value)
    except ValueError:
        after = 0.0
    if not _SOONEST <= after <= _LATEST:
        raise ValueError(
            "when_free, a delay from 1m to 30d such as 2h, or a time of day that was collected, "
            'such as "{time}"'
        )
    return float(after)


class Play(Step):
    """A prompt, to its end. Keys do nothing meanwhile."""

    play: Token = Field(description="the prompt")
    next: Goto = Field(description="step after it")

    def prompts(self) -> Iterable[Mention]:
        """The one."""
        return mentions("play", self.play)

    def ways(self) -> Iterable[Way]:
        """Onwards."""
        return (way("next", self.next),)


class Record(Step):
    """What the customer says, recorded; the recording's name is kept in a variable."""

    record: Name = Field(description="the variable that the recording's name goes into")
    prompt: Token | None = Field(default=None, description="prompt before it")
    beep: bool = Field(default=True, description="a beep before it")
    max: Annotated[Seconds, Field(ge=1, le=600)] = Field(default=60, description="length at most")
    silence: Annotated[Seconds, Field(ge=1, le=30)] = Field(
        default=3, description="so much silence ends it; so does the key #"
    )
    next: Goto = Field(description="step after it")

    def prompts(self) -> Iterable[Mention]:
        """The one before it."""
        return mentions("prompt", self.prompt)

    def ways(self) -> Iterable[Way]:
        """Onwards."""
        return (way("next", self.next, sets=[self.record]),)


class OptOut(Step):
    """The number goes on the do-not-call list of the site, at once; then comes the prompt."""

    opt_out: Token = Field(description="the prompt that confirms it")
    next: Goto = Field(description="step after the prompt")

    def prompts(self) -> Iterable[Mention]:
        """The one that confirms."""
        return mentions("opt_out", self.opt_out)

    def ways(self) -> Iterable[Way]:
        """Onwards."""
        return (way("next", self.next),)


class Callback(Step):
    """The customer is called back; within the campaign's hours, whatever was asked for."""

    callback: Annotated[
        str | float,
        BeforeValidator(_when),
        WithJsonSchema({"type": "string", "examples": [WHEN_FREE, "2h", "{time}"]}),
    ] = Field(
        description="when_free: once an agent is free; 2h: so much later; or a collected time of "
        "day: when the customer's clock next shows it"
    )
    prompt: Token | None = Field(default=None, description="prompt that confirms it")
    next: Goto = Field(description="step after it")

    def prompts(self) -> Iterable[Mention]:
        """The one that confirms, if any."""
        return mentions("prompt", self.prompt)

    def ways(self) -> Iterable[Way]:
        """Onwards."""
        return (way("next", self.next),)

    def variables(self) -> Iterable[Mention]:
        """The time of day, where there is one."""
        when = self.callback if isinstance(self.callback, str) else ""
        return tuple(Mention(name, ("callback",)) for name in names_in(when))


class Voicemail(Step):
    """A message on a machine, after its beep; then the call ends."""

    ends: ClassVar[bool] = True

    voicemail: Token = Field(description="the prompt that is left")
    wait: Wait = Field(
        default=30, description="wait for the beep; without one the message is left all the same"
    )

    def prompts(self) -> Iterable[Mention]:
        """The message."""
        return mentions("voicemail", self.voicemail)
