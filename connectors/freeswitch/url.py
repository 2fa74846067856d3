"""A PBX's URL: `esl://user%40domain:password@host:port?phone_technology=user&ping=2`."""

import re
from dataclasses import dataclass, field, fields
from urllib.parse import unquote, urlsplit

from connectors.freeswitch.actions import PHONE, TRUNK, Dialling
from connectors.linked.patience import Patience
from connectors.pbx import PbxError
from connectors.url_options import NAME, SECONDS, YES_NO, Option, one_of, read_options, whole

PORT = 8021
LONGEST = 128  # characters of a password
USER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}@[A-Za-z0-9][A-Za-z0-9.:-]{0,252}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a PBX is, how to log in, and how to speak with it. Its repr shows no password.

    `user`: of the directory, as USER@DOMAIN; empty: the event socket's own password, which may do
    everything. `lines`: connections for commands, beside the one for events.
    """

    scheme: str
    host: str
    port: int
    password: str = field(repr=False)
    dialling: Dialling = field(default_factory=Dialling)
    patience: Patience = field(default_factory=Patience)
    lines: int = 2
    user: str = ""

    @property
    def log_in(self) -> str:
        """The command that logs in."""
        return f"userauth {self.user}:{self.password}" if self.user else f"auth {self.password}"

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
    user = unquote(parts.username or "")
    if not (parts.hostname and password) or parts.path.strip("/"):
        raise PbxError(
            f"the URL must be {parts.scheme}://:PASSWORD@HOST:PORT, or with USER%40DOMAIN before "
            "the colon, and the special characters of the password as %XX"
        )
    if user and not USER.fullmatch(user):
        raise PbxError(
            f"the URL's user must be {parts.scheme}://USER%40DOMAIN:PASSWORD@HOST:PORT, as the "
            "directory of the FreeSWITCH has it"
        )
    if not (password.isascii() and password.isprintable() and len(password) <= LONGEST):
        raise PbxError(f"the URL's password must be at most {LONGEST} printable ASCII characters")
    said = read_options(parts.query, OPTIONS, "a FreeSWITCH")
    dialling = Dialling(**{name: said.pop(name) for name in DIALLING if name in said})
    patience = Patience(**{name: said.pop(name) for name in PATIENCE if name in said})
    return Address(
        parts.scheme, parts.hostname, port, password, dialling, patience, user=user, **said
    )


DIALLING = ("trunk_technology", "phone_technology", "phones", "plus", "hold", "listen")
PATIENCE = tuple(one.name for one in fields(Patience))
OPTIONS: dict[str, Option] = {
    "trunk_technology": one_of(TRUNK),
    "phone_technology": one_of(PHONE),
    "phones": NAME,
    "plus": YES_NO,
    "hold": whole(1, 3600),
    "listen": whole(0, 30),
    **dict.fromkeys(PATIENCE, SECONDS),
    "lines": whole(1, 8),
}
