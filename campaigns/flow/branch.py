"""The step that decides by itself: by a variable, a customer's tag, the hour, who picked up."""

from collections.abc import Iterable
from typing import Annotated, TypeAlias

from pydantic import Field, model_validator

from campaigns.flow.texts import names_in
from campaigns.flow.types import Filled, FlowPart, Goto, Number, Ref
from campaigns.flow.ways import MACHINE, Mention, Step, Way, way
from campaigns.spec.keyed import Keyed
from campaigns.spec.times import Hours, Windows
from campaigns.spec.types import Token, Zone
from connectors.calls import Party

_COMPARED = ("is_", "in_", "at_least", "at_most", "empty")


class Case(FlowPart):
    """One case of a branch; `next` is where it leads."""

    next: Goto = Field(description="step where this is so")

    def variables(self) -> Iterable[Mention]:
        """The variables that it looks at."""
        return ()


class IfValue(Case):
    """A variable's value, as text or as a number. What is no number is within no bounds."""

    if_: Ref = Field(alias="if", description='the variable, within braces and quotes: "{amount}"')
    is_: Filled | None = Field(default=None, alias="is", description="it is this text")
    in_: Annotated[tuple[Filled, ...], Field(min_length=1, max_length=50)] | None = Field(
        default=None, alias="in", description="it is one of these texts"
    )
    at_least: Number | None = Field(default=None, description="it is this number or above")
    at_most: Number | None = Field(default=None, description="it is this number or below")
    empty: bool | None = Field(default=None, description="true: it has no text; false: it has")

    @model_validator(mode="after")
    def _one_comparison(self) -> "IfValue":
        given = {name for name in _COMPARED if getattr(self, name) is not None}
        if len(given) != 1 and given != {"at_least", "at_most"}:
            raise ValueError(
                "one of 'is', 'in', 'empty', or the bounds 'at_least' and 'at_most', beside 'if'"
            )
        return self

    def variables(self) -> Iterable[Mention]:
        """The one that is looked at, and those that it is compared with."""
        yield Mention(self.if_, ("if",))
        yield from (Mention(name, ("is",)) for name in names_in(self.is_ or ""))
        for i, text in enumerate(self.in_ or ()):
            yield from (Mention(name, ("in", i)) for name in names_in(text))


class HasTag(Case):
    """The customer has a tag."""

    tag: Token = Field(description="the tag")


class OpenHours(Windows):
    """Hours by a clock."""

    timezone: Zone = Field(
        default="customer",
        description="'customer': it must be open in every zone that the number may be in; or an "
        "IANA zone such as Europe/Berlin",
    )
    hours: tuple[Hours, ...] = Field(min_length=1, max_length=50, description="the openings")


class IsOpen(Case):
    """It is within certain hours."""

    open: OpenHours = Field(
        description="the hours, in a time zone or by the customer's clock (all of the zones that "
        "the number may be in)"
    )


class IsParty(Case):
    """Who picked up, as the detection has it; `unknown` where there was none."""

    party: Party = Field(description="who picked up")


AnyCase: TypeAlias = Annotated[IfValue | HasTag | IsOpen | IsParty, Keyed()]


class Branch(Step):
    """The first case that is so decides; where none is, `else` does."""

    branch: Annotated[tuple[AnyCase, ...], Field(min_length=1, max_length=50)] = Field(
        description="the cases, in their order"
    )
    else_: Goto = Field(alias="else", description="step where no case is so")

    def ways(self) -> Iterable[Way]:
        """One for each case, and the rest."""
        return (*map(self._case_way, range(len(self.branch))), way("else", self.else_))

    def variables(self) -> Iterable[Mention]:
        """Those of all cases."""
        for i, case in enumerate(self.branch):
            yield from (Mention(m.name, ("branch", i, *m.loc)) for m in case.variables())

    def _case_way(self, i: int) -> Way:
        case = self.branch[i]
        machine = isinstance(case, IsParty) and case.party is Party.MACHINE
        sets = frozenset({MACHINE} if machine else ())
        return Way(f"case {i + 1}", case.next, ("branch", i, "next"), sets=sets)
