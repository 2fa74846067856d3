"""A PBX's URL: `ami://user:secret@host:port?trunk_technology=PJSIP&ping=2`."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from connectors.asterisk.actions import PHONE, TRUNK, Dialling
from connectors.pbx import PbxError

PORT = 5038
LONGEST = 128  # characters of a user's name


@dataclass(frozen=True, slots=True)
class Address:
    """Where a PBX is, how to log in, and how to speak with it. Its repr shows no secret.

    `ping`: seconds between two signs of life. `silence`: seconds without the answer to one, after
    which the link is taken for lost. `tls`: the link is encrypted, and the PBX's certificate
    must be one that this machine trusts.
    """

    scheme: str
    host: str
    port: int
    user: str
    secret: str = field(repr=False)
    dialling: Dialling = field(default_factory=Dialling)
    ping: float = 2.0
    silence: float = 3.0
    tls: bool = False

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    def tls_context(self) -> ssl.SSLContext | None:
        return ssl.create_default_context() if self.tls else None


def read(url: str) -> Address:
    """What `url` says. Raises `PbxError` with a sentence, in which no secret ever stands."""
    try:
        parts = urlsplit(url)
        port = parts.port or PORT
    except ValueError:
        raise PbxError("the URL's host and port cannot be read") from None
    user, secret = unquote(parts.username or ""), unquote(parts.password or "")
    if not (parts.hostname and user and secret) or parts.path.strip("/"):
        raise PbxError(
            f"the URL must be {parts.scheme}://USER:SECRET@HOST:PORT, with the special characters "
            "of the secret as %XX"
        )
    if not (user.isascii() and user.isprintable() and len(user) <= LONGEST):
        raise PbxError(f"the URL's user must be at most {LONGEST} printable ASCII characters")
    said = {name: _value(name, text) for name, text in _options(parts)}
    dialling = Dialling(**{name: said.pop(name) for name in DIALLING if name in said})
    return Address(parts.scheme, parts.hostname, port, user, secret, dialling, **said)


def _options(parts: SplitResult) -> list[tuple[str, str]]:
    given = parse_qsl(parts.query, keep_blank_values=True)
    names = [name for name, _ in given]
    for name in names:
        if name not in OPTIONS:
            close = get_close_matches(name, OPTIONS, 1) or [", ".join(OPTIONS)]
            raise PbxError(f"{name!a} is not an option of an Asterisk's URL; known: {close[0]}")
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


def _one_of(table: dict[str, str]) -> tuple[Callable[[str], str | None], str]:
    return (lambda text: text if text in table else None), f"one of {', '.join(table)}"


YES_NO: tuple[Callable[[str], bool | None], str] = ({"yes": True, "no": False}.get, "yes or no")
SECONDS = (_seconds, "a number of seconds from 0.05 to 60")
DIALLING = ("trunk_technology", "phone_technology", "plus")
OPTIONS: dict[str, tuple[Callable[[str], Any], str]] = {
    "trunk_technology": _one_of(TRUNK),
    "phone_technology": _one_of(PHONE),
    "plus": YES_NO,
    "ping": SECONDS,
    "silence": SECONDS,
    "tls": YES_NO,
}
