"""The page on campaign files, from the JSON Schema of their models."""

from typing import Any

from campaigns.retry import DEFAULTS
from campaigns.spec.schema import resolved, schema
from cli.markdown import MADE, table

INTRO = (
    "A campaign is a YAML 1.2 file. Durations are written `30s`, `10m`, `2h`, `1d`, or as a number "
    "of seconds; shares `3%` or `0.03`. Unknown keys are errors; aliases, anchors and tags are "
    "refused. Check a file with `dialplane campaign validate FILE`; "
    "`dialplane campaign schema` prints the JSON Schema for editors."
)
RETRIES = (
    "In force for every outcome that `retry.outcomes` leaves out. A disposition that is final ends "
    "a lead whatever its outcome; one with a `retry` of its own goes by that."
)


def campaign_page() -> str:
    """Every key of a campaign file."""
    made = schema()
    parts = [MADE, "# Campaign files", INTRO, "## The file", _keys(made)]
    for name, part in made["$defs"].items():
        if "properties" in part:
            parts += [f"## {name}", part.get("description", ""), _keys(part)]
    parts += ["## Built-in retry rules", RETRIES, _retries()]
    return "\n\n".join(part for part in parts if part) + "\n"


def _retries() -> str:
    rows = [
        (f"`{outcome.value}`", str(rule.attempts), f"{rule.delay / 60:g} min", f"{rule.growth:g}")
        for outcome, rule in DEFAULTS.items()
    ]
    return table(("outcome", "attempts", "delay", "growth"), rows)


def _keys(part: dict[str, Any]) -> str:
    required = set(part.get("required", ()))
    rows = [
        (f"`{key}`", _kind(field), _given(key, field, required), field.get("description", ""))
        for key, field in part["properties"].items()
    ]
    return table(("key", "holds", "default", "meaning"), rows)


def _given(key: str, field: dict[str, Any], required: set[str]) -> str:
    if key in required:
        return "required"
    default = field.get("default")
    if default in (None, "") or isinstance(default, dict | list):
        return ""
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _kind(field: dict[str, Any]) -> str:
    """What a field holds, in words; parts are links."""
    node = resolved(field)
    if "properties" in node:
        return f"[{node['title']}](#{node['title'].lower()})"
    if "items" in node:
        return f"list: {_kind(node['items'])}"
    inner = (node.get("additionalProperties"), *node.get("patternProperties", {}).values())
    values = next((v for v in inner if isinstance(v, dict)), None)
    if values is not None:
        return f"keys: {_kind(values)}"
    words = _words(node)
    if words:
        return ", ".join(f"`{word}`" for word in words)
    if "examples" in node:
        return "such as " + ", ".join(f"`{example}`" for example in node["examples"])
    return TYPES.get(str(node.get("type")), "text") + _bounds(node)


def _bounds(node: dict[str, Any]) -> str:
    low = node.get("minimum", node.get("exclusiveMinimum"))
    high = node.get("maximum")
    if low is None or high is None:
        return ""
    return f" {'above' if 'exclusiveMinimum' in node else 'from'} {low:g} to {high:g}"


def _words(node: dict[str, Any]) -> list[str]:
    return [*node.get("enum", ()), *([node["const"]] if "const" in node else ())]


TYPES = {"boolean": "true or false", "integer": "a whole number", "number": "a number"}
