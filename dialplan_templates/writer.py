"""Fills the templates of a PBX's files. What is printed has gone through its place, or nothing is.

Templates see only what they are given by name, and a name that nobody has given is an error.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dialplan_templates.places import PLACES, Written

HERE = Path(__file__).parent
ENDING = ".j2"


class Unwritten(Exception):
    """A template that prints a value as it is: a mistake of ours, never of the value's."""


def fill(pbx: str, path: str, values: Mapping[str, Any]) -> str:
    """The file at `path` of that PBX, with these values.

    Raises `places.Refused` for a value that its place does not take, `jinja2.UndefinedError` for
    one that nobody gave, and `Unwritten`.
    """
    return _environment(pbx).get_template(f"{path}{ENDING}").render(values)


@cache
def _environment(pbx: str) -> Environment:
    return environment(FileSystemLoader(HERE / pbx))


def environment(loader: FileSystemLoader | None = None) -> Environment:
    """Where a template may use the places as filters, and none of Jinja's own."""
    made = Environment(  # noqa: S701 - these are no HTML; what may be printed is stricter
        loader=loader,
        undefined=StrictUndefined,
        finalize=_only_written,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters = dict(PLACES)
    made.globals = {}
    return made


def _only_written(value: Any) -> Written:
    if not isinstance(value, Written):
        raise Unwritten(f"a template prints {ascii(str(value))[:60]}, and not through a place")
    return value
