"""What the dialplan of a flow tells, as events of the vocabulary: a row for each `What`.

How a call came out of its flow is told by nobody but its hang-up, which bears all that the flow has
written down on the channel: so it is heard whoever has hung up. What cannot be read is dropped,
with a warning that repeats nothing of it.
"""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from connectors.calls import CallEvent
from connectors.flows import (
    FlowAsked,
    FlowEnd,
    FlowLeft,
    FlowRecorded,
    FlowSays,
    SayFlow,
)
from connectors.freeswitch import flows
from connectors.freeswitch.event import Event as Heard
from connectors.freeswitch.held import Call, Held
from connectors.linked import flow_telling as telling
from connectors.linked.flow_words import (
    MOST_KEYS,
    Told,
    Unreadable,
    keys,
    packed,
    seconds,
    token,
    tokens,
    way,
    whole,
)
from connectors.linked.translate import Events

log = logging.getLogger(__name__)

HEARD = frozenset({"FILE PLAYED", "success", "timeout", "failure"})
"""What `playback` and `read` say of a prompt that was heard."""
WITHOUT_STEP = frozenset({FlowEnd.RETURNED})
"""How a call comes out of a flow whose last step has told itself how it was left."""


def flow_told(held: Held, call: Call, heard: Heard, now: datetime) -> Events:
    """A flow has told something."""
    return telling.told(TOLD, held, call, heard, now)


def hung_up(held: Held, call: Call, heard: Heard, now: datetime) -> Events:
    """The call has ended in its flow."""
    if not call.flow:
        return ()
    if not heard[f"variable_{flows.FLOW}"]:
        _not_there(held, call)
        return ()
    try:
        return tuple(_out_of_flow(held, call, heard, now))
    except Unreadable as header:
        telling.unreadable(held.pbx, call, header)
        return ()


def look_back(held: Held, call: Call, channel: Heard, now: datetime) -> Events:
    """What a flow has kept on the call's channel. Who waits, waits in the flow."""
    lines = channel["variable_dialplane_kept"].split("|")[1:]
    if not channel["variable_signal_bond"]:
        lines.append(channel["variable_dialplane_waits"])
    told: Events = ()
    for line in filter(None, lines):
        what, *values = line.split(":")
        headers = dict(zip(KEPT.get(what, ()), values, strict=False))
        told += flow_told(held, call, Heard({"What": what if what in KEPT else "", **headers}), now)
    return told


def not_entered(held: Held, call: Call) -> None:
    """The PBX does not let the call into its flow. It must not wait there for nothing."""
    _not_there(held, call)
    call.flow = ""
    held.hang_up(call.id)


def _out_of_flow(held: Held, call: Call, heard: Heard, now: datetime) -> Iterator[CallEvent]:
    flow, step = heard[f"variable_{flows.FLOW}"], heard["variable_dialplane_step"]
    how = heard["variable_dialplane_ended"] or FlowEnd.HUNG_UP.value
    if tape := heard["variable_dialplane_says"]:
        told = {"Flow": flow, "Step": step, "Recording": tape, "Ms": heard["variable_record_ms"]}
        if (recorded := _recording(held, call, Heard(told), now)) is not None:
            yield recorded
    names = Heard({"Flow": flow, "Step": step, "How": how, "Way": how})
    if step and how not in WITHOUT_STEP:
        yield FlowLeft(call.id, now, token(names, "Flow"), token(names, "Step"), way(names))
    disposition = heard["variable_dialplane_disposition"]
    yield telling.ended(held, call, Heard({"How": how, "Disposition": disposition}), now)


def _left(held: Held, call: Call, heard: Heard, now: datetime) -> FlowLeft:
    flow, step, pressed = token(heard, "Flow"), token(heard, "Step"), None
    if heard["Keys"] == "shown":
        pressed = keys(heard, "Pressed")
    elif heard["Keys"] == "hidden":
        pressed = "*" * len(heard["variable_dialplane_keys"][:MOST_KEYS])
    if heard["Prompt"]:
        _played(held, call, heard, now)
    return FlowLeft(call.id, now, flow, step, way(heard), pressed)


def _played(held: Held, call: Call, heard: Heard, _: datetime) -> None:
    if heard["Played"] not in HEARD:
        telling.missing(held.pbx, call, token(heard, "Prompt"), token(heard, "Flow"))


def _agent(held: Held, call: Call, heard: Heard, now: datetime) -> CallEvent | None:
    wait = whole(heard, "Wait", telling.DAY)
    if heard["Since"]:  # kept: by the PBX's clock
        wait -= max(0, int(now.timestamp()) - whole(heard, "Since", telling.EVER))
    return telling.wants_agent(call, heard, now, wait)


def _webhook(held: Held, call: Call, heard: Heard, now: datetime) -> FlowAsked:
    """What is sent lies on the channel, which every event describes."""
    event = telling.asked(call, heard, now)
    return replace(event, sent={name: _sent(heard, name) for name in tokens(heard, "Fields")})


def _sent(heard: Told, name: str) -> str:
    return packed(heard[f"variable_dialplane_send.{name}"], "Fields", telling.LONGEST)


def _says(held: Held, call: Call, heard: Heard, now: datetime) -> FlowSays | None:
    """So do the values of a text. One that cannot be read is waited for by nobody."""
    flow, step, prompt, ticket = (token(heard, n) for n in ("Flow", "Step", "Prompt", "Ticket"))
    try:
        names = tokens(heard, "Fields")
        values = {n: packed(heard[f"variable_dialplane.{flow}.{n}"], "Fields") for n in names}
        timeout = seconds(heard, "Timeout")
    except Unreadable:
        held.orders += flows.say(SayFlow(call.id, ticket), None)
        raise
    return FlowSays(call.id, now, flow, step, prompt, ticket, timeout, values)


def _recording(held: Held, call: Call, heard: Heard, now: datetime) -> FlowRecorded | None:
    flow, step, path = telling.tape(heard)
    if heard["Ms"] and whole(heard, "Ms", telling.EVER):
        return FlowRecorded(call.id, now, flow, step, path)
    telling.nothing_recorded(held.pbx, call, flow, step)
    return None


def _not_there(held: Held, call: Call) -> None:
    log.warning(
        "PBX '%s' does not have the flow '%s', so call %s ends: render the flow (`dialplane "
        "dialplan render`), copy its files into the folder dialplan/ of its configuration, and "
        "`reloadxml`",
        held.pbx,
        call.flow,
        call.id,
        extra={"node": held.pbx, "call": call.id},
    )


TOLD: dict[str, telling.Tell[Held, Call, Heard]] = {
    "left": _left,
    "answer": telling.answer,
    "opt_out": telling.opt_out,
    "callback": telling.callback,
    "agent": _agent,
    "webhook": _webhook,
    "say": _says,
    "recording": _recording,
    "played": _played,
}
KEPT: dict[str, tuple[str, ...]] = {
    "answer": ("Flow", "Step", "Question", "Answer"),
    "opt_out": ("Flow", "Step"),
    "callback": ("Flow", "Step", "Time", "After"),
    "recording": ("Flow", "Step", "Recording", "Ms"),
    "agent": ("Flow", "Step", "Team", "Skills", "Wait", "Since"),
}
"""What a line holds that a flow has kept: a `What`, then these, with colons between."""
