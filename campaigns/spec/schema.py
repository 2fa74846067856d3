"""The JSON Schema of a campaign, for editors, and what it knows of single fields."""

from functools import cache
from typing import Any

from campaigns.spec.campaign import Campaign, Mode
from campaigns.spec.errors import Loc

_REF = "#/$defs/"


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema of a campaign file (draft 2020-12)."""
    made = Campaign.model_json_schema(by_alias=True)
    modes = made["$defs"]["Mode"]["enum"]
    made["$defs"]["Mode"]["enum"] = [m for m in modes if m != Mode.IVR]  # reserved
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Dialplane campaign",
        **{k: v for k, v in made.items() if k != "title"},
    }


def keys_at(loc: Loc) -> list[str]:
    """The keys that the mapping at `loc` may have."""
    return list(_node(loc).get("properties", {}))


def meaning_of(loc: Loc) -> str:
    """What the field at `loc` is for, in a phrase."""
    parent = _node(loc[:-1]).get("properties", {})
    return str(parent.get(loc[-1], {}).get("description", "")) if loc else ""


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    """`node` with its reference followed, and the one choice taken that is no mere word."""
    choices = [c for c in node.get("anyOf", []) if c.get("type") != "null" and "const" not in c]
    if len(choices) == 1:
        return resolved(choices[0])
    if "$ref" in node:
        found: dict[str, Any] = schema()["$defs"][node["$ref"].removeprefix(_REF)]
        return found
    return node


def _node(loc: Loc) -> dict[str, Any]:
    node = schema()
    for part in loc:
        inner = node.get("items") if isinstance(part, int) else node.get("properties", {}).get(part)
        node = resolved(inner or node.get("additionalProperties") or {})
    return node
