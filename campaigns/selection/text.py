"""A filter as text again, in the one way that all of its spellings come to."""

import json
from datetime import timedelta
from decimal import Decimal

from campaigns.selection.words import (
    All,
    Any,
    Before,
    Compare,
    Empty,
    Filter,
    Leaf,
    Not,
    OneOf,
    Tagged,
    Value,
    Within,
)

UNITS = (("w", timedelta(weeks=1)), ("d", timedelta(days=1)), ("h", timedelta(hours=1)))
MINUTE = timedelta(minutes=1)


def text_of(filter_: Filter) -> str:
    """What `parse` makes the same filter of."""
    match filter_:
        case Any(parts):
            return " or ".join(_inner(part, Any) for part in parts)
        case All(parts):
            return " and ".join(_inner(part, Any, All) for part in parts)
        case Not(Empty(field)):
            return f"{field} is not empty"
        case Not(part):
            return f"not {_inner(part, Any, All)}"
        case _:
            return _asked(filter_)


def _inner(part: Filter, *bracketed: type) -> str:
    text = text_of(part)
    return f"({text})" if isinstance(part, bracketed) else text


def _asked(leaf: Leaf) -> str:
    match leaf:
        case Tagged(path):
            return f"tag {_quoted(path)}"
        case Empty(field):
            return f"{field} is empty"
        case Compare(field, how, value):
            return f"{field} {how} {_value(value)}"
        case OneOf(field, values):
            return f"{field} in ({', '.join(map(_value, values))})"
        case Within(field, ago):
            return f"{field} within {_ago(ago)}"
        case Before(field, ago):
            return f"{field} before {_ago(ago)}"


def _value(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:f}" if isinstance(value, Decimal) else _quoted(value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _ago(ago: timedelta) -> str:
    for unit, length in UNITS:
        if not ago % length:
            return f"{ago // length}{unit}"
    return f"{ago // MINUTE}m"
