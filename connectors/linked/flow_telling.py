"""What flows tell in the same words on every PBX, as events of the vocabulary."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol, TypeAlias, TypeVar

from connectors.calls import Event
from connectors.flows import (
    FlowAnswered,
    FlowAsked,
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
    seconds,
    token,
    tokens,
    whole,
)
from connectors.linked.hearing import of_customer
from connectors.linked.held import Call
from connectors.linked.translate import Events

log = logging.getLogger(__name__)


class Named(Protocol):
    """What is known of the calls on a PBX, and its name."""

    pbx: str


H = TypeVar("H", bound=Named)
C = TypeVar("C", bound=Call)
T = TypeVar("T", bound=Told)
Tell: TypeAlias = Callable[[H, C, T, datetime], Event | None]
"""What is made of one `What`. Raises `Unreadable`."""
DAY, YEAR, EVER = 86_400, 31_622_400, 9_999_999_999  # seconds
LONGEST = 4_000  # characters that are sent to an endpoint; a field may be made of several variables
ANY = "any"
RECORDINGS = "dialplane-flows"  # a folder of the PBX's recording folder


def told(rows: Mapping[str, Tell[H, C, T]], held: H, call: C, message: T, now: datetime) -> Events:
    """What the row of its `What` makes of it; of what cannot be read, nothing."""
    try:
        event = rows.get(message["What"], unknown)(held, call, message, now)
    except Unreadable as header:
        unreadable(held.pbx, call, header)
        return ()
    return of_customer(call, event) if event is not None else ()


def answer(_: object, call: Call, message: Told, now: datetime) -> FlowAnswered:
    """A survey's question was answered."""
    text = packed(message["Answer"], "Answer")
    return FlowAnswered(call.id, now, token(message, "Flow"), token(message, "Question"), text)


def opt_out(_: object, call: Call, message: Told, now: datetime) -> FlowOptedOut:
    """The person does not want to be called again."""
    return FlowOptedOut(call.id, now)


def callback(_: object, call: Call, message: Told, now: datetime) -> FlowCallback:
    """The person wants to be called back."""
    after = whole(message, "After", YEAR) if message["After"] else None
    time = message["Time"]
    if time and not (len(time) == 4 and time < "2400" and whole(message, "Time", 2359) % 100 < 60):
        raise Unreadable("Time")
    return FlowCallback(call.id, now, after, time)


def wants_agent(call: Call, message: Told, now: datetime, wait: int) -> FlowWantsAgent | None:
    """The person waits for an agent, for so many seconds more."""
    team, skills = token(message, "Team"), tokens(message, "Skills")
    if wait < 1:
        return None
    return FlowWantsAgent(call.id, now, "" if team == ANY else team, skills, wait)


def asked(call: Call, message: Told, now: datetime) -> FlowAsked:
    """An endpoint is asked; what is sent is told elsewhere."""
    flow, step = token(message, "Flow"), token(message, "Step")
    endpoint, ticket = token(message, "Endpoint"), token(message, "Ticket")
    return FlowAsked(call.id, now, flow, step, endpoint, ticket, seconds(message, "Timeout"))


def ended(_: object, call: Call, message: Told, now: datetime) -> FlowEnded:
    """The call is out of its flow."""
    disposition = perhaps_token(message, "Disposition")
    try:
        return FlowEnded(call.id, now, FlowEnd(message["How"]), disposition)
    except ValueError:
        raise Unreadable("How") from None


def unknown(_: object, call: Call, message: Told, now: datetime) -> Event:
    """No row is there for it."""
    raise Unreadable("What")


def tape(message: Told) -> tuple[str, str, str]:
    """Of a recording its flow, its step, and its path in the recording folder."""
    flow, step, name = (token(message, header) for header in ("Flow", "Step", "Recording"))
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
