"""The words that a PBX file is made of, each with how it is read and how editors see it."""

import re
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from campaigns.spec.errors import UNSHOWN
from campaigns.spec.keyed import Keyed
from campaigns.spec.types import Count, Part

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*", re.ASCII)
USER = re.compile(r"[A-Za-z0-9+][A-Za-z0-9+._-]{0,63}", re.ASCII)
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)
PATH = re.compile(r"/[A-Za-z0-9._/@+-]{1,200}", re.ASCII)
SITE = re.compile(r"https?://[A-Za-z0-9]([A-Za-z0-9.-]{0,250})(:[0-9]{1,5})?", re.ASCII)
LONGEST_HOST = 253
LONGEST_FILE = 200
NETWORKS = "an IPv4 or IPv6 address, with a mask or without, as in 192.0.2.0/28"


class PbxPart(Part):
    """A part of a PBX file."""


class Codec(StrEnum):
    ALAW = "alaw"
    ULAW = "ulaw"
    G722 = "g722"
    G729 = "g729"
    GSM = "gsm"
    OPUS = "opus"


class Dtmf(StrEnum):
    RFC4733 = "rfc4733"
    INFO = "info"
    INBAND = "inband"


def is_ipv6(host: str) -> bool:
    """Whether a host is an IPv6 address, which a URI has within brackets."""
    return ":" in host


def _host(value: Any) -> Any:
    if isinstance(value, str) and len(value) <= LONGEST_HOST:
        if HOST.fullmatch(value) and not re.fullmatch(r"[0-9.]+", value, re.ASCII):
            return value
        try:
            return str(ip_address(value.replace("%", " ")))
        except ValueError:
            pass
    raise ValueError("a host's name or address, without a port")


def _address(value: Any) -> Any:
    try:
        if isinstance(value, str):
            return str(ip_address(value.replace("%", " ")))  # no zone: `%` is for other readers
    except ValueError:
        pass
    raise ValueError("an IPv4 or IPv6 address of this machine, such as 0.0.0.0")


def _network(value: Any) -> Any:
    try:
        if isinstance(value, str):
            return str(ip_network(value.replace("%", " "), strict=False))
    except ValueError:
        pass
    raise ValueError(NETWORKS)


def network(text: str) -> IPv4Network | IPv6Network:
    """What a `Network` means."""
    return ip_network(text)


def _text(pattern: re.Pattern[str], takes: str) -> Any:
    def read(value: Any) -> Any:
        if isinstance(value, str) and pattern.fullmatch(value):
            return value
        raise ValueError(takes)

    return BeforeValidator(read)


def _schema(*examples: str, pattern: str = "") -> WithJsonSchema:
    shown = {"pattern": f"^{pattern}$"} if pattern else {}
    return WithJsonSchema({"type": "string", **shown, "examples": list(examples)})


Host = Annotated[str, BeforeValidator(_host), _schema("sip.example.net", "192.0.2.10")]
Address = Annotated[str, BeforeValidator(_address), _schema("0.0.0.0", "10.1.2.3")]  # noqa: S104
Network = Annotated[str, BeforeValidator(_network), _schema("192.0.2.0/28", "fd00::7")]
"""An address is one too: of one machine."""
Port = Annotated[Count, Field(ge=1, le=65535)]
SipUser = Annotated[
    str,
    _text(USER, 'a user name of letters, digits and + . _ - (digits within quotes: "4930123456")'),
    _schema("4930123456", pattern=USER.pattern),
]
FilePath = Annotated[
    str,
    _text(PATH, "the whole path of a file, of letters, digits and . _ / @ + -"),
    _schema("/etc/asterisk/keys/pbx.pem", pattern=PATH.pattern),
]
SiteUrl = Annotated[
    str,
    _text(SITE, "where 'dialplane serve' is reached, as in http://127.0.0.1:8470"),
    _schema("http://127.0.0.1:8470", pattern=SITE.pattern),
]
_FILE = re.compile(r"[^\x00-\x1f\x7f]{1,200}")


def _variable(value: Any) -> Any:
    """What stands there may be the secret itself, so it is not repeated."""
    if isinstance(value, str) and VARIABLE.fullmatch(value):
        return value
    raise PydanticCustomError(UNSHOWN, "the name of an environment variable")


def _reference(value: Any) -> Any:
    if isinstance(value, dict | Part):
        return value
    raise PydanticCustomError(UNSHOWN, _NO_SECRETS)


_NO_SECRETS = "where the secret is kept, {env: VARIABLE} or {file: NAME}, never the secret itself"


class FromEnvironment(PbxPart):
    """A secret that is kept in an environment variable."""

    env: Annotated[
        str,
        BeforeValidator(_variable),
        _schema("CARRIER_SECRET", pattern=VARIABLE.pattern),
    ] = Field(description="the variable's name; it is read when files are made")


class FromFile(PbxPart):
    """A secret that is kept in a file of its own, which only its owner may read."""

    file: Annotated[str, _text(_FILE, "the name of a file"), _schema("secrets/ann")] = Field(
        description="the file, seen from the PBX file; its first line is the secret"
    )


Secret = Annotated[Annotated[FromEnvironment | FromFile, Keyed()], BeforeValidator(_reference)]
