"""What each kind of value in a command may hold: a test, and what was expected in words."""

import re
from collections.abc import Callable, Mapping
from dataclasses import astuple
from typing import Any, TypeAlias
from unicodedata import category
from uuid import UUID

from connectors.calls import E164, TOKEN, Amd, Listening, Party

MAX_RING_SECONDS = 300
MAX_AMD = 60_000  # milliseconds; five digits have room for it
MAX_PATH_PARTS = 8
MAX_PATH = 200  # characters
MAX_TEXT = 200  # characters of a variable's text
MAX_TEXTS = 100  # variables that one command brings
MAX_SOUND = 800  # characters; a line of AMI has room for so many, and for what stands before
MAX_JOINED = 900  # characters of tags or zones, joined; a line of AMI has room for so many
ZONE = re.compile(r"[A-Za-z0-9_+-]{1,32}(?:/[A-Za-z0-9_+-]{1,32}){0,2}", re.ASCII)
SOUND = re.compile(r"(https?://[A-Za-z0-9.:-]+)?(/[A-Za-z0-9._-]+)+", re.ASCII)
"""A path or an address on the web, in characters that a dialplan lets through."""

Rule: TypeAlias = tuple[Callable[[Any], bool], str]


def is_token(value: Any) -> bool:
    return isinstance(value, str) and TOKEN.fullmatch(value) is not None


def is_line(value: Any) -> bool:
    """One line of text, as a flow's variable holds it."""
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        return False
    return not any(category(char) in {"Cc", "Cs"} for char in value)


def is_sound(value: Any) -> bool:
    """What a PBX may be told to play besides its own sounds."""
    return isinstance(value, str) and len(value) <= MAX_SOUND and bool(SOUND.fullmatch(value))


def _is_number(value: Any) -> bool:
    return isinstance(value, str) and E164.fullmatch(value) is not None


def _is_path(value: Any) -> bool:
    if not isinstance(value, str) or len(value) > MAX_PATH:
        return False
    parts = value.split("/", MAX_PATH_PARTS)
    return len(parts) <= MAX_PATH_PARTS and all(is_token(part) for part in parts)


def _is_amd(value: object) -> bool:
    if not isinstance(value, Amd):
        return False
    return all(type(part) is int and 0 <= part <= MAX_AMD for part in astuple(value))


def _is_ring_time(value: Any) -> bool:
    return type(value) is int and 1 <= value <= MAX_RING_SECONDS


def _is_zone(value: Any) -> bool:
    return isinstance(value, str) and ZONE.fullmatch(value) is not None


def _all(each: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """A tuple of these, short enough to be sent in one line."""

    def fits(value: Any) -> bool:
        whole = isinstance(value, tuple) and all(map(each, value))
        return whole and sum(len(part) + 1 for part in value) < MAX_JOINED

    return fits


def _are_texts(value: Any) -> bool:
    if not isinstance(value, Mapping) or len(value) > MAX_TEXTS:
        return False
    return all(is_token(name) and is_line(text) for name, text in value.items())


def _or_none(rule: Rule) -> Rule:
    return (lambda value: value is None or rule[0](value), f"{rule[1]}, or None")


AN_ID: Rule = (lambda value: isinstance(value, UUID), "a UUID")
A_NUMBER: Rule = (_is_number, "an E.164 number such as +4930123456")
A_TOKEN: Rule = (is_token, "a token of at most 64 of the characters A-Z a-z 0-9 _ -")
A_PATH: Rule = (
    _is_path,
    f"a relative path of at most {MAX_PATH_PARTS} tokens joined by '/', {MAX_PATH} characters",
)
RINGS: Rule = (_is_ring_time, f"a whole number of seconds from 1 to {MAX_RING_SECONDS}")
A_SOUND: Rule = (
    lambda value: value == "" or is_sound(value),
    f"a path or a URL of letters, digits and _ . : - /, of at most {MAX_SOUND} characters",
)
A_FLAG: Rule = (lambda value: isinstance(value, bool), "true or false")
LISTENS: Rule = (lambda value: isinstance(value, Listening), "listen, whisper or barge")
TAGS: Rule = (_all(is_token), f"a tuple of tokens, {MAX_JOINED} characters in all")
ZONES: Rule = (
    _all(_is_zone),
    f"a tuple of IANA time zones such as Europe/Berlin, {MAX_JOINED} characters in all",
)
A_PARTY: Rule = _or_none(
    (lambda value: isinstance(value, Party), "human, machine, screening or unknown")
)
TEXTS: Rule = (
    _are_texts,
    f"at most {MAX_TEXTS} texts of one line and {MAX_TEXT} characters, each by a token",
)
PERHAPS_TEXTS: Rule = _or_none(TEXTS)
PERHAPS_AMD: Rule = _or_none((_is_amd, "settings of AMD, each a whole number from 0 to 60000"))
