"""A PBX's URL: `ami://user:secret@host:port?trunk_technology=PJSIP&ping=2`."""

import ssl
from dataclasses import dataclass, field, fields
from urllib.parse import unquote, urlsplit

from connectors.asterisk.actions import PHONE, TRUNK, Dialling
from connectors.linked.patience import Patience
from connectors.pbx import PbxError
from connectors.url_options import SECONDS, YES_NO, Option, one_of, read_options

PORT = 5038
LONGEST = 128  # characters of a user's name


@dataclass(frozen=True, slots=True)
class Address:
    """Where a PBX is, how to log in, and how to speak with it. Its repr shows no secret.

    `tls`: the link is encrypted, and the PBX's certificate
    must be one that this machine trusts.
    """

    scheme: str
    host: str
    port: int
    user: str
    secret: str = field(repr=False)
    dialling: Dialling = field(default_factory=Dialling)
    patience: Patience = field(default_factory=Patience)
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
    said = read_options(parts.query, OPTIONS, "an Asterisk")
    dialling = Dialling(**{name: said.pop(name) for name in DIALLING if name in said})
    patience = Patience(**{name: said.pop(name) for name in PATIENCE if name in said})
    return Address(parts.scheme, parts.hostname, port, user, secret, dialling, patience, **said)


DIALLING = ("trunk_technology", "phone_technology", "plus")
PATIENCE = tuple(one.name for one in fields(Patience))
OPTIONS: dict[str, Option] = {
    "trunk_technology": one_of(TRUNK),
    "phone_technology": one_of(PHONE),
    "plus": YES_NO,
    **dict.fromkeys(PATIENCE, SECONDS),
    "tls": YES_NO,
}
