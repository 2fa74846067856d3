"""The options of a PBX's URL: what may follow its `?`, told by each connector in a table."""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

from connectors.calls import TOKEN
from connectors.pbx import PbxError

Option: TypeAlias = tuple[Callable[[str], Any], str]
"""How a value is read (None: it cannot be), and what it must be, in words."""


def read_options(query: str, options: Mapping[str, Option], whose: str) -> dict[str, Any]:
    """The values that a query gives. `whose`: the PBX, as in "an Asterisk".

    Raises `PbxError` with a sentence on an option that is unknown, wrong or there twice.
    """
    given = parse_qsl(query, keep_blank_values=True)
    names = [name for name, _ in given]
    for name in names:
        if name not in options:
            close = get_close_matches(name, options, 1) or [", ".join(options)]
            raise PbxError(f"{name!a} is not an option of {whose}'s URL; known: {close[0]}")
        if names.count(name) > 1:
            raise PbxError(f"the URL's option '{name}' is given twice")
    return {name: _value(name, text, *options[name]) for name, text in given}


def one_of(words: Mapping[str, str]) -> Option:
    """One of a table's keys."""
    return (lambda text: text if text in words else None), f"one of {', '.join(words)}"


def whole(low: int, high: int) -> Option:
    """A whole number within bounds."""

    def parse(text: str) -> int | None:
        number = int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else -1
        return number if low <= number <= high else None

    return parse, f"a whole number from {low} to {high}"


def _value(name: str, text: str, parse: Callable[[str], Any], takes: str) -> Any:
    value = parse(text)
    if value is None:
        raise PbxError(f"the URL's option {name}={text!a} must be {takes}")
    return value


def _seconds(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if 0.05 <= seconds <= 60 else None


def _token(text: str) -> str | None:
    return text if TOKEN.fullmatch(text) else None


YES_NO: Option = ({"yes": True, "no": False}.get, "yes or no")
SECONDS: Option = (_seconds, "a number of seconds from 0.05 to 60")
NAME: Option = (_token, "a token of at most 64 of the characters A-Z a-z 0-9 _ -")
