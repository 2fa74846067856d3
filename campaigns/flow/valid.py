"""What a customer may key in: digits of a pattern, a number, a date, a time of day.

Each kind judges an entry by itself (`allows`) and gives the same rule as a regular expression
without anchors (`expression`), in the part of the syntax that POSIX and Perl share, with neither
braces nor dollars: a PBX judges by that.
"""

import re
from contextlib import suppress
from datetime import date
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, model_validator

from campaigns.flow.ranges import expression_of
from campaigns.flow.types import FlowPart, Pattern, Whole
from campaigns.spec.keyed import Keyed

_CLASSES = {"X": "[0-9]", "Z": "[1-9]", "N": "[2-9]"}
_ALLOWED = {"X": "0123456789", "Z": "123456789", "N": "23456789"}
_LEAP = "(20([02468][048]|[13579][26]))"
_DAYS = (
    ("(0[1-9]|[12][0-9]|3[01])", "(0[13578]|1[02])"),
    ("(0[1-9]|[12][0-9]|30)", "(0[469]|11)"),
    ("(0[1-9]|1[0-9]|2[0-8])", "(02)"),
)
"""Days and the months that have them, but for the 29th of February."""
DateOrder = Literal["ddmm", "mmdd", "ddmmyyyy", "mmddyyyy", "yyyymmdd"]


class Digits(FlowPart):
    """Digits of a pattern."""

    pattern: Pattern = Field(
        description="digits as they must be; X stands for 0 to 9, Z for 1 to 9, N for 2 to 9"
    )

    @property
    def lengths(self) -> tuple[int, int] | None:
        """Digits at least and at most, where the kind alone says it."""
        return len(self.pattern), len(self.pattern)

    def allows(self, entry: str) -> bool:
        """Whether the entry is one of these."""
        pairs = zip(entry, self.pattern, strict=False)
        fits = all(digit in _ALLOWED.get(place, place) for digit, place in pairs)
        return len(entry) == len(self.pattern) and fits

    def expression(self) -> str:
        """The same as a regular expression."""
        return "".join(_CLASSES.get(place, place) for place in self.pattern)


class Range(FlowPart):
    """A number within bounds; zeros before it are no matter."""

    at_least: Whole = Field(ge=0, le=999_999_999_999, description="the lowest number")
    at_most: Whole = Field(ge=0, le=999_999_999_999, description="the highest number")

    @model_validator(mode="after")
    def _in_order(self) -> "Range":
        if self.at_least > self.at_most:
            raise ValueError("'at_least' not above 'at_most'")
        return self


class Within(FlowPart):
    """A number from a range."""

    number: Range = Field(description="a number within bounds")

    @property
    def lengths(self) -> tuple[int, int] | None:
        """Digits at most, where `max` does not say otherwise."""
        return 1, len(str(self.number.at_most))

    def allows(self, entry: str) -> bool:
        """Whether the entry is one of these."""
        return entry.isdecimal() and self.number.at_least <= int(entry) <= self.number.at_most

    def expression(self) -> str:
        """The same as a regular expression."""
        return f"0*({expression_of(self.number.at_least, self.number.at_most)})"


class Day(FlowPart):
    """A day of the calendar, from 2000 to 2099; without a year, of any year."""

    date: DateOrder = Field(description="the order of day, month and year: ddmm, mmddyyyy, ...")

    @property
    def lengths(self) -> tuple[int, int] | None:
        """As many digits as the order has letters."""
        return len(self.date), len(self.date)

    def allows(self, entry: str) -> bool:
        """Whether there is such a day."""
        if len(entry) != len(self.date) or not entry.isdecimal():
            return False
        parts = {
            p: "".join(d for d, o in zip(entry, self.date, strict=True) if o == p) for p in "dmy"
        }
        with suppress(ValueError):
            day = date(int(parts["y"] or 2000), int(parts["m"]), int(parts["d"]))
            return 2000 <= day.year <= 2099
        return False

    def expression(self) -> str:
        """The same as a regular expression."""
        year = "(20[0-9][0-9])" if "yyyy" in self.date else ""
        leap = _LEAP if year else ""
        rows = [*((day, month, year) for day, month in _DAYS), ("(29)", "(02)", leap)]
        return "(" + "|".join(self._ordered(*row) for row in rows) + ")"

    def _ordered(self, day: str, month: str, year: str) -> str:
        places = {"dd": day, "mm": month, "yyyy": year}
        return "".join(places[part] for part in re.findall("dd|mm|yyyy", self.date))


class TimeOfDay(FlowPart):
    """A time of day on a clock of 24 hours, such as 0930."""

    time: Literal["hhmm"] = Field(description="hours and minutes: 0930, 1745")

    @property
    def lengths(self) -> tuple[int, int] | None:
        """Four digits."""
        return 4, 4

    def allows(self, entry: str) -> bool:
        """Whether a clock can show it."""
        whole = len(entry) == 4 and entry.isdecimal()
        return whole and int(entry[:2]) < 24 and int(entry[2:]) < 60

    def expression(self) -> str:
        """The same as a regular expression."""
        return "([01][0-9]|2[0-3])[0-5][0-9]"


Valid: TypeAlias = Annotated[Digits | Within | Day | TimeOfDay, Keyed()]
