"""What each event of a FreeSWITCH does to a call, and what is told of it: a function for each.

None of them may rely on another having come before: an answer may be told before its channel's
creation, and an event may come twice. What has to be sent in answer is left in `orders`.
"""

import logging
import re
from collections.abc import Callable
from datetime import datetime

from connectors.calls import (
    AgentLegDown,
    Answered,
    Classified,
    Connected,
    Ended,
    EndReason,
    Party,
    Played,
    Progress,
    Ringing,
)
from connectors.freeswitch import chain, flow_hearing
from connectors.freeswitch.causes import end_reason, raw_cause, sip_answer
from connectors.freeswitch.event import Event as Heard
from connectors.freeswitch.held import Call, Held
from connectors.linked.channels import Kind
from connectors.linked.channels import uuid as uuid_of
from connectors.linked.hearing import leg_up, of_customer, pressed
from connectors.linked.held import Stage
from connectors.linked.translate import Events

log = logging.getLogger(__name__)

Handler = Callable[[Held, Call, Heard, datetime], Events]

DIALLED = re.compile(r"\}([\w/-]{1,100}) ", re.ASCII)


def rings(held: Held, call: Call, heard: Heard, now: datetime) -> Events:
    held.catch(call)
    if call.stage >= Stage.RINGING:
        return ()
    call.stage = Stage.RINGING
    return of_customer(call, Ringing(call.id, now))


def progress(held: Held, call: Call, heard: Heard, now: datetime) -> Events:
    held.catch(call)
    if call.stage >= Stage.PROGRESS:
        return ()
    call.stage = Stage.PROGRESS
    return of_customer(call, Progress(call.id, now))


def up(held: Held, call: Call, heard: Heard, now: datetime) -> Events:
    """Answered, but its originate has yet to see that: what is sent to it now may be lost."""
    held.catch(call)
    call.stage = max(call.stage, Stage.UP)
    return ()


def job(held: Held, call: Call, heard: Heard, now: datetime) -> Events:
    """What came of an originate.

    A failure ends nothing yet: with a channel behind it, the reason is in its hang-up. That an
    originate went well is told by its channel, too; but under a UUID that is taken FreeSWITCH
    dials all the same and gives the channel another one, which must not live on.
    """
    result, _, words = heard["_body"].strip().partition(" ")
    if result == "+OK":
        other = uuid_of(words)
        if other is not None and other != call.id:
            log.warning(
                "PBX '%s': %s; one is hung up",
                held.pbx,
                _twice(call, heard),
                extra={"node": held.pbx, "call": call.id},
            )
            held.hang_up(other)
    elif call.stage < Stage.UP:
        call.fail(words[:80] or "the PBX could not dial", now)
    return ()


def _twice(call: Call, heard: Heard) -> str:
    """Of two devices that answer to a directory user only one can have the id of the leg."""
    dialled = DIALLED.search(heard["Job-Command-Arg"])
    if call.kind is Kind.CALL or dialled is None:
        return f"call {call.id} was dialled twice"
    return (
        f"'{dialled[1]}' rings more than one device, and another one than the leg's has answered: "
        "let each agent's phone have one registration"
    )


def parked(held: Held, call: Call, heard: Heard, now: datetime) -> Events:
    """Alone, and ours to move: an answered call, an agent's leg, or one that was in a bridge."""
    if call.kind is Kind.AGENT:
        return leg_up(held, call, heard, now)
    left_alone(call)
    return answered(held, call, heard, now)


def answered(held: Held, call: Call, heard: Heard, now: datetime) -> Events:
    if call.kind is not Kind.CALL or call.stage is Stage.ANSWERED:
        return ()
    call.stage, call.ask_at = Stage.ANSWERED, None
    return (Answered(call.id, now),)


def arrived(held: Held, call: Call, heard: Heard, now: datetime) -> Events:
    """It is known already, from the list of channels."""
    return ()


def classified(held: Held, call: Call, heard: Heard, now: datetime) -> Events:
    """FreeSWITCH hears beeps, and nothing that would tell a person from a greeting."""
    if call.kind is not Kind.CALL or call.classified:
        return ()
    call.classified = True
    early = answered(held, call, heard, now)
    if heard.name == chain.BEEP:
        return (*early, Classified(call.id, now, Party.MACHINE, f"beep {heard['Frequency'][:6]}"))
    return (*early, Classified(call.id, now, Party.UNKNOWN, "no beep"))


