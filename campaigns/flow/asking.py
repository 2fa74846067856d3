"""Steps that ask for keys: menu and survey. `collecting` has collect, `entry` what is heard."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from campaigns.flow.types import Goto, Keys, Name, Wait, Whole
from campaigns.flow.ways import Mention, Step, Way, mentions, way
from campaigns.spec.types import Seconds, Token


class Asks(Step):
    """What all steps that ask have in common. `asks_by`: the key that names the question."""

    asks_by: ClassVar[str] = "prompt"

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
    @abstractmethod
    def question(self) -> str:
        """The prompt that asks."""

    @property
    @abstractmethod
    def longest(self) -> int:
        """An entry is over when it has so many keys."""

    @property
    @abstractmethod
    def end_key(self) -> str:
        """The key that ends an entry and is no part of it; empty: none."""

    @abstractmethod
    def chosen(self, entry: str) -> Way | None:
        """The way that an entry opens; None where it is wrong."""

    def prompts(self) -> Iterable[Mention]:
        """The question, and what is said to wrong keys."""
        return (Mention(self.question, (self.asks_by,)), *mentions("invalid", self.invalid))

    def given_up(self) -> tuple[Way, Way]:
        """The ways when no try is left: after silence, after wrong keys."""
        return way("no_input", self.no_input), way("too_many", self.too_many)


class Chooses(Asks):
    """A question with a list of entries that are right."""

    @property
    @abstractmethod
    def choices(self) -> Mapping[str, str]:
        """The entries, and what each of them means."""

    @property
    def longest(self) -> int:
        """As many keys as the longest choice has."""
        return max(map(len, self.choices))

    @property
    def end_key(self) -> str:
        """`#` ends an entry, but where it may be part of one, or one key is all there is."""
        return "" if self.longest == 1 or any("#" in keys for keys in self.choices) else "#"


class Menu(Chooses):
    """A question whose every answer leads to a step of its own."""

    asks_by: ClassVar[str] = "menu"

    menu: Token = Field(description="the prompt that asks")
    digits: Annotated[dict[Keys, Goto], Field(min_length=1, max_length=20)] = Field(
        description="keys: step; several keys at most four"
    )

    @property
    def question(self) -> str:
        """The prompt that asks."""
        return self.menu

    @property
    def choices(self) -> Mapping[str, str]:
        """Steps, by their keys."""
        return self.digits

    def chosen(self, entry: str) -> Way | None:
        """The way of the choice that was keyed in."""
        return next((way for way in self.ways() if way.asked and way.name == entry), None)

    def ways(self) -> Iterable[Way]:
        """One for each choice, and those when no try is left."""
        choices = (Way(keys, to, ("digits", keys), asked=True) for keys, to in self.digits.items())
        return (*choices, *self.given_up())


class Survey(Chooses):
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
    def choices(self) -> Mapping[str, str]:
        """Answers, by their keys."""
        return self.answers

    def chosen(self, entry: str) -> Way | None:
        """The way onwards, for keys that are an answer."""
        return next(iter(self.ways())) if entry in self.answers else None

    def ways(self) -> Iterable[Way]:
        """Onwards, and those when no try is left."""
        return (way("next", self.next, asked=True, sets=[self.survey]), *self.given_up())
