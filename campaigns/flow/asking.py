"""Steps that ask for keys: menu and survey. `collecting` has collect, `entry` what is heard."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from campaigns.flow.types import Goto, Keys, Name, Wait, Whole
from campaigns.flow.ways import Mention, Step, Way, mentions, way
from campaigns.spec.types import Seconds, Token


class Asks(Step):
    """What all steps that ask have in common."""

    timeout: Wait = Field(
        default=5, description="wait for the first key, from the end of the prompt"
    )
    between: Annotated[Seconds, Field(ge=0.5, le=10)] = Field(
        default=3, description="wait for each further key"
    )
    retries: Whole = Field(
        default=2, ge=0, le=9, description="further tries after silence or wrong keys"
    )
    invalid: Token | None = Field(
        default=None, description="prompt after wrong keys, before the next try"
    )
    barge_in: bool = Field(
        default=True, description="a key ends the prompt; false: keys count only after it"
    )
    no_input: Goto = Field(description="step when the last try was met with silence")
    too_many: Goto = Field(description="step when the last try brought wrong keys")

    @property
    def question(self) -> str:
        """The prompt that asks."""
        raise NotImplementedError

    @property
    def longest(self) -> int:
        """An entry is over when it has so many keys."""
        raise NotImplementedError

    @property
    def end_key(self) -> str:
        """The key that ends an entry and is no part of it; empty: none."""
        raise NotImplementedError

    def chosen(self, entry: str) -> Way | None:
        """The way that an entry opens; None where it is wrong."""
        raise NotImplementedError

    def prompts(self) -> Iterable[Mention]:
        """The question, and what is said to wrong keys."""
        key = "menu" if isinstance(self, Menu) else "prompt"
        return (Mention(self.question, (key,)), *mentions("invalid", self.invalid))

    def given_up(self) -> tuple[Way, Way]:
        """The ways when no try is left: after silence, after wrong keys."""
        return way("no_input", self.no_input), way("too_many", self.too_many)


class Menu(Asks):
    """A question whose every answer leads to a step of its own."""

    menu: Token = Field(description="the prompt that asks")
    digits: Annotated[dict[Keys, Goto], Field(min_length=1, max_length=20)] = Field(
        description="keys: step; several keys at most four"
    )

    @property
    def question(self) -> str:
        """The prompt that asks."""
        return self.menu

    @property
    def longest(self) -> int:
        """As many keys as the longest choice has."""
        return max(map(len, self.digits))

    @property
    def end_key(self) -> str:
        """`#` ends an entry, but where it may be part of one, or one key is all there is."""
        return "" if self.longest == 1 or any("#" in keys for keys in self.digits) else "#"

    def chosen(self, entry: str) -> Way | None:
        """The way of the choice that was keyed in."""
        return next((way for way in self.ways() if way.asked and way.name == entry), None)

    def ways(self) -> Iterable[Way]:
        """One for each choice, and those when no try is left."""
        choices = (Way(keys, to, ("digits", keys), asked=True) for keys, to in self.digits.items())
        return (*choices, *self.given_up())


class Survey(Asks):
    """A question of a survey: the answer is filed under its name, and kept as a variable."""

    survey: Name = Field(description="the question's name, which its answers are filed under")
    prompt: Token = Field(description="the prompt that asks")
    answers: Annotated[dict[Keys, Token], Field(min_length=1, max_length=20)] = Field(
        description="keys: answer, as it is filed"
    )
    next: Goto = Field(description="step after an answer")

    @property
    def question(self) -> str:
        """The prompt that asks."""
        return self.prompt

    @property
    def longest(self) -> int:
        """As many keys as the longest answer has."""
        return max(map(len, self.answers))

    @property
    def end_key(self) -> str:
        """As in a menu."""
        return "" if self.longest == 1 or any("#" in keys for keys in self.answers) else "#"

    def chosen(self, entry: str) -> Way | None:
        """The way onwards, for keys that are an answer."""
        return next(iter(self.ways())) if entry in self.answers else None

    def ways(self) -> Iterable[Way]:
        """Onwards, and those when no try is left."""
        return (way("next", self.next, asked=True, sets=[self.survey]), *self.given_up())
