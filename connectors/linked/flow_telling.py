"""What flows tell in the same words on every PBX, as events of the vocabulary."""

import logging
from datetime import datetime

from connectors.flows import (
    FlowAnswered,
    FlowCallback,
    FlowEnd,
    FlowEnded,
    FlowOptedOut,
    FlowWantsAgent,
)
from connectors.linked.flow_words import (
    Told,
    Unreadable,
    packed,
    perhaps_token,
    token,
    tokens,
    whole,
)
from connectors.linked.held import Call

log = logging.getLogger(__name__)

DAY, YEAR = 86_400, 31_622_400  # seconds
ANY = "any"
RECORDINGS = "dialplane-flows"  # a folder of the PBX's recording folder


def answer(call: Call, told: Told, now: datetime) -> FlowAnswered:
    """A survey's question was answered."""
    text = packed(told["Answer"], "Answer")
    return FlowAnswered(call.id, now, token(told, "Flow"), token(told, "Question"), text)


def opt_out(call: Call, told: Told, now: datetime) -> FlowOptedOut:
    """The person does not want to be called again."""
    return FlowOptedOut(call.id, now)


def callback(call: Call, told: Told, now: datetime) -> FlowCallback:
    """The person wants to be called back."""
    after = whole(told, "After", YEAR) if told["After"] else None
    time = told["Time"]
    if time and not (len(time) == 4 and time < "2400" and whole(told, "Time", 2359) % 100 < 60):
        raise Unreadable("Time")
    return FlowCallback(call.id, now, after, time)


def wants_agent(call: Call, told: Told, now: datetime, wait: int) -> FlowWantsAgent | None:
    """The person waits for an agent, for so many seconds more."""
    team, skills = token(told, "Team"), tokens(told, "Skills")
    if wait < 1:
        return None
    return FlowWantsAgent(call.id, now, "" if team == ANY else team, skills, wait)


def ended(call: Call, told: Told, now: datetime) -> FlowEnded:
    """The call is out of its flow."""
    disposition = perhaps_token(told, "Disposition")
    try:
        return FlowEnded(call.id, now, FlowEnd(told["How"]), disposition)
    except ValueError:
        raise Unreadable("How") from None


def tape(told: Told) -> tuple[str, str, str]:
    """Of a recording its flow, its step, and its path in the recording folder."""
    flow, step, name = (token(told, header) for header in ("Flow", "Step", "Recording"))
    return flow, step, f"{RECORDINGS}/{flow}/{name}"


def unreadable(pbx: str, call: Call, header: Unreadable) -> None:
    """Whoever runs the PBX should look what sends such a thing."""
    warn(pbx, call, "what a flow told cannot be read (its %s) and is passed over", str(header))


def nothing_recorded(pbx: str, call: Call, flow: str, step: str) -> None:
    """A step that records has recorded nothing."""
    warn(pbx, call, "the flow '%s' recorded nothing in its step '%s'", flow, step)


def missing(pbx: str, call: Call, prompt: str, flow: str) -> None:
    """A prompt could not be played."""
    warn(
        pbx,
        call,
        "the prompt '%s' of the flow '%s' has no sound file, or one that cannot be played; it "
        "belongs into the folder dialplane/ of the PBX's sounds",
        prompt,
        flow,
    )


def warn(pbx: str, call: Call, sentence: str, *words: str) -> None:
    """Tell whoever runs the PBX of a call."""
    about = {"node": pbx, "call": call.id}
    log.warning(f"PBX '%s': call %s: {sentence}", pbx, call.id, *words, extra=about)
