"""A kind of file that people write in YAML, and the JSON Schema of its model.

Campaigns are one, flows another. Reading, the guard, the errors and the schema are the same for
all of them; what differs is here.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

from campaigns.spec.errors import Loc
from campaigns.spec.types import Part

M = TypeVar("M", bound=Part)
_REF = "#/$defs/"


@dataclass(frozen=True, slots=True)
class Form(Generic[M]):
    """One kind of file. `word`: what it is called; `begins`: a first line, as an example."""

    model: type[M]
    word: str
    begins: str
    hint: str = ""  # what to do about an empty file
    as_written: bool = False  # whole numbers are read as the text they are: 007 is not 7


@cache
def schema_of(form: Form[Any]) -> dict[str, Any]:
    """The JSON Schema of such a file (draft 2020-12)."""
    made = form.model.model_json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Dialplane {form.word}",
        **{k: v for k, v in made.items() if k != "title"},
    }


def keys_at(form: Form[Any], loc: Loc) -> list[str]:
    """The keys that the mapping at `loc` may have."""
    return list(_node(form, loc)[0].get("properties", {}))


def meaning_at(form: Form[Any], loc: Loc) -> str:
    """What the field at `loc` is for, in a phrase."""
    parent = _node(form, loc[:-1])[0].get("properties", {})
    return str(parent.get(loc[-1], {}).get("description", "")) if loc else ""


def written(form: Form[Any], loc: Loc) -> Loc:
    """`loc` as the file has it: without the names of the models that pydantic has chosen."""
    return _node(form, loc)[1]


def resolved(node: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """`node` with its reference followed, and the one choice taken that is no mere word."""
    choices = [c for c in node.get("anyOf", []) if c.get("type") != "null" and "const" not in c]
    if len(choices) == 1:
        return resolved(choices[0], schema)
    if "$ref" in node:
        found: dict[str, Any] = schema["$defs"][node["$ref"].removeprefix(_REF)]
        return found
    return node


def _node(form: Form[Any], loc: Loc) -> tuple[dict[str, Any], Loc]:
    schema, path = schema_of(form), list[int | str]()
    node = schema
    for part in loc:
        chosen = {"$ref": f"{_REF}{part}"}
        if chosen in node.get("oneOf", ()):
            node = resolved(chosen, schema)
            continue
        path.append(part)
        inner = node.get("items") if isinstance(part, int) else node.get("properties", {}).get(part)
        node = resolved(inner or values_of(node), schema)
    return node, tuple(path)


def values_of(node: dict[str, Any]) -> dict[str, Any]:
    """What a mapping holds under keys of one's own choice."""
    patterns = node.get("patternProperties", {}).values()
    found = next(iter(patterns), node.get("additionalProperties"))
    return found if isinstance(found, dict) else {}
