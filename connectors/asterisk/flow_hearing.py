"""What the dialplan of a flow tells, as events of the vocabulary: a row for each `What`.

What cannot be read is dropped, with a warning that repeats nothing of it.
"""

from collections.abc import Callable
from datetime import datetime

from connectors.asterisk import flows
from connectors.asterisk.asking import Asking
from connectors.asterisk.codec import Message
from connectors.asterisk.held import Call, Held
from connectors.calls import Event
from connectors.flows import (
    FlowAsked,
    FlowLeft,
    FlowRecorded,
    FlowSays,
    SayFlow,
)
from connectors.linked import flow_telling as telling
from connectors.linked.flow_words import (
    Unreadable,
    keys,
    seconds,
    token,
    tokens,
    way,
    whole,
)
from connectors.linked.hearing import of_customer
from connectors.linked.translate import Events

HAS_RECORDED = frozenset({"DTMF", "SILENCE", "TIMEOUT", "HANGUP"})


def flow_told(held: Held, call: Call, message: Message, now: datetime) -> Events:
    """A flow has told something: a UserEvent, or a line that it has kept."""
    call.flow_heard = True
    try:
        event = TOLD.get(message["What"], _unknown)(held, call, message, now)
    except Unreadable as header:
        unreadable(held, call, header)
        return ()
    return of_customer(call, event) if event is not None else ()


def unreadable(held: Held, call: Call, header: Unreadable) -> None:
    """Whoever runs the PBX should look what sends such a thing."""
    telling.unreadable(held.pbx, call, header)


def _left(held: Held, call: Call, message: Message, now: datetime) -> Event | None:
    if not message["Step"]:  # gone before the first step
        return None
    told = message.headers
    pressed = keys(message, "Pressed") if "Pressed" in told else None
    if "Hidden" in told:
        pressed = "*" * whole(message, "Hidden", most=64)
    flow, step = token(message, "Flow"), token(message, "Step")
    return FlowLeft(call.id, now, flow, step, way(message), pressed)


def _answer(held: Held, call: Call, message: Message, now: datetime) -> Event:
    return telling.answer(call, message, now)


def _opt_out(held: Held, call: Call, message: Message, now: datetime) -> Event:
    return telling.opt_out(call, message, now)


def _callback(held: Held, call: Call, message: Message, now: datetime) -> Event:
    return telling.callback(call, message, now)


def _agent(held: Held, call: Call, message: Message, now: datetime) -> Event | None:
    if message["Until"]:  # kept: by the PBX's clock
        wait = whole(message, "Until", most=9_999_999_999) - int(now.timestamp())
    else:
        wait = whole(message, "Wait", telling.DAY)
    return telling.wants_agent(call, message, now, wait)


def _webhook(held: Held, call: Call, message: Message, now: datetime) -> Event | None:
    """Told when what is sent has been read, see `flow_reading`."""
    flow, step = token(message, "Flow"), token(message, "Step")
    endpoint, ticket = token(message, "Endpoint"), token(message, "Ticket")
    event = FlowAsked(call.id, now, flow, step, endpoint, ticket, seconds(message, "Timeout"))
    return _ask_for(held, call, Asking(event, tokens(message, "Fields")))


def _says(held: Held, call: Call, message: Message, now: datetime) -> Event | None:
    """Told when the values have been read, see `flow_reading`."""
    flow, step, prompt, ticket = (token(message, n) for n in ("Flow", "Step", "Prompt", "Ticket"))
    if "Fields" not in message.headers:
        telling.warn(
            held.pbx,
            call,
            "the flow '%s' was rendered by an earlier Dialplane, and its prompt '%s' is heard "
            "without its variables; render and install the flow again",
            flow,
            prompt,
        )
        unsaid(held, call, ticket)
        return None
    event = FlowSays(call.id, now, flow, step, prompt, ticket, seconds(message, "Timeout"))
    return _ask_for(held, call, Asking(event, tokens(message, "Fields")))


def _ask_for(held: Held, call: Call, asking: Asking) -> Event | None:
    """Have the values read; told at once where there are none."""
    verb = flows.SAYS if isinstance(asking.event, FlowSays) else flows.SENT
    call.asking, ticket = asking, asking.event.ticket
    held.orders += [flows.read(verb, call.id, name, ticket) for name in asking.first]
    return asking.whole


def unsaid(held: Held, call: Call, ticket: str) -> None:
    """Nobody can say it: the call need not wait."""
    held.orders += flows.say(SayFlow(call.id, ticket), None)


def _recording(held: Held, call: Call, message: Message, now: datetime) -> Event | None:
    flow, step, path = telling.tape(message)
    if message["Status"] in HAS_RECORDED:
        return FlowRecorded(call.id, now, flow, step, path)
    telling.nothing_recorded(held.pbx, call, flow, step)
    return None


def _missing(held: Held, call: Call, message: Message, now: datetime) -> None:
    telling.missing(held.pbx, call, token(message, "Prompt"), token(message, "Flow"))


def _ended(held: Held, call: Call, message: Message, now: datetime) -> Event:
    return telling.ended(call, message, now)


def _unknown(held: Held, call: Call, message: Message, now: datetime) -> Event:
    raise Unreadable("What")


Tell = Callable[[Held, Call, Message, datetime], Event | None]
TOLD: dict[str, Tell] = {
    "left": _left,
    "answer": _answer,
    "opt_out": _opt_out,
    "callback": _callback,
    "agent": _agent,
    "webhook": _webhook,
    "say": _says,
    "recording": _recording,
    "missing": _missing,
    "ended": _ended,
}
