"""What must hold between the parts of a PBX file, and what each kind of PBX can do."""

from collections.abc import Iterator
from enum import StrEnum
from itertools import combinations
from typing import TypeAlias

from campaigns.spec.errors import Finding, Loc, shown
from dialplan_templates.pbx_file.pbx import PbxFile
from dialplan_templates.pbx_file.phone import Phone, PhoneTransport
from dialplan_templates.pbx_file.server import Protocol, Transport
from dialplan_templates.pbx_file.trunk import Auth, Trunk, TrunkTransport
from dialplan_templates.pbx_file.words import is_ipv6, network


class Kind(StrEnum):
    ASTERISK = "asterisk"
    FREESWITCH = "freeswitch"


RESERVED = frozenset({"anonymous", "global", "system", "default", "general", "all"})
"""Names that a PBX reads for something else; `anonymous` would be whoever calls."""
OURS = "dialplane"
ONLY = {Kind.ASTERISK: ("event_socket",), Kind.FREESWITCH: ("transports",)}
"""Parts that only the other kind of PBX has."""
Found: TypeAlias = Iterator[Finding]


def findings(file: PbxFile, kind: Kind | None) -> Found:
    """Every check's findings; without a kind those that hold for both."""
    for check in CHECKS:
        yield from check(file)
    for part in ONLY[kind] if kind else ():
        if getattr(file, part):
            message = f"expected nothing here for {kind.value if kind else ''} (got a part)"
            yield Finding((part,), message, "leave it out", at_key=True)


def _something(file: PbxFile) -> Found:
    if not any(getattr(file, part) for part in type(file).model_fields):
        message = "expected trunks, phones or another part (got none)"
        yield Finding(("trunks",), message, "the carriers' lines")


def _names(file: PbxFile) -> Found:
    seen: dict[str, str] = {}
    for loc, name in _named(file):
        if name.lower() in RESERVED:
            message = f"expected a name of your own (got {shown(name)})"
            yield Finding(loc, message, "a PBX reads it as something else")
        elif name in seen:
            message = f"expected a name that nothing else has (got {shown(name)} twice)"
            yield Finding(loc, message, f"it is the name of {seen[name]}")
        seen.setdefault(name, f"{loc[0]}[{loc[1]}]" if len(loc) > 2 else str(loc[0]))


def _named(file: PbxFile) -> Iterator[tuple[Loc, str]]:
    for i, trunk in enumerate(file.trunks):
        yield ("trunks", i, "name"), trunk.name
    for i, phone in enumerate(file.phones):
        yield ("phones", i, "name"), phone.name
    if file.event_socket:
        yield ("event_socket", "user"), file.event_socket.user


def _peers(file: PbxFile) -> Iterator[tuple[Loc, Trunk | Phone]]:
    yield from ((("trunks", i), trunk) for i, trunk in enumerate(file.trunks))
    yield from ((("phones", i), phone) for i, phone in enumerate(file.phones))


def _contexts(file: PbxFile) -> Found:
    for loc, peer in _peers(file):
        if peer.context is not None and peer.context.lower().startswith(OURS):
            message = f"expected a context of your own (got {shown(peer.context)})"
            hint = f"those that begin with '{OURS}' are for calls that Dialplane places"
            yield Finding((*loc, "context"), message, hint)


def _accounts(file: PbxFile) -> Found:
    for i, trunk in enumerate(file.trunks):
        keys = ("user", "secret")
        for key in keys if trunk.auth is not Auth.ADDRESS else ():
            if getattr(trunk, key) is None:
                message = f"expected this key with auth {trunk.auth.value} (got nothing)"
                yield Finding(("trunks", i, key), message, at_key=True)
        if trunk.auth is Auth.ADDRESS and trunk.secret is not None:
            message = "expected no secret with auth address (got one)"
            yield Finding(("trunks", i, "secret"), message, "auth: password", at_key=True)
        if trunk.caller_id.value == "pai" and trunk.user is None:
            message = "expected this key with caller_id pai (got nothing)"
            yield Finding(("trunks", i, "user"), message, "From needs a name", at_key=True)


def _audio(file: PbxFile) -> Found:
    for loc, peer in _peers(file):
        if peer.srtp and peer.transport not in (TrunkTransport.TLS, PhoneTransport.TLS):
            message = f"expected transport tls with srtp (got {peer.transport.value})"
            hint = "over wss audio is always encrypted; leave srtp out"
            if peer.transport is not PhoneTransport.WSS:
                hint = "over the others the key of the audio can be read"
            yield Finding((*loc, "srtp"), message, hint)


def _callers(file: PbxFile) -> Found:
    """Whose calls come from an address must be certain."""
    every = [
        (("trunks", i, "addresses", k), trunk.name, network(text))
        for i, trunk in enumerate(file.trunks)
        for k, text in enumerate(trunk.addresses)
    ]
    for (_, first, one), (loc, second, other) in combinations(every, 2):
        if first != second and one.version == other.version and one.overlaps(other):
            message = f"expected addresses of this trunk alone (got {shown(str(other))})"
            yield Finding(loc, message, f"calls from there are already those of '{first}'")


def _transports(file: PbxFile) -> Found:
    for i, transport in enumerate(file.transports):
        before = [t.protocol for t in file.transports[:i]]
        if transport.protocol in before:
            message = f"expected one transport {transport.protocol.value} (got a second one)"
            yield Finding(("transports", i, "protocol"), message, "remove one")
        yield from _keys_of(transport, ("transports", i))


def _keys_of(transport: Transport, loc: Loc) -> Found:
    secured = transport.protocol in (Protocol.TLS, Protocol.WSS)
    for key in ("certificate", "key"):
        if (getattr(transport, key) is not None) is not secured:
            wanted = "this key" if secured else "no such key"
            message = f"expected {wanted} with protocol {transport.protocol.value}"
            yield Finding((*loc, key), message, at_key=True)
    if transport.local and transport.external is None:
        yield Finding((*loc, "local"), "expected `external` beside it (got nothing)", at_key=True)


def _esl(file: PbxFile) -> Found:
    socket = file.event_socket
    for i, text in enumerate(socket.allow) if socket else ():
        if socket and is_ipv6(text) is not is_ipv6(socket.listen):
            message = f"expected addresses of the kind of `listen`, {socket.listen} (got {text})"
            yield Finding(("event_socket", "allow", i), message)


def _lines(file: PbxFile) -> Found:
    seen: set[str] = set()
    for i, each in enumerate(file.lines):
        if each.number in seen:
            message = f"expected each number once (got {shown(each.number)} again)"
            yield Finding(("lines", i, "number"), message, "its callers wait on one line")
        seen.add(each.number)


CHECKS = (
    _something, _names, _contexts, _accounts, _audio, _callers, _lines, _transports, _esl,
)  # fmt: skip
