"""An agent's phone, as both PBXs can have it. It is one device: a second one takes its place."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from campaigns.spec.types import Token
from dialplan_templates.pbx_file.words import Codec, Dtmf, PbxPart, Secret


class PhoneTransport(StrEnum):
    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"
    WSS = "wss"  # a browser: WebRTC


class Phone(PbxPart):
    """An agent's phone."""

    name: Token = Field(description="the phone's name, and the user that it registers as")
    secret: Secret = Field(description="where its password is kept")
    transport: PhoneTransport = Field(
        default=PhoneTransport.UDP, description="how it speaks SIP; wss: WebRTC, in a browser"
    )
    codecs: Annotated[tuple[Codec, ...], Field(min_length=1)] = Field(
        default=(Codec.ALAW, Codec.ULAW), description="what may be spoken, the best first"
    )
    dtmf: Dtmf = Field(default=Dtmf.RFC4733, description="how it sends keys")
    srtp: bool = Field(
        default=False,
        description="encrypt the audio (SRTP with keys in SDP); needs transport tls. Over wss it "
        "always is (DTLS)",
    )
    context: Token | None = Field(
        default=None, description="your own context for calls that it makes; left out: it may not"
    )
