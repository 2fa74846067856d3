"""A trunk: the carrier's line, as both PBXs can have it."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from campaigns.spec.types import Seconds, Token
from dialplan_templates.pbx_file.words import (
    Codec,
    Dtmf,
    Host,
    Network,
    PbxPart,
    Port,
    Secret,
    SipUser,
)


class TrunkTransport(StrEnum):
    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"


class Auth(StrEnum):
    REGISTRATION = "registration"  # we register, and calls are answered with the same password
    PASSWORD = "password"  # noqa: S105 - calls are, and nothing is registered
    ADDRESS = "address"  # the carrier knows us by our address


class CallerId(StrEnum):
    FROM = "from"
    PAI = "pai"


class Trunk(PbxPart):
    """A carrier's line."""

    name: Token = Field(description="the trunk's name, as campaigns have it")
    host: Host = Field(description="the carrier's name or address, without a port")
    port: Port | None = Field(default=None, description="its port; left out: that of the transport")
    transport: TrunkTransport = Field(default=TrunkTransport.UDP, description="how SIP gets there")
    auth: Auth = Field(
        description="how the carrier knows us: we register, calls carry a password, or by our "
        "address"
    )
    user: SipUser | None = Field(
        default=None, description='the account\'s name; digits in quotes: "4930123456"'
    )
    secret: Secret | None = Field(default=None, description="where the account's password is kept")
    from_domain: Host | None = Field(
        default=None, description="what stands behind the @ of the From header; left out: the PBX's"
    )
    caller_id: CallerId = Field(
        default=CallerId.FROM,
        description="where the caller id goes: into From, or into P-Asserted-Identity, with the "
        "account's name in From",
    )
    codecs: Annotated[tuple[Codec, ...], Field(min_length=1)] = Field(
        default=(Codec.ALAW, Codec.ULAW), description="what may be spoken, the best first"
    )
    dtmf: Dtmf = Field(default=Dtmf.RFC4733, description="how keys are sent")
    srtp: bool = Field(
        default=False, description="encrypt the audio (SRTP with keys in SDP); needs transport tls"
    )
    addresses: tuple[Network, ...] = Field(
        default=(),
        description="Asterisk: the addresses that the carrier's calls come from; left out where "
        "auth is address: its host. On FreeSWITCH the SIP profile says who may call in",
    )
    context: Token | None = Field(
        default=None,
        description="your own context for calls that come in; left out: that of `lines`, so to "
        "their numbers alone, or none where the file has none",
    )
    ping: Seconds | None = Field(
        default=60,
        ge=5,
        le=3600,
        description="how often the carrier is asked for a sign of life (OPTIONS); null: never",
    )
