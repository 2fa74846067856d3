"""The parts of a file, from its JSON Schema, in Markdown."""

from collections.abc import Iterator
from typing import Any

from campaigns.spec.form import resolved, values_of
from cli.markdown import table

Node = dict[str, Any]


def parts(schema: Node) -> Iterator[str]:
    """Every part but the file itself: a heading, what it is, its keys."""
    for name, part in schema["$defs"].items():
        if "properties" in part:
            yield from (f"## {name}", part.get("description", ""), keys(part, schema))


def keys(part: Node, schema: Node) -> str:
    """The keys of a part, as a table."""
    required = set(part.get("required", ()))
    rows = [
        (
            f"`{key}`",
            _kind(field, schema),
            _given(key, field, required),
            field.get("description", ""),
        )
        for key, field in part["properties"].items()
    ]
    return table(("key", "holds", "default", "meaning"), rows)


def _given(key: str, field: Node, required: set[str]) -> str:
    if key in required:
        return "required"
    default = field.get("default")
    if default in (None, "") or isinstance(default, dict | list):
        return ""
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _kind(field: Node, schema: Node) -> str:
    """What a field holds, in words; parts are links."""
    node = resolved(field, schema)
    if "properties" in node:
        return f"[{node['title']}](#{node['title'].lower()})"
    return _of_several(node, schema) or _of_one(node)


def _of_several(node: Node, schema: Node) -> str:
    """Of a choice, a list or a mapping; empty for anything else."""
    if "oneOf" in node:
        return "one of " + ", ".join(_kind(choice, schema) for choice in node["oneOf"])
    if "items" in node:
        return f"list: {_kind(node['items'], schema)}"
    values = values_of(node)
    return f"keys: {_kind(values, schema)}" if values else ""


def _of_one(node: Node) -> str:
    words = _words(node)
    if words:
        return ", ".join(f"`{word}`" for word in words)
    if "examples" in node:
        return "such as " + ", ".join(f"`{example}`" for example in node["examples"])
    return TYPES.get(str(node.get("type")), "text") + _bounds(node)


def _bounds(node: Node) -> str:
    low = node.get("minimum", node.get("exclusiveMinimum"))
    high = node.get("maximum")
    if low is None or high is None:
        return ""
    return f" {'above' if 'exclusiveMinimum' in node else 'from'} {low:g} to {high:g}"


def _words(node: Node) -> list[str]:
    return [*node.get("enum", ()), *([node["const"]] if "const" in node else ())]


TYPES = {"boolean": "true or false", "integer": "a whole number", "number": "a number"}
