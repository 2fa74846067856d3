"""Whether a filter is true of somebody: what SQL is compared with, and what rules ask."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from operator import eq, ge, gt, le, lt, ne
from typing import Any as Anything
from typing import TypeAlias

from campaigns.selection.words import (
    All,
    Any,
    Before,
    Compare,
    Empty,
    Filter,
    How,
    Not,
    OneOf,
    Tagged,
    Value,
    Within,
)

Fact: TypeAlias = Value | datetime | None
COMPARED: Mapping[How, Callable[[Anything, Anything], bool]] = {
    How.EQUAL: eq,
    How.OTHER: ne,
    How.LESS: lt,
    How.AT_MOST: le,
    How.MORE: gt,
    How.AT_LEAST: ge,
    How.CONTAINS: lambda has, part: str(part) in str(has),
    How.BEGINS: lambda has, part: str(has).startswith(str(part)),
}


def holds(filter_: Filter, facts: Mapping[str, Fact], tags: Iterable[str], now: datetime) -> bool:
    """`facts`: the fields by name, numbers as `Decimal`; what is not there is empty. `tags`: their
    paths."""
    held = frozenset(tags)

    def true(part: Filter) -> bool:
        match part:
            case Not(inner):
                return not true(inner)
            case All(parts):
                return all(map(true, parts))
            case Any(parts):
                return any(map(true, parts))
            case Tagged(path):
                return any(tag == path or tag.startswith(f"{path}/") for tag in held)
            case Empty(field):
                return _fact(facts, field) is None
            case _:
                return _compared(part, _fact(facts, part.field), now)

    return true(filter_)


def _fact(facts: Mapping[str, Fact], field: str) -> Fact:
    """A text without a letter is empty, as some databases have it."""
    value = facts.get(field)
    return None if value == "" else value


def _compared(leaf: Compare | OneOf | Within | Before, fact: Fact, now: datetime) -> bool:
    if fact is None:
        return False
    match leaf:
        case Compare(how=how, value=value):
            return COMPARED[how](fact, value)
        case OneOf(values=values):
            return fact in values
        case Within(ago=ago):
            return isinstance(fact, datetime) and fact >= now - ago
        case Before(ago=ago):
            return isinstance(fact, datetime) and fact < now - ago


def number(value: float | str | Decimal | None) -> Decimal | None:
    """As facts have it."""
    return None if value is None else Decimal(str(value))
