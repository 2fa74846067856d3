"""A PBX file as files of an Asterisk: pjsip.d, and http.d and cdr.d where they are asked for."""

from collections.abc import Mapping
from typing import Any

from campaigns.spec.errors import Loc
from dialplan_templates.pbx_file.pbx import PbxFile
from dialplan_templates.pbx_file.phone import Phone, PhoneTransport
from dialplan_templates.pbx_file.server import Protocol, Transport
from dialplan_templates.pbx_file.trunk import Auth, CallerId, Trunk, TrunkTransport
from dialplan_templates.pbx_file.words import is_ipv6
from dialplan_templates.writer import fill

PJSIP = "pjsip.d/dialplane.conf"
HTTP = "http.d/dialplane.conf"
CDR = "cdr.d/dialplane.conf"
LINES = "extensions.d/dialplane-lines.conf"
OWNED = (PJSIP, HTTP, CDR, LINES)
NOWHERE = "dialplane-nowhere"
"""A context that is nowhere: whoever calls in there is refused."""
TO_LINES = "dialplane-lines"
"""The context of the numbers that are lines."""
PORTS = {"udp": 5060, "tcp": 5060, "tls": 5061, "wss": 8089}


def asterisk_pbx_files(file: PbxFile, secrets: Mapping[Loc, str]) -> dict[str, str]:
    """The files, by their path below /etc/asterisk. `secrets`: by the place that refers to each.

    Raises `places.Refused` for a value that no such file can hold.
    """
    peers = {
        "transports": [_transport(each) for each in file.transports],
        "trunks": [
            _trunk(trunk, secrets.get(("trunks", i, "secret")), incoming(file))
            for i, trunk in enumerate(file.trunks)
        ],
        "phones": [
            _phone(phone, secrets[("phones", i, "secret")]) for i, phone in enumerate(file.phones)
        ],
    }
    made = {PJSIP: fill("asterisk", PJSIP, peers)} if any(peers.values()) else {}
    for transport in file.transports:
        if transport.protocol is Protocol.WSS:
            made[HTTP] = fill("asterisk", HTTP, _transport(transport))
    if file.records is not None:
        made[CDR] = fill("asterisk", CDR, {})
    if file.lines:
        made[LINES] = fill("asterisk", LINES, lines_of(file))
    return made


def incoming(file: PbxFile) -> str:
    """The context of a trunk that has none of its own."""
    return TO_LINES if file.lines else NOWHERE


def lines_of(file: PbxFile) -> dict[str, Any]:
    """What the templates of lines see."""
    lines = [{"number": each.number, "line": each.line} for each in file.lines]
    return {"context": TO_LINES, "lines": lines}


def _transport(transport: Transport) -> dict[str, Any]:
    protocol = transport.protocol.value
    return {
        "name": f"dialplane-{protocol}",
        "protocol": protocol,
        "bind": transport.bind,
        "is_ipv6": is_ipv6(transport.bind),
        "port": transport.port or PORTS[protocol],
        "external": transport.external,
        "local": transport.local,
        "certificate": transport.certificate,
        "key": transport.key,
        "is_tls": transport.protocol is Protocol.TLS,
    }


def _trunk(trunk: Trunk, secret: str | None, context: str) -> dict[str, Any]:
    pai = trunk.caller_id is CallerId.PAI
    return {
        **_peer(trunk, context),
        "host": trunk.host,
        "is_ipv6": is_ipv6(trunk.host),
        "port": trunk.port or PORTS[trunk.transport.value],
        "transport": trunk.transport.value,
        "registers": trunk.auth is Auth.REGISTRATION,
        "user": trunk.user,
        "secret": secret,
        "from_user": trunk.user if pai else None,
        "from_domain": trunk.from_domain,
        "pai": pai,
        "ping": int(trunk.ping or 0),
        "addresses": trunk.addresses,
        "by_host": trunk.auth is Auth.ADDRESS and not trunk.addresses,
    }


def _phone(phone: Phone, secret: str) -> dict[str, Any]:
    webrtc = phone.transport is PhoneTransport.WSS
    return {**_peer(phone, NOWHERE), "secret": secret, "webrtc": webrtc}


def _peer(peer: Trunk | Phone, context: str) -> dict[str, Any]:
    return {
        "name": peer.name,
        "context": peer.context or context,
        "codecs": ",".join(codec.value for codec in peer.codecs),
        "dtmf": peer.dtmf.value,
        "srtp": peer.srtp and peer.transport in (TrunkTransport.TLS, PhoneTransport.TLS),
    }
