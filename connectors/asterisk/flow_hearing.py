"""What the dialplan of a flow tells, as events of the vocabulary: a row for each `What`.

What cannot be read is dropped, with a warning that repeats nothing of it.
"""

import logging
from collections.abc import Callable
from datetime import datetime

from connectors.asterisk import flows
from connectors.asterisk.asking import Asking
from connectors.asterisk.codec import Message
from connectors.asterisk.held import Call, Held
from connectors.calls import Event
from connectors.flows import (
    FlowAnswered,
    FlowAsked,
    FlowCallback,
    FlowEnd,
    FlowEnded,
    FlowLeft,
    FlowOptedOut,
    FlowRecorded,
    FlowSays,
    FlowWantsAgent,
    SayFlow,
)
from connectors.linked.flow_words import (
    Unreadable,
    keys,
    packed,
    perhaps_token,
    seconds,
    token,
    tokens,
    way,
    whole,
)
from connectors.linked.hearing import of_customer
from connectors.linked.translate import Events

log = logging.getLogger(__name__)

DAY, YEAR = 86_400, 31_622_400  # seconds
ANY = "any"
RECORDINGS = "dialplane-flows"  # a folder of the PBX's recording folder
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
    log.warning(
        "PBX '%s': what a flow told of call %s cannot be read (its %s) and is passed over",
        held.pbx,
        call.id,
        header,
        extra={"node": held.pbx, "call": call.id},
    )


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
    answer = packed(message["Answer"], "Answer")
    return FlowAnswered(call.id, now, token(message, "Flow"), token(message, "Question"), answer)


def _opt_out(held: Held, call: Call, message: Message, now: datetime) -> Event:
    return FlowOptedOut(call.id, now)


def _callback(held: Held, call: Call, message: Message, now: datetime) -> Event:
    after = whole(message, "After", YEAR) if message["After"] else None
    time = message["Time"]
    if time and not (len(time) == 4 and time < "2400" and whole(message, "Time", 2359) % 100 < 60):
        raise Unreadable("Time")
    return FlowCallback(call.id, now, after, time)


def _agent(held: Held, call: Call, message: Message, now: datetime) -> Event | None:
    team, skills = token(message, "Team"), tokens(message, "Skills")
    if message["Until"]:  # kept: by the PBX's clock
        wait = whole(message, "Until", most=9_999_999_999) - int(now.timestamp())
    else:
        wait = whole(message, "Wait", DAY)
    if wait < 1:
        return None
    return FlowWantsAgent(call.id, now, "" if team == ANY else team, skills, wait)


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
        _warn(
            held,
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
    flow, step, tape = (token(message, name) for name in ("Flow", "Step", "Recording"))
    if message["Status"] in HAS_RECORDED:
        return FlowRecorded(call.id, now, flow, step, f"{RECORDINGS}/{flow}/{tape}")
    _warn(held, call, "the flow '%s' recorded nothing in its step '%s'", flow, step)
    return None


def _missing(held: Held, call: Call, message: Message, now: datetime) -> None:
    _warn(
        held,
        call,
        "the prompt '%s' of the flow '%s' has no sound file, or one that cannot be played; it "
        "belongs into the folder dialplane/ of the PBX's sounds",
        token(message, "Prompt"),
        token(message, "Flow"),
    )


def _ended(held: Held, call: Call, message: Message, now: datetime) -> Event:
    disposition = perhaps_token(message, "Disposition")
    try:
        return FlowEnded(call.id, now, FlowEnd(message["How"]), disposition)
    except ValueError:
        raise Unreadable("How") from None


def _unknown(held: Held, call: Call, message: Message, now: datetime) -> Event:
    raise Unreadable("What")


def _warn(held: Held, call: Call, sentence: str, *words: str) -> None:
    about = {"node": held.pbx, "call": call.id}
    log.warning(f"PBX '%s': call %s: {sentence}", held.pbx, call.id, *words, extra=about)


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
