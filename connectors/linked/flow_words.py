"""What a flow tells in its headers, each read as if an enemy had written it."""

import re
from typing import Protocol
from unicodedata import category

from connectors.allowed import MAX_TEXT
from connectors.calls import TOKEN
from connectors.packed import unpack

MOST_KEYS = 64
_WAY = re.compile(r"[A-Za-z0-9_*# ]{1,64}", re.ASCII)
_KEYS = re.compile(rf"[0-9*#A-D]{{0,{MOST_KEYS}}}", re.ASCII)
_WHOLE = re.compile(r"[0-9]{1,10}", re.ASCII)
_SECONDS = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,3})?", re.ASCII)


class Told(Protocol):
    """Headers and what they hold. One that is not there reads as the empty string."""

    def __getitem__(self, header: str, /) -> str: ...


class Unreadable(ValueError):
    """What a flow has told cannot be read; names the header, and repeats nothing of it."""


def token(message: Told, header: str) -> str:
    """One of our own names."""
    return _matching(TOKEN, message, header)


def perhaps_token(message: Told, header: str) -> str:
    """The same, or nothing."""
    return token(message, header) if message[header] else ""


def tokens(message: Told, header: str) -> tuple[str, ...]:
    """Several, with spaces between."""
    parts = tuple(message[header].split(" ")) if message[header] else ()
    if len(parts) > 20 or not all(TOKEN.fullmatch(part) for part in parts):
        raise Unreadable(header)
    return parts


def way(message: Told) -> str:
    """The way out of a step."""
    return _matching(_WAY, message, "Way")


def keys(message: Told, header: str) -> str:
    """Keys of a telephone, or none."""
    return _matching(_KEYS, message, header)


def whole(message: Told, header: str, most: int) -> int:
    """A whole number."""
    found = int(_matching(_WHOLE, message, header))
    if found > most:
        raise Unreadable(header)
    return found


def seconds(message: Told, header: str) -> float:
    """Seconds, to the millisecond."""
    return float(_matching(_SECONDS, message, header))


def packed(text: str, header: str, most: int = MAX_TEXT) -> str:
    """A text of one line that was packed, of so many characters."""
    try:
        found = unpack(text)
    except ValueError:
        raise Unreadable(header) from None
    if len(found) > most or any(category(char) in {"Cc", "Cs"} for char in found):
        raise Unreadable(header)
    return found


def _matching(pattern: re.Pattern[str], message: Told, header: str) -> str:
    value = message[header]
    if not pattern.fullmatch(value):
        raise Unreadable(header)
    return value
