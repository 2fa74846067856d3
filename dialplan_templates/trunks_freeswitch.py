"""A PBX file as files of a FreeSWITCH: gateways, users of the directory, event socket, records."""

from collections.abc import Mapping
from typing import Any

from campaigns.spec.errors import Loc
from dialplan_templates.pbx_file.pbx import PbxFile
from dialplan_templates.pbx_file.phone import Phone, PhoneTransport
from dialplan_templates.pbx_file.server import EventSocket, Records
from dialplan_templates.pbx_file.trunk import Auth, CallerId, Trunk
from dialplan_templates.pbx_file.words import Codec, Dtmf, is_ipv6, network
from dialplan_templates.trunks_asterisk import NOWHERE, PORTS, incoming, lines_of
from dialplan_templates.writer import fill

GATEWAY = "sip_profiles/external/dialplane.xml"
DIRECTORY = "directory/default/dialplane.xml"
EVENT_SOCKET = "autoload_configs/event_socket.conf.xml"
JSON_CDR = "autoload_configs/json_cdr.conf.xml"
LINES = "dialplan/dialplane-lines.xml"
PUBLIC = "dialplan/public/dialplane-lines.xml"
OWNED = ("sip_profiles/external/dialplane-*.xml", DIRECTORY, JSON_CDR, LINES, PUBLIC)
"""Not that of the event socket: without it, it opens with a password that everybody knows."""
CODECS = {
    Codec.ALAW: "PCMA", Codec.ULAW: "PCMU", Codec.G722: "G722",
    Codec.G729: "G729", Codec.GSM: "GSM", Codec.OPUS: "OPUS",
}  # fmt: skip
DTMF = {Dtmf.RFC4733: "rfc2833", Dtmf.INFO: "info", Dtmf.INBAND: "none"}
# What connectors.freeswitch subscribes to, and which commands it gives: tests hold them together.
EVENTS = (
    "CHANNEL_PROGRESS", "CHANNEL_PROGRESS_MEDIA", "CHANNEL_ANSWER", "CHANNEL_PARK",
    "CHANNEL_BRIDGE", "CHANNEL_HANGUP_COMPLETE", "DTMF", "BACKGROUND_JOB", "CUSTOM",
    "dialplane::arrived", "dialplane::answered", "dialplane::classified", "dialplane::played",
    "dialplane::listening", "dialplane::flow", "avmd::beep",
)  # fmt: skip
API = (
    "version", "module_exists", "sofia", "show", "originate", "expand", "uuid_bridge",
    "uuid_dump", "uuid_kill", "uuid_record", "uuid_setvar", "uuid_setvar_multi", "uuid_transfer",
)  # fmt: skip


def freeswitch_pbx_files(file: PbxFile, secrets: Mapping[Loc, str]) -> dict[str, str]:
    """The files, by their path below /etc/freeswitch. `secrets`: by the place that refers to each.

    Raises `places.Refused` for a value that no such file can hold.
    """
    made = {}
    for i, trunk in enumerate(file.trunks):
        values = _gateway(trunk, secrets.get(("trunks", i, "secret")), incoming(file))
        made[gateway_path(trunk.name)] = fill("freeswitch", GATEWAY, values)
    if file.phones or file.event_socket:
        made[DIRECTORY] = fill("freeswitch", DIRECTORY, _directory(file, secrets))
    if file.event_socket:
        made[EVENT_SOCKET] = fill("freeswitch", EVENT_SOCKET, _socket(file.event_socket, secrets))
    if file.records:
        made[JSON_CDR] = fill("freeswitch", JSON_CDR, _records(file.records, secrets))
    for path in (LINES, PUBLIC) if file.lines else ():
        made[path] = fill("freeswitch", path, lines_of(file))
    return made


def gateway_path(name: str) -> str:
    """Where the gateway of a trunk is."""
    return f"sip_profiles/external/dialplane-{name}.xml"


def _gateway(trunk: Trunk, secret: str | None, context: str) -> dict[str, Any]:
    return {
        "name": trunk.name,
        "host": trunk.host,
        "is_ipv6": is_ipv6(trunk.host),
        "port": trunk.port or PORTS[trunk.transport.value],
        "transport": trunk.transport.value,
        "registers": _yes(trunk.auth is Auth.REGISTRATION),
        "user": trunk.user,
        "secret": secret,
        "from_domain": trunk.from_domain,
        "caller_id_in_from": _yes(trunk.caller_id is CallerId.FROM),
        "pai": trunk.caller_id is CallerId.PAI,
        "ping": int(trunk.ping or 0),
        **_peer(trunk, context),
    }


def _directory(file: PbxFile, secrets: Mapping[Loc, str]) -> dict[str, Any]:
    phones = [
        {
            "name": phone.name,
            "secret": secrets[("phones", i, "secret")],
            "webrtc": phone.transport is PhoneTransport.WSS,
            **_peer(phone, NOWHERE),
        }
        for i, phone in enumerate(file.phones)
    ]
    return {"phones": phones, "event_socket": _esl_user(file.event_socket, secrets)}


def _peer(peer: Trunk | Phone, context: str) -> dict[str, Any]:
    return {
        "context": peer.context or context,
        "codecs": ",".join(CODECS[codec] for codec in peer.codecs),
        "dtmf": DTMF[peer.dtmf],
        "srtp": peer.srtp,
    }


def _esl_user(socket: EventSocket | None, secrets: Mapping[Loc, str]) -> dict[str, Any] | None:
    if socket is None:
        return None
    return {
        "user": socket.user,
        "secret": secrets[("event_socket", "secret")],
        "events": ",".join(EVENTS),
        "api": ",".join(API),
    }


def _socket(socket: EventSocket, secrets: Mapping[Loc, str]) -> dict[str, Any]:
    return {
        "listen": socket.listen,
        "port": socket.port,
        "password": secrets[("event_socket", "password")],
        "allow": ",".join(network(text).with_prefixlen for text in socket.allow),
    }


def _records(records: Records, secrets: Mapping[Loc, str]) -> dict[str, Any]:
    return {
        "url": records.url,
        "node": records.node,
        "password": secrets[("records", "password")],
        "errors": records.errors,
    }


def _yes(is_so: bool) -> str:
    return "true" if is_so else "false"
