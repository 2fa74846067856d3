"""What a PBX holds: which channels are ours, and what `uuid_dump` tells of one.

A call that came in is ours by its account, which names its line. Its id is FreeSWITCH's own: a UUID
of random bits, the same for whoever asks, in which no caller has a say. Only a SIP profile with the
setting `inbound-use-callid-as-uuid` takes it from the caller; then a call could bear the id of any
other, and such a call is not ours.
"""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import orjson

from connectors.calls import TOKEN, LiveCall, Phase
from connectors.freeswitch.actions import TAPE, TARGET
from connectors.freeswitch.event import Event
from connectors.freeswitch.flows import FLOW
from connectors.incoming import caller, line_of
from connectors.linked import channels
from connectors.linked.channels import KINDS, Kind, uuid

FLOW_KEEPS = ("dialplane_kept", "dialplane_waits")
GONE = ("CS_HANGUP", "CS_REPORTING", "CS_DESTROY")


@dataclass(frozen=True, slots=True)
class Channel(channels.Channel):
    """`tape`: the path of the recording that was begun on it and not stopped. `tells`: a flow has
    kept something on it."""

    tape: str = ""
    tells: bool = False


def listed(text: str) -> set[UUID]:
    """The channels that `show channels as json` lists and that may be ours.

    Ours bear one of our accounts. So does the far half of a loopback, which has an id of its own.
    """
    rows = _json(text).get("rows", [])
    ours = (row for row in rows if isinstance(row, dict) and _is_ours(row))
    return {found for row in ours if (found := uuid(row.get("uuid"))) is not None}


def channel_data(text: str) -> Event:
    """What an answer to `uuid_dump` describes; nothing where there is no such channel."""
    return Event(_json(text))


def channel(text: str, *, plus: bool = False) -> Channel | None:
    """The channel that an answer to `uuid_dump` describes; None if there is none of ours.

    `plus`: the trunks write E.164 with its `+`.
    """
    told = channel_data(text)
    came_in = arrival(told, plus=plus)
    kind = Kind.CALL if came_in else KINDS.get(told["variable_accountcode"])
    call_id = uuid(told["Unique-ID"])
    if kind is None or call_id is None or told["Channel-State"] in GONE:
        return None
    leg, live = _leg(kind, told), came_in or LiveCall(call_id, _phase(told, kind))
    if kind is Kind.CALL and leg is not None and live.phase is not Phase.RINGING:
        live = replace(live, phase=Phase.CONNECTED, leg_id=leg)
    elif kind is Kind.CALL:
        live = replace(live, flow=_flow(told))
    tells = any(told[f"variable_{name}"] for name in FLOW_KEEPS)
    return Channel(kind, live, leg, told[f"variable_{TAPE}"], tells)


def arrival(told: Event, *, plus: bool = False) -> LiveCall | None:
    """The call that came in on one of our lines, as it waits; None for any other channel."""
    call_id, line = uuid(told["Unique-ID"]), line_of(told["variable_accountcode"])
    if call_id is None or not line or named_by_caller(told):
        return None
    who = caller(told["Caller-Caller-ID-Number"], plus=plus)
    return LiveCall(call_id, Phase.ARRIVED, None, line, who)


def _flow(told: Event) -> str:
    """The flow that the channel goes through; empty: none."""
    name = told[f"variable_{FLOW}"]
    return name if TOKEN.fullmatch(name) else ""


def named_by_caller(told: Event) -> bool:
    """Whether the caller has chosen the channel's UUID."""
    return told["variable_sip_call_id"] == told["Unique-ID"]


def _is_ours(row: dict[str, Any]) -> bool:
    """Whether a channel of the list is, by its account."""
    account, name = str(row.get("accountcode")), str(row.get("name"))
    is_far_half = name.startswith("loopback/") and not name.endswith("-a")
    return bool(line_of(account)) or (account in KINDS and not is_far_half)


def _leg(kind: Kind, told: Event) -> UUID | None:
    """The leg that the channel is bridged with now, or that it was rung to listen to."""
    if kind is Kind.AGENT:
        return None
    return uuid(told["variable_signal_bond" if kind is Kind.CALL else f"variable_{TARGET}"])


def _phase(told: Event, kind: Kind) -> Phase:
    if told["Answer-State"] != "answered":
        return Phase.RINGING
    return Phase.ANSWERED if kind is Kind.CALL else Phase.AGENT_LEG


def _json(text: str) -> dict[str, Any]:
    """What a JSON object holds; nothing for any other answer."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
