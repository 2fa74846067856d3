"""AMI events as events of the vocabulary: one `Translator` for each PBX.

Theory. A call is known from its originate (`told`) or its arrival, or from the channels that a
PBX lists (`reconcile`), until the one event that ends it; what is about no known call is dropped
unread. The PBX gives no order between the kinds of its events, so each only moves a call on:

    sent -> progress -> ringing -> up -> answered

- `Arrived` comes from the dialplan, too, as it puts a caller on hold. Such a call is known from
  then on, and by Asterisk's name for it: `addressed` puts that into what is sent.
- `Answered` comes from the dialplan and not from the channel: from then on it can be redirected.
- `Ended` comes from Hangup. An originate that fails tells so in OriginateResponse, with or
  without a channel, before or after its Hangup; so that alone ends nothing. It makes the call
  overdue, like one that nothing was heard of, and what the PBX then holds decides (`settle`).
- An end that nobody saw (`PBX_LOST`) is final. Should the call turn out to live, it is hung up.

Whatever has to be sent because of an event is left in `orders`.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from connectors.asterisk import actions
from connectors.asterisk.arrivals import ARRIVED, Naming
from connectors.asterisk.channels import NOBODYS, Channel, Kind
from connectors.asterisk.codec import Action, Message
from connectors.asterisk.hearing import HANDLERS, Events, catch, end
from connectors.asterisk.held import MARGIN, Call, Held, Stage
from connectors.calls import (
    Arrived,
    Command,
    ConnectToAgent,
    EndReason,
    HangUp,
    Monitor,
    Originate,
    PlayMessage,
    RingAgent,
    StartRecording,
)
from connectors.incoming import as_line

BIRTH_WAIT = timedelta(seconds=0.2)  # for the channel of an originate that was hung up at once
HANG_UP = ("Action", "Hangup")
UNSEEN = "not on the PBX when the link came back"


class Translator:
    """The calls and legs of the PBX `name`. No socket, and the time is told to it."""

    def __init__(self, name: str = "", naming: Naming = NOBODYS) -> None:
        self._held = Held(name)
        self._naming = naming

    @property
    def orders(self) -> list[Action]:
        """What has to be sent now, in order; whoever sends it takes it off."""
        return self._held.orders

    def told(self, command: Command, now: datetime) -> None:
        """A command is being sent."""
        match command:
            case Originate():
                self._held.place(command.call_id, Kind.CALL, command.wait_seconds, now)
            case RingAgent():
                self._held.place(command.leg_id, Kind.AGENT, command.ring_seconds, now)
            case Monitor():
                rings, leg = actions.SPY_RINGS, command.target
                self._held.place(command.leg_id, Kind.SPY, rings, now, leg)
            case HangUp() | ConnectToAgent() | PlayMessage() | StartRecording():
                self._told_about(command, self._held.find(command.call_id))

    def event(self, message: Message, now: datetime) -> Events:
        """What an AMI event, or the refusal of an action, means."""
        handler = HANDLERS.get(message.event)
        if handler is not None:
            call = self._held.find(message[handler[0]])
            if call is not None:
                return handler[1](self._held, call, message, now)
            if message.event == "UserEvent" and message["UserEvent"] == ARRIVED:
                return self._arrived(message, now)
            self._lay_ghost(message[handler[0]], message.event)
        elif message.is_response:
            return self._response(message, now)
        return ()

    def addressed(self, action: Action) -> Action:
        """An action about a call, with the PBX's own name for its channel."""
        return tuple(
            (key, self._held.name_of(value) if key == "Channel" else value) for key, value in action
        )

    def begin_again(self) -> None:
        """The link is to be had anew: nothing has been seen on it."""
        self._held.fresh.clear()

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
                catch(self._held, call)
            elif call.missed and not call.failure and now < call.deadline:
                call.ask_at = now + BIRTH_WAIT  # its channel is still being made
            else:
                ended += end(self._held, call, _unheard(call), _words(call), now)
        return ended

    def reconcile(self, live: Iterable[Channel], now: datetime) -> Events:
        """After a gap: know what is `live`, and end whatever else was thought to be.

        Of what had to be sent before it, only hanging up is still right after it.
        """
        self.orders[:] = [order for order in self.orders if order[0] == HANG_UP]
        alive = {channel.live.call_id: channel for channel in live}
        ended: Events = ()
        for call in self._held:
            if call.id not in alive and call.id not in self._held.fresh:
                ended += end(self._held, call, EndReason.PBX_LOST, UNSEEN, now)
        for channel in alive.values():
            if not self._held.has_ended(channel.live.call_id):
                self._held.adopt(channel, now)
            self._lay_ghost(channel.live.call_id, "")
            if channel.leg is not None and channel.leg not in alive:
                # in the conference of an agent who has left, where nobody would come any more
                self._held.orders.append(actions.hang_up(channel.live.call_id))
        return ended

    def __len__(self) -> int:
        return len(self._held)

    def _arrived(self, message: Message, now: datetime) -> Events:
        """A caller is on hold. One that was seen before, or thought to be gone, is no news."""
        name, line = message["Uniqueid"], as_line(message["Line"])
        call_id = self._naming.call_id(name)
        if call_id is None or not line:
            return ()
        if self._held.has_ended(call_id):
            self._lay_ghost(call_id, message.event)
            return ()
        self._held.arrive(call_id, name, now)
        return (Arrived(call_id, now, line, self._naming.caller(message["CallerIDNum"])),)

    def _told_about(self, command: Command, call: Call | None) -> None:
        if call is None:
            return
        match command:
            case HangUp():
                call.doomed = True
            case ConnectToAgent():
                call.leg, call.joined, call.sent = command.leg_id, False, True
            case PlayMessage():
                call.leg, call.joined = None, False
            case StartRecording() if call.leg is not None:
                # The dialplan starts the tape; a call in a conference passes through it again.
                self._held.orders.append(actions.connect(call.id, call.leg))

    def _response(self, message: Message, now: datetime) -> Events:
        verb, _, call_id = message["ActionID"].partition(":")
        call = self._held.find(call_id)
        if call is None or message["Response"] != "Error":
            return ()
        if verb == "originate":
            return end(self._held, call, EndReason.REFUSED, message["Message"], now, seen=True)
        if verb == "hangup" and call.stage is Stage.SENT:
            call.missed, call.ask_at = True, now + BIRTH_WAIT
        return ()

    def _lay_ghost(self, call_id: object, event: str) -> None:
        if event != "Hangup" and self._held.is_ghost(call_id):
            self._held.orders.append(actions.hang_up(UUID(self._held.id_of(call_id))))


def _unheard(call: Call) -> EndReason:
    """Why a call ended that the PBX does not hold and that no Hangup was seen of."""
    if call.stage >= Stage.UP:
        return EndReason.HUNG_UP
    if call.doomed:
        return EndReason.CANCELLED
    return EndReason.REFUSED if call.failure else EndReason.FAILED


def _words(call: Call) -> str:
    return call.failure or "the PBX does not hold it and told no cause"
