"""What the dialplan of a flow tells, as events of the vocabulary: a row for each `What`.

What cannot be read is dropped, with a warning that repeats nothing of it.
"""

from datetime import datetime

from connectors.asterisk import flows
from connectors.asterisk.asking import Asking
from connectors.asterisk.codec import Message
from connectors.asterisk.held import Call, Held
from connectors.calls import Event
from connectors.flows import (
    FlowLeft,
    FlowRecorded,
    FlowSays,
    SayFlow,
)
from connectors.linked import flow_telling as telling
from connectors.linked.flow_words import (
    keys,
    seconds,
    token,
    tokens,
    way,
    whole,
)
from connectors.linked.translate import Events

HAS_RECORDED = frozenset({"DTMF", "SILENCE", "TIMEOUT", "HANGUP"})


def flow_told(held: Held, call: Call, message: Message, now: datetime) -> Events:
    """A flow has told something: a UserEvent, or a line that it has kept."""
    call.flow_heard = True
    return telling.told(TOLD, held, call, message, now)


def _left(held: Held, call: Call, message: Message, now: datetime) -> Event | None:
    if not message["Step"]:  # gone before the first step
        return None
    told = message.headers
    pressed = keys(message, "Pressed") if "Pressed" in told else None
    if "Hidden" in told:
        pressed = "*" * whole(message, "Hidden", most=64)
    flow, step = token(message, "Flow"), token(message, "Step")
    return FlowLeft(call.id, now, flow, step, way(message), pressed)


def _agent(held: Held, call: Call, message: Message, now: datetime) -> Event | None:
    if message["Until"]:  # kept: by the PBX's clock
        wait = whole(message, "Until", most=telling.EVER) - int(now.timestamp())
    else:
        wait = whole(message, "Wait", telling.DAY)
    return telling.wants_agent(call, message, now, wait)


def _webhook(held: Held, call: Call, message: Message, now: datetime) -> Event | None:
    """Told when what is sent has been read, see `flow_reading`."""
    event = telling.asked(call, message, now)
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


TOLD: dict[str, telling.Tell[Held, Call, Message]] = {
    "left": _left,
    "answer": telling.answer,
    "opt_out": telling.opt_out,
    "callback": telling.callback,
    "agent": _agent,
    "webhook": _webhook,
    "say": _says,
    "recording": _recording,
    "missing": _missing,
    "ended": telling.ended,
}
