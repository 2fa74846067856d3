"""What a PBX holds: which channels are ours, and what `uuid_dump` tells of one."""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Any
from uuid import UUID

import orjson

from connectors.calls import LiveCall, Phase
from connectors.freeswitch.actions import AGENT_ACCOUNT, CALL_ACCOUNT, SPY_ACCOUNT, TAPE, TARGET

UUID_TEXT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
GONE = ("CS_HANGUP", "CS_REPORTING", "CS_DESTROY")


class Kind(Enum):
    CALL = "call"
    AGENT = "agent"
    SPY = "spy"


KINDS = {CALL_ACCOUNT: Kind.CALL, AGENT_ACCOUNT: Kind.AGENT, SPY_ACCOUNT: Kind.SPY}


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel of ours, and what it is for. `leg`: the agent's leg it is with, or listens to.

    `tape`: the path of the recording that was begun on it and not stopped.
    """

    kind: Kind
    live: LiveCall
    leg: UUID | None = None
    tape: str = ""


def listed(text: str) -> set[UUID]:
    """The channels that `show channels as json` lists and that may be ours.

    Ours bear one of our accounts. So does the far half of a loopback, which has an id of its own.
    """
    rows = _json(text).get("rows", [])
    return {
        found
        for row in rows
        if isinstance(row, dict) and row.get("accountcode") in KINDS
        if not str(row.get("name")).startswith("loopback/") or str(row.get("name")).endswith("-a")
        if (found := uuid(row.get("uuid"))) is not None
    }


def channel(text: str) -> Channel | None:
    """The channel that an answer to `uuid_dump` describes; None if there is none of ours."""
    told = {key: value for key, value in _json(text).items() if isinstance(value, str)}
    kind = KINDS.get(told.get("variable_accountcode", ""))
    call_id = uuid(told.get("Unique-ID"))
    if kind is None or call_id is None or told.get("Channel-State") in GONE:
        return None
    leg = _leg(kind, told)
    shown = leg if kind is Kind.CALL else None
    live = LiveCall(call_id, _phase(told, kind, shown), shown)
    return Channel(kind, live, leg, told.get(f"variable_{TAPE}", ""))


def uuid(text: object) -> UUID | None:
    """The UUID that a text is, in the form that is ours."""
    return UUID(text) if isinstance(text, str) and UUID_TEXT.fullmatch(text) else None


def _leg(kind: Kind, told: dict[str, str]) -> UUID | None:
    """The leg that the channel is bridged with now, or that it was rung to listen to."""
    if kind is Kind.AGENT:
        return None
    return uuid(told.get("variable_signal_bond" if kind is Kind.CALL else f"variable_{TARGET}"))


def _phase(told: dict[str, str], kind: Kind, leg_id: UUID | None) -> Phase:
    if told.get("Answer-State") != "answered":
        return Phase.RINGING
    if kind is not Kind.CALL:
        return Phase.AGENT_LEG
    return Phase.CONNECTED if leg_id else Phase.ANSWERED


def _json(text: str) -> dict[str, Any]:
    """What a JSON object holds; nothing for any other answer."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