def played(held: Held, call: Call, heard: Heard, now: datetime) -> Events:
    left_alone(call)
    if heard["Answer"] != "FILE PLAYED":
        log.warning(
            "PBX '%s': call %s did not hear the message %a (%a): its file belongs into the folder "
            "dialplane/ of the PBX's sounds",
            held.pbx,
            call.id,
            heard["Message"],
            heard["Answer"],
        )
    if heard["Then"] == "wait":
        return of_customer(call, Played(call.id, now))
    return ()


def bridged(held: Held, call: Call, heard: Heard, now: datetime) -> Events:
    """A bridge is told of once, under the id of either half."""
    ids = heard["Bridge-A-Unique-ID"], heard["Bridge-B-Unique-ID"]
    pair = [found for one in ids if (found := held.find(one)) is not None]
    customer = next((one for one in pair if one.kind is Kind.CALL), None)
    leg = next((one for one in pair if one.kind is Kind.AGENT), None)
    if customer is None or leg is None or (customer.joined and customer.leg == leg.id):
        return ()
    customer.leg, customer.joined, customer.flow = leg.id, True, ""
    return (Connected(customer.id, now, leg.id),)


def listens(held: Held, call: Call, heard: Heard, now: datetime) -> Events:
    """A supervisor is about to listen. Where the leg is gone, the channel ends by itself."""
    return leg_up(held, call, heard, now) if heard["There"] == "true" else ()


def digit(held: Held, call: Call, heard: Heard, now: datetime) -> Events:
    return pressed(call, heard["DTMF-Digit"], now)


def hung_up(held: Held, call: Call, heard: Heard, now: datetime) -> Events:
    unseen = heard["Caller-Channel-Answered-Time"] not in ("", "0")  # as while the link was away
    early = answered(held, call, heard, now) if unseen or call.stage is Stage.UP else ()
    early += flow_hearing.hung_up(held, call, heard, now)
    reason = end_reason(
        heard["Hangup-Cause"],
        sip_answer(heard),
        answered=call.stage is Stage.ANSWERED,
        cancelled=call.doomed,
        rung_out=call.rung_out(now),
        heard_of=call.stage > Stage.SENT,
    )
    return early + end(held, call, reason, raw_cause(heard), now, seen=True)


def end(
    held: Held, call: Call, reason: EndReason, cause: str, now: datetime, *, seen: bool = False
) -> Events:
    """The one end of a call or leg. `seen`: the PBX told of it; otherwise it is inferred."""
    held.end(call, seen=seen)
    if call.kind is Kind.CALL:
        return (Ended(call.id, now, reason, cause),)
    for other in held:
        if other.leg == call.id and other.kind is Kind.SPY:
            held.hang_up(other.id)
        elif other.leg == call.id and not other.joined:
            other.leg = None  # it was on its way, and stays as it was
    return (AgentLegDown(call.id, now, cause),)


def left_alone(call: Call) -> None:
    """It is in no bridge any more."""
    if call.joined:
        call.leg, call.joined = None, False


# Event -> what to do with it. The call is the one of its Unique-ID, of a job the one of its id.
HANDLERS: dict[str, Handler] = {
    "CHANNEL_PROGRESS": rings,
    "CHANNEL_PROGRESS_MEDIA": progress,
    "CHANNEL_ANSWER": up,
    "CHANNEL_PARK": parked,
    "CHANNEL_BRIDGE": bridged,
    "CHANNEL_HANGUP_COMPLETE": hung_up,
    "DTMF": digit,
    "BACKGROUND_JOB": job,
    chain.ARRIVED: arrived,
    chain.ANSWERED: answered,
    chain.CLASSIFIED: classified,
    chain.BEEP: classified,
    chain.PLAYED: played,
    chain.LISTENING: listens,
    chain.FLOW: flow_hearing.flow_told,
}

PLAIN = tuple(name for name in HANDLERS if name.isupper())
WANTED = f"{' '.join(PLAIN)} CUSTOM {' '.join(name for name in HANDLERS if name not in PLAIN)}"
"""What the event connection asks for; after CUSTOM every word is a subclass."""
