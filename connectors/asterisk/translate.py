"""AMI events as events of the vocabulary: one `Translator` for each PBX.

Theory. A call is known from its originate (`told`), or from the channels that a PBX lists
(`reconcile`), until the one event that ends it; what is about no known call is dropped unread.
The PBX gives no order between the kinds of its events, so each only moves a call forward:

    sent -> progress -> ringing -> up -> answered

- `Answered` comes from the dialplan and not from the channel: from then on it can be redirected.
- `Ended` comes from Hangup. An originate that fails tells so in OriginateResponse, with or
  without a channel, before or after its Hangup; so that alone ends nothing. It makes the call
  overdue, like one that nothing was heard of, and what the PBX then holds decides (`settle`).
- An end that nobody saw (`PBX_LOST`) is final. Should the call turn out to live, it is hung up.

Whatever has to be sent because of an event is left in `orders`.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from connectors.asterisk import actions
from connectors.asterisk.causes import end_reason, raw_cause
from connectors.asterisk.channels import Channel, Kind, conference_leg
from connectors.asterisk.codec import Action, Message
from connectors.asterisk.held import MARGIN, Call, Held, Stage
from connectors.calls import (
    AgentLegDown,
    AgentLegUp,
    Answered,
    Classified,
    Command,
    Connected,
    ConnectToAgent,
    Digits,
    Ended,
    EndReason,
    Event,
    HangUp,
    Monitor,
    Originate,
    Party,
    Played,
    PlayMessage,
    Progress,
    RingAgent,
    Ringing,
    StartRecording,
)

log = logging.getLogger(__name__)

PARTIES = {"HUMAN": Party.HUMAN, "MACHINE": Party.MACHINE, "NOTSURE": Party.UNKNOWN}
RINGING, UP = "5", "6"  # ChannelState
FAILURE_WAIT = timedelta(seconds=1)  # for the Hangup of an originate that has failed
BIRTH_WAIT = timedelta(seconds=0.2)  # for the channel of an originate that was hung up at once
KEYS = frozenset("0123456789*#ABCD")
UNSEEN = "not on the PBX when the link came back"

Events = tuple[Event, ...]


class Translator:
    """The calls and legs of one PBX. Pure: no socket, and the time is told to it."""

    def __init__(self, name: str = "") -> None:
        self.orders: list[Action] = []
        self._name = name
        self._held = Held()

    def told(self, command: Command, now: datetime) -> None:
        """A command is being sent."""
        match command:
            case Originate():
                self._held.place(command.call_id, Kind.CALL, command.ring_seconds, now)
            case RingAgent():
                self._held.place(command.leg_id, Kind.AGENT, command.ring_seconds, now)
            case Monitor():
                self._held.place(command.leg_id, Kind.SPY, actions.SPY_RINGS, now)
            case HangUp() | ConnectToAgent() | PlayMessage() | StartRecording():
                self._told_about(command, self._held.find(command.call_id))

    def event(self, message: Message, now: datetime) -> Events:
        """What an AMI event, or the refusal of an action, means."""
        handler = HANDLERS.get(message.event)
        if handler is not None:
            call = self._held.find(message[handler[0]])
            if call is not None:
                return handler[1](self, call, message, now)
            self._lay_ghost(message[handler[0]], message.event)
        elif message.is_response:
            return self._response(message, now)
        return ()

    def overdue(self, now: datetime) -> bool:
        """Whether the PBX should be asked which calls it holds: see `settle`."""
        return any(call.ask_at is not None and call.ask_at <= now for call in self._held)

    def settle(self, live: Iterable[Channel], now: datetime) -> Events:
        """End the overdue calls that are not `live`."""
        alive = {channel.live.call_id for channel in live}
        ended: Events = ()
        for call in self._held:
            if call.ask_at is None or call.ask_at > now:
                continue
            if call.id in alive:
                call.failure, call.ask_at = "", now + MARGIN
                self._catch(call)
            elif call.missed and not call.failure and now < call.deadline:
                call.ask_at = now + BIRTH_WAIT  # its channel is still being made
            else:
                ended += self._end(call, _unheard(call), _words(call), now)
        return ended

    def reconcile(self, live: Iterable[Channel], now: datetime) -> Events:
        """After a gap: know what is `live`, and end whatever else was thought to be."""
        alive = {channel.live.call_id: channel for channel in live}
        ended: Events = ()
        for call in self._held:
            if call.id not in alive:
                ended += self._end(call, EndReason.PBX_LOST, UNSEEN, now)
        for channel in alive.values():
            if not self._held.has_ended(channel.live.call_id):
                self._held.adopt(channel, now)
            self._lay_ghost(channel.live.call_id, "")
        return ended

    def __len__(self) -> int:
        return len(self._held)

    def _told_about(self, command: Command, call: Call | None) -> None:
        if call is None:
            return
        match command:
            case HangUp():
                call.doomed = True
            case ConnectToAgent():
                call.leg, call.joined = command.leg_id, False
            case PlayMessage():
                call.leg, call.joined = None, False
            case StartRecording() if call.leg is not None:
                # The dialplan starts the tape; a call in a conference passes through it again.
                self.orders.append(actions.connect(call.id, call.leg))

    def _response(self, message: Message, now: datetime) -> Events:
        verb, _, call_id = message["ActionID"].partition(":")
        call = self._held.find(call_id)
        if call is None or message["Response"] != "Error":
            return ()
        if verb == "originate":
            return self._end(call, EndReason.REFUSED, message["Message"], now, seen=True)
        if verb == "hangup" and call.stage is Stage.SENT:
            call.missed, call.ask_at = True, now + BIRTH_WAIT
        return ()

    def _new_state(self, call: Call, message: Message, now: datetime) -> Events:
        self._catch(call)
        state = message["ChannelState"]
        if state == UP:
            call.stage = max(call.stage, Stage.UP)
        elif state == RINGING and call.stage < Stage.RINGING:
            call.stage = Stage.RINGING
            return self._of_call(call, Ringing(call.id, now))
        return ()

    def _dial_state(self, call: Call, message: Message, now: datetime) -> Events:
        self._catch(call)
        if message["DialStatus"] == "RINGING" or call.stage >= Stage.PROGRESS:
            return ()
        call.stage = Stage.PROGRESS
        return self._of_call(call, Progress(call.id, now))

    def _originated(self, call: Call, message: Message, now: datetime) -> Events:
        if message["Response"] == "Failure" and call.stage < Stage.UP:
            call.failure = f"the PBX could not dial {message['Channel']}"
            call.ask_at = now + FAILURE_WAIT
        return ()

    def _user_event(self, call: Call, message: Message, now: datetime) -> Events:
        handler = USER_EVENTS.get(message["UserEvent"])
        return handler(self, call, message, now) if handler else ()

    def _answered(self, call: Call, _: Message, now: datetime) -> Events:
        if call.stage is Stage.ANSWERED:
            return ()
        call.stage, call.ask_at = Stage.ANSWERED, None
        return self._of_call(call, Answered(call.id, now))

    def _classified(self, call: Call, message: Message, now: datetime) -> Events:
        party = PARTIES.get(message["Status"])
        if party is None:  # HANGUP: the called party is gone, which Hangup tells
            return ()
        return self._of_call(call, Classified(call.id, now, party, message["Cause"]))

    def _played(self, call: Call, message: Message, now: datetime) -> Events:
        if message["Status"] != "SUCCESS":
            log.warning(
                "PBX '%s': call %s did not hear the message %a: its file belongs into the folder "
                "dialplane/ of the PBX's sounds",
                self._name,
                call.id,
                message["Message"],
            )
        elif message["Then"] == "wait":
            return self._of_call(call, Played(call.id, now))
        return ()

    def _joined(self, call: Call, message: Message, now: datetime) -> Events:
        leg = conference_leg(message["Conference"])
        if call.kind is Kind.AGENT:
            return self._leg_up(call, message, now) if leg == call.id else ()
        if call.kind is not Kind.CALL or leg is None or (call.joined and call.leg == leg):
            return ()
        if self._held.has_ended(leg):  # it went while the call was on its way
            self.orders.append(actions.hold(call.id))
            return ()
        call.leg, call.joined = leg, True
        return (Connected(call.id, now, leg),)

    def _leg_up(self, call: Call, _: Message, now: datetime) -> Events:
        if call.kind is Kind.CALL or call.stage is Stage.ANSWERED:
            return ()
        call.stage, call.ask_at = Stage.ANSWERED, None
        return (AgentLegUp(call.id, now),)

    def _digit(self, call: Call, message: Message, now: datetime) -> Events:
        if message["Direction"] != "Received" or message["Digit"] not in KEYS:
            return ()
        return self._of_call(call, Digits(call.id, now, message["Digit"]))

    def _hung_up(self, call: Call, message: Message, now: datetime) -> Events:
        early = self._answered(call, message, now) if call.stage is Stage.UP else ()
        reason = end_reason(
            message,
            answered=call.stage is Stage.ANSWERED,
            cancelled=call.doomed,
            unheard_of=call.stage is Stage.SENT and call.rung_out(now),
        )
        return early + self._end(call, reason, raw_cause(message), now, seen=True)

    def _of_call(self, call: Call, event: Event) -> Events:
        """Events of a customer's call; of a leg only its beginning and end are told."""
        return (event,) if call.kind is Kind.CALL else ()

    def _end(
        self, call: Call, reason: EndReason, cause: str, now: datetime, *, seen: bool = False
    ) -> Events:
        self._held.end(call, seen=seen)
        if call.kind is Kind.CALL:
            return (Ended(call.id, now, reason, cause),)
        for other in self._held:
            if other.joined and other.leg == call.id:
                self.orders.append(actions.hang_up(other.id))
        return (AgentLegDown(call.id, now, cause),)

    def _catch(self, call: Call) -> None:
        """Hang up a channel that was not there yet when it was to be hung up."""
        if call.missed:
            call.missed = False
            self.orders.append(actions.hang_up(call.id))

    def _lay_ghost(self, call_id: object, event: str) -> None:
        if event != "Hangup" and self._held.is_ghost(call_id):
            self.orders.append(actions.hang_up(UUID(str(call_id))))


