"""Which fields a filter may ask, and what may be asked of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from campaigns.selection.problems import BadFilter
from campaigns.selection.words import (
    Before,
    Compare,
    Empty,
    Filter,
    How,
    Leaf,
    OneOf,
    Tagged,
    Value,
    Within,
    leaves,
)
from campaigns.spec.errors import nearest


class Kind(StrEnum):
    """What a field holds."""

    TEXT = "a text"
    NUMBER = "a number"
    FLAG = "true or false"
    MOMENT = "a time"


@dataclass(frozen=True, slots=True)
class Field:
    """`choices`: all values that it has, where they are known."""

    kind: Kind
    meaning: str
    choices: tuple[str, ...] = ()


ORDER = frozenset({How.LESS, How.AT_MOST, How.MORE, How.AT_LEAST})
SAME = frozenset({How.EQUAL, How.OTHER})
HOWS: Mapping[Kind, frozenset[How]] = {
    Kind.TEXT: SAME | {How.CONTAINS, How.BEGINS},
    Kind.NUMBER: SAME | ORDER,
    Kind.FLAG: SAME,
    Kind.MOMENT: frozenset(),
}
"""Of a time it is asked how long ago it is: `within`, `before`."""


def require(filter_: Filter, fields: Mapping[str, Field]) -> None:
    """Raises `BadFilter` for the first question that no field of these can answer."""
    for leaf in leaves(filter_):
        if not isinstance(leaf, Tagged):
            _require_answerable(leaf, _field(leaf.field, leaf.at, fields))


def _field(name: str, at: int, fields: Mapping[str, Field]) -> Field:
    if name not in fields:
        near = nearest(name, fields) or f"fields: {', '.join(sorted(fields))}"
        raise BadFilter(at, f"expected a field that is known (got '{name}')", near)
    return fields[name]


def _require_answerable(leaf: Leaf, field: Field) -> None:
    match leaf:
        case Within() | Before():
            if field.kind is not Kind.MOMENT:
                raise BadFilter(leaf.at, f"expected a time before 'within' and 'before' ("
                                f"'{leaf.field}' is {field.kind})")  # fmt: skip
        case Compare(how=how, value=value):
            _require_how(leaf, field, how)
            _require_value(leaf, field, value, how)
        case OneOf(values=values):
            _require_how(leaf, field, How.EQUAL)
            for value in values:
                _require_value(leaf, field, value, How.EQUAL)
        case Empty() | Tagged():
            pass


def _require_how(leaf: Compare | OneOf, field: Field, how: How) -> None:
    allowed = HOWS[field.kind]
    if how not in allowed:
        told = ", ".join(sorted(allowed)) or "'within 3d', 'before 3d' or 'is empty'"
        raise BadFilter(leaf.at, f"expected {told} after '{leaf.field}', which is {field.kind}")


def _require_value(leaf: Compare | OneOf, field: Field, value: Value, how: How) -> None:
    if _kind(value) is not field.kind:
        raise BadFilter(leaf.at, f"expected {field.kind} for '{leaf.field}' (got {value!s})")
    if field.choices and how in SAME and value not in field.choices:
        near = nearest(str(value), field.choices) or f"one of {', '.join(field.choices)}"
        raise BadFilter(leaf.at, f"expected a value that '{leaf.field}' has (got '{value}')", near)


def _kind(value: Value) -> Kind:
    if isinstance(value, bool):
        return Kind.FLAG
    return Kind.TEXT if isinstance(value, str) else Kind.NUMBER
