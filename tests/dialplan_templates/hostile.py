"""Flows with a hostile value somewhere: past the types of the language, as if there were none."""

from collections.abc import Iterator
from typing import Any, TypeAlias

from pydantic import BaseModel

At: TypeAlias = tuple[Any, ...]


def places_in(part: Any, at: At = ()) -> Iterator[tuple[At, Any]]:
    """Every text and number of a flow, and every name that a mapping has, each with its place."""
    if isinstance(part, BaseModel):
        for name in type(part).model_fields:
            yield from places_in(getattr(part, name), (*at, name))
    elif isinstance(part, dict):
        for key, value in part.items():
            yield (*at, key, None), key
            yield from places_in(value, (*at, key))
    elif isinstance(part, tuple | list):
        for i, value in enumerate(part):
            yield from places_in(value, (*at, i))
    elif part is not None and not isinstance(part, bool):
        yield at, part


def with_value(part: Any, at: At, value: Any) -> Any:
    """The flow with another value there. No type is asked."""
    if not at:
        return value
    first, rest = at[0], at[1:]
    if isinstance(part, BaseModel):
        return part.model_copy(update={first: with_value(getattr(part, first), rest, value)})
    if isinstance(part, dict):
        if rest == (None,):
            if value in part:
                raise ValueError("two of the same name would be one")
            return {value if key == first else key: held for key, held in part.items()}
        return {**part, first: with_value(part[first], rest, value)}
    changed = list(part)
    changed[first] = with_value(changed[first], rest, value)
    return type(part)(changed)
