"""Parts of several kinds, told apart by a key: `play: welcome` is a Play, `menu: main` a Menu."""

from collections.abc import Callable
from dataclasses import dataclass
from inspect import get_annotations
from typing import Any, get_args

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from campaigns.spec.errors import KEYED
from campaigns.spec.types import Part


@dataclass(frozen=True, slots=True)
class Keyed:
    """`Annotated[Play | Menu, Keyed()]`: which of them it is, one of its keys tells."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        kinds: tuple[type[Part], ...] = get_args(source)
        keys = {key_of(kind): kind.__name__ for kind in kinds}
        return core_schema.tagged_union_schema(
            {kind.__name__: handler.generate_schema(kind) for kind in kinds},
            _teller(keys),
            custom_error_type=KEYED,
            custom_error_message="keys and values",
            custom_error_context={"keys": " ".join(keys)},
        )


def key_of(kind: type[Part]) -> str:
    """The key that tells a kind, as files have it: the first field that it declares itself."""
    name = next(name for name in get_annotations(kind) if name in kind.model_fields)
    return kind.model_fields[name].alias or name


def _teller(keys: dict[str, str]) -> Callable[[Any], str | None]:
    def tell(value: Any) -> str | None:
        if not isinstance(value, dict):
            return type(value).__name__
        there = [name for key, name in keys.items() if key in value]
        return there[0] if len(there) == 1 else None

    return tell
