"""What is wrong with a file, told so that a person can mend it.

Every problem has a place, the field's path, what was expected, what was found, and a suggestion
where there is one. A file's problems are told all at once.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, TypeAlias

from pydantic_core import ErrorDetails

Loc: TypeAlias = tuple[int | str, ...]

_WORD = re.compile(r"[A-Za-z0-9_.<>-]{1,64}", re.ASCII)
_CHOICE = re.compile(r"'([^']+)'")
_LONGEST_SHOWN = 60
KEYED = "keyed"
"""Our own kind of error: a part is of no kind, or of several; `keys` are those that tell it."""
UNSHOWN = "unshown"
"""Another one: what stands there may be a secret, and is not repeated; the text is ours."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, at `line` and `column` (from 1) of `file`."""

    file: str
    line: int
    column: int
    path: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        end = f"; {self.hint}" if self.hint else ""
        return f"{self.file}:{self.line}:{self.column}: {self.path}: {self.message}{end}"


class SpecError(Exception):
    """A file that is not valid: `problems`, all of them, in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda p: (p.line, p.column, p.path)))
        super().__init__("\n".join(str(p) for p in self.problems))


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem that knows its field, and not yet its place in the file."""

    loc: Loc
    message: str
    hint: str = ""
    at_key: bool = False  # the place is the key's, not the value's
    mends: Loc | None = None  # the missing key that was probably meant
    missing: bool = False  # nothing is there


def path_of(loc: Loc) -> str:
    """`('trunks', 0, 'name')` as `trunks[0].name`."""
    path = "".join(f"[{p}]" if isinstance(p, int) else f".{_word(p)}" for p in loc)
    return path.lstrip(".")


def shown(value: Any) -> str:
    """A value as it is quoted in a message: one short line, nothing a terminal would obey."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "keys and values"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    text = repr(value) if isinstance(value, str | int | float) else repr(str(value))
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def nearest(word: str, known: Iterable[str]) -> str:
    """`did you mean 'x'?`, or nothing when nothing known is near."""
    near = nearest_of(word, known)
    return f"did you mean '{near}'?" if near else ""


def nearest_of(word: str, known: Iterable[str]) -> str:
    """The known word that was probably meant, or nothing; never the word itself."""
    others = [each for each in known if each != word]
    return next(iter(get_close_matches(word, others, n=1, cutoff=0.6)), "")


def finding(error: ErrorDetails, known: Iterable[str], meaning: str) -> Finding:
    """One of pydantic's errors in our words.

    `known`: the keys that may stand there; `meaning`: what the field is for.
    """
    kind, loc, got = error["type"], error["loc"], error["input"]
    if kind == "extra_forbidden":
        return _unknown_key(loc, list(known))
    if kind == "missing":
        return Finding(loc, "expected this key (got nothing)", meaning, at_key=True, missing=True)
    if kind == KEYED and isinstance(got, dict):
        return _not_one_kind(loc, got, error["ctx"]["keys"].split())
    if loc and loc[-1] == "[key]":
        return Finding(loc[:-1], f"expected {_expected(error)} as the key", at_key=True)
    whole_part = kind == "value_error" and isinstance(got, dict)
    found = "" if whole_part or kind == UNSHOWN else f" (got {shown(got)})"
    return Finding(loc, f"expected {_expected(error)}{found}", _hint(error), whole_part)


def _unknown_key(loc: Loc, known: list[str]) -> Finding:
    key = str(loc[-1])
    near = nearest_of(key, known)
    hint = f"did you mean '{near}'?" if near else f"known keys: {', '.join(known)}"
    mends = (*loc[:-1], near) if near else None
    return Finding(loc, f"unknown key {shown(key)}", hint, at_key=True, mends=mends)


def _not_one_kind(loc: Loc, got: dict[Any, Any], kinds: list[str]) -> Finding:
    """A part whose kind is told by one of its keys, and that has none of them, or several."""
    there = [kind for kind in kinds if kind in got]
    if there:
        message = f"expected only one of {', '.join(there)} (got {len(there)} of them)"
        return Finding((*loc, there[-1]), message, "remove the others", at_key=True)
    near = next((f"did you mean '{k}'?" for key in got if (k := nearest_of(str(key), kinds))), "")
    return Finding(loc, f"expected one of the keys {', '.join(kinds)} (got none of them)", near)


def _expected(error: ErrorDetails) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind in _CHOICES:
        choices = _choices(error)
        return f"one of {', '.join(choices)}" if choices else str(context["expected"]).lower()
    template = (_OF_TEXT if isinstance(error["input"], str) else _EXPECTED).get(kind)
    template = template or _EXPECTED.get(kind)
    return template.format(**context) if template else error["msg"]


def _hint(error: ErrorDetails) -> str:
    kind, got = error["type"], error["input"]
    if kind in _CHOICES:
        return nearest(str(got), _choices(error))
    if kind == "tuple_type":
        return "begin each entry with '- ', or write [a, b]"
    if kind == "string_type" and isinstance(got, int | float):
        return "put it in quotes"
    if kind == "less_than_equal" and error["loc"][-1] in _SHARES:
        return "one in a hundred is written 1%"
    return ""


def _choices(error: ErrorDetails) -> list[str]:
    return _CHOICE.findall(error["ctx"]["expected"])


def _word(text: str) -> str:
    return text if _WORD.fullmatch(text) else shown(text)


_CHOICES = frozenset({"enum", "literal_error"})
_SHARES = frozenset({"limit", "target"})
_EXPECTED = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "dict_type": "keys and values",
    "finite_number": "a finite number",
    "float_type": "a number",
    "greater_than": "more than {gt:g}",
    "greater_than_equal": "at least {ge:g}",
    "int_from_float": "a whole number",
    "int_type": "a whole number",
    KEYED: "keys and values",
    "invalid_key": "a word as the key",
    "less_than_equal": "at most {le:g}",
    "model_type": "keys and values",
    "string_too_long": "at most {max_length} characters",
    "string_type": "text",
    "string_unicode": "text in Unicode",
    "too_long": "at most {max_length} entries",
    "too_short": "at least {min_length} entry",
    "tuple_type": "a list",
}
"""pydantic's kinds of errors in our words; `{...}` are what it tells with them."""
_OF_TEXT = {
    "too_long": "at most {max_length} characters",
    "too_short": "a text that is not empty",
}
"""The same of texts that are read in a way of our own: pydantic then takes them for lists."""
