"""What an event does to a call, and what is told of it, where that is the same on every PBX."""

from datetime import datetime

from connectors.calls import AgentLegUp, Digits, Event
from connectors.linked.channels import Kind
from connectors.linked.held import Call, Stage
from connectors.linked.translate import Events

KEYS = frozenset("0123456789*#ABCD")


def leg_up(_held: object, call: Call, _heard: object, now: datetime) -> Events:
    """An agent's leg is there, or a supervisor's."""
    if call.kind is Kind.CALL or call.stage is Stage.ANSWERED:
        return ()
    call.stage, call.ask_at = Stage.ANSWERED, None
    return (AgentLegUp(call.id, now),)


def pressed(call: Call, key: str, now: datetime) -> Events:
    """A key, or whatever else the PBX has taken for one."""
    return of_customer(call, Digits(call.id, now, key)) if key in KEYS else ()


def of_customer(call: Call, event: Event) -> Events:
    """Of a leg only its beginning and its end are told."""
    return (event,) if call.kind is Kind.CALL else ()
