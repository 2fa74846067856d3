"""A PBX's URL: `esl://:password@host:port?phone_technology=user&ping=2`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from connectors.calls import TOKEN
from connectors.freeswitch.actions import PHONE, TRUNK, Dialling
from connectors.pbx import PbxError

PORT = 8021
LONGEST = 128  # characters of a password


@dataclass(frozen=True, slots=True)
class Address:
    """Where a PBX is, how to log in, and how to speak with it. Its repr shows no password.

    `ping`: seconds between two signs of life. `silence`: seconds without the answer to one, after
    which the link is taken for lost. `lines`: connections for commands, beside the one for events.
    """

    scheme: str
    host: str
    port: int
    password: str = field(repr=False)
    dialling: Dialling = field(default_factory=Dialling)
    ping: float = 2.0
    silence: float = 3.0
    lines: int = 2

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def read(url: str) -> Address:
    """What `url` says. Raises `PbxError` with a sentence, in which no password ever stands."""
    try:
        parts = urlsplit(url)
        port = parts.port or PORT
    except ValueError:
        raise PbxError("the URL's host and port cannot be read") from None
    password = unquote(parts.password or "")
    if not (parts.hostname and password) or parts.username or parts.path.strip("/"):
        raise PbxError(
            f"the URL must be {parts.scheme}://:PASSWORD@HOST:PORT, with the special characters "
            "of the password as %XX"
        )
    if not (password.isascii() and password.isprintable() and len(password) <= LONGEST):
        raise PbxError(f"the URL's password must be at most {LONGEST} printable ASCII characters")
    said = {name: _value(name, text) for name, text in _options(parts)}
    dialling = Dialling(**{name: said.pop(name) for name in DIALLING if name in said})
    return Address(parts.scheme, parts.hostname, port, password, dialling, **said)


def _options(parts: SplitResult) -> list[tuple[str, str]]:
    given = parse_qsl(parts.query, keep_blank_values=True)
    names = [name for name, _ in given]
    for name in names:
        if name not in OPTIONS:
            close = get_close_matches(name, OPTIONS, 1) or [", ".join(OPTIONS)]
            raise PbxError(f"{name!a} is not an option of a FreeSWITCH's URL; known: {close[0]}")
        if names.count(name) > 1:
            raise PbxError(f"the URL's option '{name}' is given twice")
    return given


def _value(name: str, text: str) -> Any:
    parse, takes = OPTIONS[name]
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


def _whole(low: int, high: int) -> tuple[Callable[[str], int | None], str]:
    def parse(text: str) -> int | None:
        number = int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else -1
        return number if low <= number <= high else None

    return parse, f"a whole number from {low} to {high}"


def _one_of(table: dict[str, str]) -> tuple[Callable[[str], str | None], str]:
    return (lambda text: text if text in table else None), f"one of {', '.join(table)}"


def _token(text: str) -> str | None:
    return text if TOKEN.fullmatch(text) else None


YES_NO: tuple[Callable[[str], bool | None], str] = ({"yes": True, "no": False}.get, "yes or no")
SECONDS = (_seconds, "a number of seconds from 0.05 to 60")
DIALLING = ("trunk_technology", "phone_technology", "phones", "plus", "hold", "listen")
OPTIONS: dict[str, tuple[Callable[[str], Any], str]] = {
    "trunk_technology": _one_of(TRUNK),
    "phone_technology": _one_of(PHONE),
    "phones": (_token, "a token of at most 64 of the characters A-Z a-z 0-9 _ -"),
    "plus": YES_NO,
    "hold": _whole(1, 3600),
    "listen": _whole(0, 30),
    "ping": SECONDS,
    "silence": SECONDS,
    "lines": _whole(1, 8),
}
