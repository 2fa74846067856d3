"""What each AMI event does to a call, and what is told of it: a function for each event.

None of them may rely on another having come before: Asterisk gives no order between the kinds
of its events, and an event may come twice. What has to be sent in answer is left in `orders`.
"""

import logging
from collections.abc import Callable
from datetime import datetime

from connectors.asterisk import actions, flow_reading
from connectors.asterisk.causes import end_reason, raw_cause
from connectors.asterisk.channels import conference_leg
from connectors.asterisk.codec import Message
from connectors.asterisk.flow_hearing import flow_told
from connectors.asterisk.held import Call, Held
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
from connectors.linked.channels import Kind
from connectors.linked.hearing import leg_up, of_customer, pressed
from connectors.linked.held import Stage
from connectors.linked.translate import Events

log = logging.getLogger(__name__)

Handler = Callable[[Held, Call, Message, datetime], Events]

PARTIES = {"HUMAN": Party.HUMAN, "MACHINE": Party.MACHINE, "NOTSURE": Party.UNKNOWN}
RINGING, UP = "5", "6"  # ChannelState


def new_state(held: Held, call: Call, message: Message, now: datetime) -> Events:
    held.catch(call)
    state = message["ChannelState"]
    if state == UP:
        call.stage = max(call.stage, Stage.UP)
    elif state == RINGING and call.stage < Stage.RINGING:
        call.stage = Stage.RINGING
        return of_customer(call, Ringing(call.id, now))
    return ()


def dial_state(held: Held, call: Call, message: Message, now: datetime) -> Events:
    held.catch(call)
    if message["DialStatus"] == "RINGING" or call.stage >= Stage.PROGRESS:
        return ()
    call.stage = Stage.PROGRESS
    return of_customer(call, Progress(call.id, now))


def originated(held: Held, call: Call, message: Message, now: datetime) -> Events:
    """A failure ends nothing yet: with a channel behind it, the reason is in its Hangup.

    That comes without fail where there was a channel, if late on a PBX with much to do.
    """
    if message["Response"] == "Failure" and call.stage < Stage.UP:
        call.fail(f"the PBX could not dial {message['Channel']}", now)
    return ()


def user_event(held: Held, call: Call, message: Message, now: datetime) -> Events:
    handler = USER_EVENTS.get(message["UserEvent"])
    return handler(held, call, message, now) if handler else ()


def answered(held: Held, call: Call, message: Message, now: datetime) -> Events:
    if call.stage is Stage.ANSWERED:
        return ()
    call.stage, call.ask_at = Stage.ANSWERED, None
    return of_customer(call, Answered(call.id, now))


def classified(held: Held, call: Call, message: Message, now: datetime) -> Events:
    party = PARTIES.get(message["Status"])
    if party is None:  # HANGUP: the called party is gone, which Hangup tells
        return ()
    return of_customer(call, Classified(call.id, now, party, message["Cause"]))


def played(held: Held, call: Call, message: Message, now: datetime) -> Events:
    if message["Status"] != "SUCCESS":
        log.warning(
            "PBX '%s': call %s did not hear the message %a: its file belongs into the folder "
            "dialplane/ of the PBX's sounds",
            held.pbx,
            call.id,
            message["Message"],
            extra={"node": held.pbx, "call": call.id},
        )
    if message["Then"] == "wait":
        return of_customer(call, Played(call.id, now))
    return ()


def joined(held: Held, call: Call, message: Message, now: datetime) -> Events:
    leg = conference_leg(message["Conference"])
    if call.kind is Kind.AGENT:
        return leg_up(held, call, message, now) if leg == call.id else ()
    if call.kind is Kind.SPY:
        return barged(held, call, message, now)
    if leg is None or (call.joined and call.leg == leg):
        return ()
    if held.has_ended(leg):  # it went while the call was on its way
        if call.sent:
            held.orders.append(actions.hold(call.id))
        return ()
    call.leg, call.joined, call.ask_at = leg, True, None
    return (Connected(call.id, now, leg),)


def barged(held: Held, call: Call, message: Message, now: datetime) -> Events:
    """A supervisor is in a conference. One that the agent has left would be theirs for ever."""
    call.leg, call.joined = conference_leg(message["Conference"]) or call.leg, True
    if held.has_ended(call.leg):
        held.hang_up(call.id)
        return ()
    return leg_up(held, call, message, now)


def digit(held: Held, call: Call, message: Message, now: datetime) -> Events:
    return pressed(call, message["Digit"], now) if message["Direction"] == "Received" else ()


def hung_up(held: Held, call: Call, message: Message, now: datetime) -> Events:
    flow_reading.hung_up(held, call, message)
    unseen = message["ChannelState"] == UP  # its answer was, as while the link was away
    early = answered(held, call, message, now) if unseen or call.stage is Stage.UP else ()
    reason = end_reason(
        message,
        answered=call.stage is Stage.ANSWERED,
        cancelled=call.doomed,
        rung_out=call.rung_out(now),
        heard_of=call.stage > Stage.SENT,
    )
    return early + end(held, call, reason, raw_cause(message), now, seen=True)


def end(
    held: Held, call: Call, reason: EndReason, cause: str, now: datetime, *, seen: bool = False
) -> Events:
    """The one end of a call or leg. `seen`: the PBX told of it; otherwise it is inferred."""
    held.end(call, seen=seen)
    if call.kind is Kind.CALL:
        return (Ended(call.id, now, reason, cause),)
    for other in held:
        if goes_with(other, call):
            held.hang_up(other.id)
    return (AgentLegDown(call.id, now, cause),)


def goes_with(other: Call, leg: Call) -> bool:
    """Whether `other` ends with an agent's leg.

    A customer whom another connector has put there it may have sent on since, unheard by us; the
    dialplan sees to those.
    """
    return other.leg == leg.id and (other.kind is Kind.SPY or (other.joined and other.sent))


# Event -> the header that names our channel, and what to do with it.
HANDLERS: dict[str, tuple[str, Handler]] = {
    "Newstate": ("Uniqueid", new_state),
    "DialState": ("DestUniqueid", dial_state),
    "OriginateResponse": ("Uniqueid", originated),
    "UserEvent": ("Uniqueid", user_event),
    "ConfbridgeJoin": ("Uniqueid", joined),
    "DTMFEnd": ("Uniqueid", digit),
    "Hangup": ("Uniqueid", hung_up),
}

USER_EVENTS: dict[str, Handler] = {
    "DialplaneAnswered": answered,
    "DialplaneClassified": classified,
    "DialplanePlayed": played,
    "DialplaneListening": leg_up,
    "DialplaneFlow": flow_told,
}
