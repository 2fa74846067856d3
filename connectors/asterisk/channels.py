"""What a PBX holds: a line of CoreShowChannels as one of our calls or legs."""

import re
from dataclasses import dataclass
from uuid import UUID

from connectors.asterisk.arrivals import Naming
from connectors.asterisk.codec import Message
from connectors.calls import TOKEN, LiveCall, Phase
from connectors.incoming import line_of
from connectors.linked import channels
from connectors.linked.channels import KINDS, Kind, uuid

UP = "6"  # ChannelState
FLOW = re.compile(rf"dialplane-(?:call|flow)-({TOKEN.pattern})", re.ASCII)
UUID_HEX = re.compile(r"[0-9a-f]{32}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Channel(channels.Channel):
    """`name`: its unique id on the PBX, where that is not the call's own id."""

    name: str = ""


NOBODYS = Naming()


def channel(message: Message, naming: Naming = NOBODYS) -> Channel | None:
    """The channel that a CoreShowChannel event describes; None if it is not one of ours.

    Ours are those that bear one of our accounts and a UUID as their unique id: Asterisk's own
    ids are like `1700000000.17`, and other programs on the same PBX may use UUIDs, too. And those
    that came in on a line of ours, whatever their unique id.
    """
    account = message["AccountCode"]
    if line := line_of(account):
        return _arrived(message, line, naming)
    kind, call_id = KINDS.get(account), uuid(message["Uniqueid"])
    if kind is None or call_id is None:
        return None
    leg = None if kind is Kind.AGENT else joined_leg(message)
    shown = leg if kind is Kind.CALL else None
    live = LiveCall(call_id, _phase(message, kind, shown), shown, flow=flow_of(message))
    return Channel(kind, live, leg)


def _arrived(message: Message, line: str, naming: Naming) -> Channel | None:
    name = message["Uniqueid"]
    call_id = naming.call_id(name)
    if call_id is None:
        return None
    leg, caller = joined_leg(message), naming.caller(message["CallerIDNum"])
    phase = Phase.CONNECTED if leg else Phase.ARRIVED
    live = LiveCall(call_id, phase, leg, line, caller, flow_of(message))
    return Channel(Kind.CALL, live, leg, name)


def conference_leg(conference: str) -> UUID | None:
    """The agent's leg that a conference is named after."""
    return UUID(conference) if UUID_HEX.fullmatch(conference) else None


def joined_leg(message: Message) -> UUID | None:
    """The leg whose conference the channel is in, or that it listens to."""
    named = message["ApplicationData"].partition(",")[0]
    if message["Application"] == "ChanSpy":
        return uuid(named)
    return conference_leg(named) if message["Application"] == "ConfBridge" else None


def flow_of(message: Message) -> str:
    """The flow whose dialplan the channel goes through; empty: none."""
    found = FLOW.fullmatch(message["Context"])
    return found[1] if found else ""


def _phase(message: Message, kind: Kind, leg_id: UUID | None) -> Phase:
    if message["ChannelState"] != UP:
        return Phase.RINGING
    if kind is not Kind.CALL:
        return Phase.AGENT_LEG
    return Phase.CONNECTED if leg_id else Phase.ANSWERED
