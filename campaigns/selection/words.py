"""What a filter consists of. A filter says which customers and leads are meant.

Theory. A filter is true or false of a lead, never unknown: whatever is asked of a field that is
empty is false, and `not` of that is true. So `not stage = "won"` takes in who has no stage, as
people expect, and SQL's third truth value appears nowhere.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

Value: TypeAlias = str | Decimal | bool


class How(StrEnum):
    """How a field is compared. Texts as they are written, letter by letter."""

    EQUAL = "="
    OTHER = "!="
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="
    CONTAINS = "contains"
    BEGINS = "begins"


@dataclass(frozen=True, slots=True)
class Compare:
    """`score >= 50`. `at`: where it begins in the text, from 1."""

    field: str
    how: How
    value: Value
    at: int


@dataclass(frozen=True, slots=True)
class OneOf:
    """`city in ("北京", "上海")`."""

    field: str
    values: tuple[Value, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Empty:
    """`owner is empty`."""

    field: str
    at: int


@dataclass(frozen=True, slots=True)
class Within:
    """`last_call within 3d`: at most so long ago, or later."""

    field: str
    ago: timedelta
    at: int


@dataclass(frozen=True, slots=True)
class Before:
    """`last_call before 3d`: longer ago than that."""

    field: str
    ago: timedelta
    at: int


@dataclass(frozen=True, slots=True)
class Tagged:
    """`tag manufacturing/equipment`: has that tag, or one below it."""

    path: str
    at: int


@dataclass(frozen=True, slots=True)
class Not:
    part: "Filter"


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Any:
    parts: tuple["Filter", ...]


Leaf: TypeAlias = Compare | OneOf | Empty | Within | Before | Tagged
Filter: TypeAlias = Leaf | Not | All | Any


def leaves(filter_: Filter) -> list[Leaf]:
    """What a filter asks, in the order of its text."""
    match filter_:
        case Not(part):
            return leaves(part)
        case All(parts) | Any(parts):
            return [leaf for part in parts for leaf in leaves(part)]
        case _:
            return [filter_]
