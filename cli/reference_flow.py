"""The page on flow files, from the JSON Schema of their models."""

from typing import Any

from campaigns.flow.flow import FLOW
from campaigns.flow.steps import KINDS
from campaigns.spec.form import schema_of
from cli.markdown import MADE, table
from cli.reference_parts import keys, parts

INTRO = (
    "A flow is a YAML 1.2 file; [the guide](../ivr.md) tells how its parts play together. "
    "Durations are written `30s`, `10m`, `2h`, `1d`, or as a number of seconds. Whole numbers are "
    "read as they are written: `01` is two digits. Unknown keys are errors; aliases, anchors and "
    "tags are refused. Check a file with `dialplane flow check FILE`; `dialplane flow schema` "
    "prints the JSON Schema for editors."
)
STEPS = "Each step has exactly one of these keys, which tells its kind."


def flow_page() -> str:
    """Every key of a flow file."""
    made = _told_first(schema_of(FLOW))
    page = [MADE, "# Flow files", INTRO, "## The file", keys(made, made)]
    page += ["## Steps", STEPS, _kinds(), *parts(made)]
    return "\n\n".join(part for part in page if part) + "\n"


def _told_first(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with the key that tells a step's kind as the first of its keys."""
    parts = dict(schema["$defs"])
    for key, kind in KINDS.items():
        part = parts[kind.__name__]
        first = {key: part["properties"][key], **part["properties"]}
        parts[kind.__name__] = {**part, "properties": first}
    return {**schema, "$defs": parts}


def _kinds() -> str:
    rows = [
        (f"`{key}`", f"[{kind.__name__}](#{kind.__name__.lower()})", kind.__doc__ or "")
        for key, kind in KINDS.items()
    ]
    return table(("key", "part", "what it does"), rows)
