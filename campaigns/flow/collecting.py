"""The step that takes digits."""

from collections.abc import Iterable
from typing import Literal

from pydantic import Field, model_validator

from campaigns.flow.asking import Asks
from campaigns.flow.types import Goto, Name, Whole
from campaigns.flow.valid import Valid
from campaigns.flow.ways import Way, way
from campaigns.spec.types import Token

MOST_DIGITS = 20


class Collect(Asks):
    """Digits keyed in, kept in a variable."""

    collect: Name = Field(description="the variable that the digits go into")
    prompt: Token = Field(description="the prompt that asks")
    min: Whole | None = Field(
        default=None, ge=1, le=MOST_DIGITS, description="digits at least; as `valid` says, or 1"
    )
    max: Whole | None = Field(
        default=None, ge=1, le=MOST_DIGITS, description="digits at most; as `valid` says, or 20"
    )
    terminator: Literal["#", "*", "none"] = Field(
        default="#", description="the key that ends the entry before `max` digits"
    )
    valid: Valid | None = Field(default=None, description="what the digits must be")
    secret: bool = Field(
        default=False, description="neither shown nor logged nor recorded: a PIN, a card"
    )
    next: Goto = Field(description="step after digits that are right")

    @model_validator(mode="after")
    def _lengths_agree(self) -> "Collect":
        fixed = self.valid.lengths if self.valid is not None else None
        if fixed is not None and fixed[0] == fixed[1] and (self.min or self.max):
            raise ValueError(f"no 'min' and 'max' beside 'valid', which takes {fixed[0]} digits")
        if self.shortest > self.longest:
            raise ValueError(f"'min' not above 'max' ({self.shortest} and {self.longest})")
        if fixed is not None and self.shortest > fixed[1]:
            raise ValueError(f"'min' of at most {fixed[1]}, the digits that 'valid' can have")
        return self

    @property
    def question(self) -> str:
        """The prompt that asks."""
        return self.prompt

    @property
    def shortest(self) -> int:
        """Digits at least."""
        return self.min or (self._fixed or (1, 0))[0]

    @property
    def longest(self) -> int:
        """Digits at most."""
        return self.max or (self._fixed or (0, MOST_DIGITS))[1]

    @property
    def end_key(self) -> str:
        """The terminator; empty: none."""
        return "" if self.terminator == "none" else self.terminator

    @property
    def _fixed(self) -> tuple[int, int] | None:
        return self.valid.lengths if self.valid is not None else None

    def chosen(self, entry: str) -> Way | None:
        """The way onwards, for digits that are enough and right."""
        enough = entry.isdecimal() and self.shortest <= len(entry) <= self.longest
        right = enough and (self.valid is None or self.valid.allows(entry))
        return next(iter(self.ways())) if right else None

    def ways(self) -> Iterable[Way]:
        """Onwards, and those when no try is left."""
        return (way("next", self.next, asked=True, sets=[self.collect]), *self.given_up())
