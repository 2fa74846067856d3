"""What of a PBX itself is said in a PBX file: where it listens, who may control it, its records."""

from enum import StrEnum

from pydantic import Field

from campaigns.spec.types import Token
from dialplan_templates.pbx_file.words import (
    Address,
    FilePath,
    Host,
    Network,
    PbxPart,
    Port,
    Secret,
    SiteUrl,
)


class Protocol(StrEnum):
    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"
    WSS = "wss"


class Transport(PbxPart):
    """Where an Asterisk listens for SIP."""

    protocol: Protocol = Field(description="one transport each; wss is Asterisk's own web server")
    bind: Address = Field(description="the address to listen on")
    port: Port | None = Field(
        default=None, description="left out: 5060, with tls 5061, with wss 8089"
    )
    certificate: FilePath | None = Field(
        default=None, description="tls and wss: the certificate, with those that it rests on"
    )
    key: FilePath | None = Field(default=None, description="tls and wss: its private key")
    external: Host | None = Field(
        default=None, description="behind NAT: the name or address that others know us by"
    )
    local: tuple[Network, ...] = Field(
        default=(), description="with external: networks that know us by our own address"
    )


class EventSocket(PbxPart):
    """How a FreeSWITCH is controlled: its own password, and a user that may do what we need."""

    listen: Address = Field(default="127.0.0.1", description="the address to listen on")
    port: Port = Field(default=8021, description="the port to listen on")
    allow: tuple[Network, ...] = Field(
        default=("127.0.0.0/8",),
        min_length=1,
        max_length=16,
        description="who may connect at all; of the same kind (IPv4, IPv6) as `listen`",
    )
    password: Secret = Field(
        description="where the password is kept that may do everything: for fs_cli, not for us"
    )
    user: Token = Field(default="dialplane", description="the user that Dialplane logs in as")
    domain: Host = Field(
        description="the directory's domain, as `fs_cli -x 'eval $${domain}'` says"
    )
    secret: Secret = Field(description="where that user's password is kept")


class Records(PbxPart):
    """Records of calls, for results that were only inferred."""

    url: SiteUrl = Field(
        default="http://127.0.0.1:8470", description="FreeSWITCH: where 'dialplane serve' is"
    )
    node: Token = Field(default="main", description="the PBX's name in the settings")
    password: Secret = Field(description="where the password of the settings' [hooks] is kept")
    errors: FilePath = Field(
        default="/var/log/freeswitch/json_cdr_errors",
        description="FreeSWITCH: the folder for records that nobody took",
    )
