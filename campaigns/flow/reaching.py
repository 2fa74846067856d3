"""Steps that reach beyond the call, and its end: webhook, agent, transfer, flow, hangup."""

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, WithJsonSchema

from campaigns.flow.texts import names_in
from campaigns.flow.types import AS_WRITTEN, Filled, Goto, Name
from campaigns.flow.ways import Mention, Step, Way, way
from campaigns.spec.types import Seconds, Token
from connectors.calls import E164, TOKEN

_MANY = Field(max_length=20)


def _target(value: Any) -> Any:
    if isinstance(value, str) and (E164.fullmatch(value) or TOKEN.fullmatch(value)):
        return value
    raise ValueError("a number in E.164, such as +12125550100, or one of the flow's targets")


class Webhook(Step):
    """One of the site's endpoints is asked; what it answers goes into the variables of a list."""

    webhook: Token = Field(description="the endpoint, by its name in the site's settings")
    send: Annotated[dict[Name, Filled], _MANY] = Field(
        default_factory=dict, description="what is sent: field: text, with variables in it"
    )
    into: Annotated[dict[Name, Token], _MANY] = Field(
        default_factory=dict,
        description="variable: field of the answer; other fields are dropped",
    )
    timeout: Annotated[Seconds, Field(ge=0.5, le=30)] = Field(
        default=3, description="wait for the answer"
    )
    fallback: Goto = Field(
        description="step when there is no answer, or one that lacks a field of `into`"
    )
    next: Goto = Field(description="step after the answer")

    def ways(self) -> Iterable[Way]:
        """Onwards, or without an answer."""
        return way("next", self.next, sets=self.into), way("fallback", self.fallback)

    def variables(self) -> Iterable[Mention]:
        """Those in what is sent."""
        for field, text in self.send.items():
            yield from (Mention(name, ("send", field)) for name in names_in(text))


class Agent(Step):
    """The customer gets an agent, who then has the call."""

    ends: ClassVar[bool] = True

    agent: Token = Field(description="a team, or `any` of the campaign's agents")
    skills: Annotated[tuple[Token, ...], Field(max_length=20)] = Field(
        default=(), description="skills that the agent must have"
    )
    wait: Annotated[Seconds, Field(ge=0, le=600)] = Field(
        default=20, description="wait for one who is free"
    )
    no_agent: Goto = Field(description="step when none was free in time")

    def ways(self) -> Iterable[Way]:
        """The one without an agent."""
        return (way("no_agent", self.no_agent),)


class Transfer(Step):
    """The call goes on to another number. Only a number that the flow itself names is called."""

    ends: ClassVar[bool] = True

    transfer: Annotated[
        str,
        BeforeValidator(_target),
        WithJsonSchema({"type": AS_WRITTEN, "examples": ["+12125550100", "front-desk"]}),
    ] = Field(description="a number in E.164, or one of `targets` by its name")
    ring: Annotated[Seconds, Field(ge=5, le=120)] = Field(
        default=30, description="how long it rings there"
    )
    no_answer: Goto = Field(description="step when nobody took it")

    def ways(self) -> Iterable[Way]:
        """The one back."""
        return (way("no_answer", self.no_answer),)


class SubFlow(Step):
    """Another flow, which comes back by `return`."""

    flow: Token = Field(description="the flow's name")
    with_: Annotated[dict[Name, Filled], _MANY] = Field(
        default_factory=dict,
        alias="with",
        description="its variables: text, with variables of this flow in it",
    )
    into: Annotated[dict[Name, Name], _MANY] = Field(
        default_factory=dict, description="variable of this flow: variable of that one"
    )
    next: Goto = Field(description="step when it has come back")

    def ways(self) -> Iterable[Way]:
        """Onwards; whether a person was asked meanwhile is the other flow's affair."""
        return (way("next", self.next, sets=self.into),)

    def variables(self) -> Iterable[Mention]:
        """Those in what is handed over."""
        for field, text in self.with_.items():
            yield from (Mention(name, ("with", field)) for name in names_in(text))


class Hangup(Step):
    """The end of the call."""

    ends: ClassVar[bool] = True

    hangup: Token = Field(description="the disposition that the call is filed under")
