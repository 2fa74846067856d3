"""What the PBX answers to actions about flows: values read from a channel, and refusals.

What a flow has told stays on the channel, should the link have been away: `DIALPLANE_KEPT` is the
number of lines, `DIALPLANE_KEPT.1` the first of them, `DIALPLANE_WAITS` the one of a person who
waits for an agent. A line is a `What` and its headers, with colons between (`KEPT`).
"""

import logging
from collections.abc import Callable
from datetime import datetime

from connectors.asterisk import flows
from connectors.asterisk.asking import Asking
from connectors.asterisk.channels import flow_of
from connectors.asterisk.codec import Message
from connectors.asterisk.flow_hearing import flow_told, unsaid
from connectors.asterisk.held import Call, Held
from connectors.calls import LiveCall
from connectors.flows import FlowAsked, FlowSays
from connectors.linked import flow_telling as telling
from connectors.linked.flow_words import Unreadable, whole
from connectors.linked.hearing import of_customer
from connectors.linked.translate import Events

log = logging.getLogger(__name__)

GONE = ("Channel does not exist", "Redirect failed, channel not up")
COUNT, WAITS = "DIALPLANE_KEPT", "DIALPLANE_WAITS"
MOST_KEPT = 200
KEPT: dict[str, tuple[str, ...]] = {
    "answer": ("Flow", "Step", "Question", "Answer"),
    "opt_out": ("Flow", "Step"),
    "callback": ("Flow", "Step", "Time", "After"),
    "recording": ("Flow", "Step", "Recording", "Status"),
    "agent": ("Flow", "Step", "Team", "Skills", "Until"),
}


def look_back(held: Held, live: LiveCall) -> None:
    """Read what a flow has kept on this call's channel. Who waits, waits in the flow."""
    names = (COUNT, WAITS) if live.flow else (COUNT,)
    held.orders += [flows.read(flows.KEPT, live.call_id, name) for name in names]


def read_sent(held: Held, call: Call, message: Message, ticket: str, now: datetime) -> Events:
    """One more field of what is sent to an endpoint."""
    asking = _asking(call, FlowAsked, ticket)
    return _read(held, call, message, asking, flows.SENT) if asking is not None else ()


def read_said(held: Held, call: Call, message: Message, ticket: str, now: datetime) -> Events:
    """One more value of what a text is to be said with. One that cannot be read is waited for by
    nobody."""
    asking = _asking(call, FlowSays, ticket)
    if asking is None:
        return ()
    told = _read(held, call, message, asking, flows.SAYS)
    if call.asking is None and not told:
        unsaid(held, call, ticket)
    return told


def _asking(call: Call, kind: type[FlowAsked | FlowSays], ticket: str) -> Asking | None:
    """What the call asks with now, if that is what an answer with this ticket is for."""
    asking = call.asking
    if asking is None or not isinstance(asking.event, kind) or asking.event.ticket != ticket:
        return None
    return asking


def _read(held: Held, call: Call, message: Message, asking: Asking, verb: str) -> Events:
    try:
        more = asking.hear(message["Variable"], message["Value"])
    except Unreadable as header:
        call.asking = None
        telling.unreadable(held.pbx, call, header)
        return ()
    if more:
        held.orders.append(flows.read(verb, call.id, more, asking.event.ticket))
    if (event := asking.whole) is None:
        return ()
    call.asking = None
    return of_customer(call, event)


def read_kept(held: Held, call: Call, message: Message, _: str, now: datetime) -> Events:
    """How many lines there are, or one of them."""
    if not message["Value"]:
        return ()
    if message["Variable"] != COUNT:
        return _line(held, call, message["Value"], now)
    try:
        lines = range(1, 1 + whole(message, "Value", MOST_KEPT))
    except Unreadable as header:
        telling.unreadable(held.pbx, call, header)
        return ()
    held.orders += [flows.read(flows.KEPT, call.id, f"{COUNT}.{nth}") for nth in lines]
    return ()


def _line(held: Held, call: Call, line: str, now: datetime) -> Events:
    what, *values = line.split(":")
    headers = zip(KEPT.get(what, ()), values, strict=False)
    told = [("What", what if what in KEPT else ""), *headers]
    text = "\r\n".join(f"{header}: {value}" for header, value in told)
    return flow_told(held, call, Message(text.encode()), now)


def not_entered(held: Held, call: Call, why: str) -> None:
    """The PBX does not let the call into its flow. It must not wait there for nothing."""
    if not why.startswith(GONE):
        _not_there(held, call)
        held.hang_up(call.id)


def hung_up(held: Held, call: Call, message: Message) -> None:
    """An Asterisk lets a call go where nothing is, and ends it there. In a flow that is there, it
    would have told something."""
    if call.flow and not call.flow_heard and flow_of(message) == call.flow:
        _not_there(held, call)


def _not_there(held: Held, call: Call) -> None:
    call.flow_heard = True
    log.warning(
        "PBX '%s' does not have the flow '%s', so call %s ends: render the flow (`dialplane "
        "dialplan render`), copy its files beside extensions.d/dialplane.conf, and `dialplan "
        "reload`",
        held.pbx,
        call.flow,
        call.id,
        extra={"node": held.pbx, "call": call.id},
    )


Read = Callable[[Held, Call, Message, str, datetime], Events]
READ: dict[str, Read] = {flows.SENT: read_sent, flows.SAYS: read_said, flows.KEPT: read_kept}
"""By the verb of the action that asked."""