def _unheard(call: Call) -> EndReason:
    """Why a call ended that the PBX does not hold and that no Hangup was seen of."""
    if call.stage >= Stage.UP:
        return EndReason.HUNG_UP
    if call.doomed:
        return EndReason.CANCELLED
    return EndReason.REFUSED if call.failure else EndReason.FAILED


def _words(call: Call) -> str:
    return call.failure or "the PBX does not hold it and told no cause"


Handler = Callable[[Translator, Call, Message, datetime], Events]

# Event -> the header that names our channel, and what to do with it.
HANDLERS: dict[str, tuple[str, Handler]] = {
    "Newstate": ("Uniqueid", Translator._new_state),
    "DialState": ("DestUniqueid", Translator._dial_state),
    "OriginateResponse": ("Uniqueid", Translator._originated),
    "UserEvent": ("Uniqueid", Translator._user_event),
    "ConfbridgeJoin": ("Uniqueid", Translator._joined),
    "DTMFEnd": ("Uniqueid", Translator._digit),
    "Hangup": ("Uniqueid", Translator._hung_up),
}

USER_EVENTS: dict[str, Handler] = {
    "DialplaneAnswered": Translator._answered,
    "DialplaneClassified": Translator._classified,
    "DialplanePlayed": Translator._played,
    "DialplaneListening": Translator._leg_up,
}
