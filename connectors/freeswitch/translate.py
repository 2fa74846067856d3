"""Events of a FreeSWITCH as events of the vocabulary: one `Translator` for each PBX.

Theory. A call is known from its originate (`told`) or its arrival, or from the channels that a
PBX lists (`reconcile`), until the one event that ends it; what is about no known call is dropped
unread. Each event only moves a call forward:

    sent -> progress -> ringing -> up -> answered

- `Arrived` comes from the PBX's own dialplan, which has answered the caller and put them on hold.
- `Answered` comes from the first application that the call runs (park, or an event of our own)
  and not from the channel's answer: until then its originate would undo what we send.
- `Ended` comes from CHANNEL_HANGUP_COMPLETE. An originate that fails tells so as a job, with or
  without a channel, before or after its hang-up; so that alone ends nothing. It makes the call
  overdue, like one that nothing was heard of, and what the PBX then holds decides (`settle`).
- An end that nobody saw (`PBX_LOST`) is final. Should the call turn out to live, it is hung up.

Whatever has to be sent because of an event is left in `orders`.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

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
    StopRecording,
)
from connectors.freeswitch import actions, chain
from connectors.freeswitch.causes import end_reason
from connectors.freeswitch.channels import Channel, Kind, arrival, named_by_caller
from connectors.freeswitch.codec import Action
from connectors.freeswitch.event import Event
from connectors.freeswitch.hearing import HANDLERS, Events, catch, end
from connectors.freeswitch.held import MARGIN, Call, Held, Stage

log = logging.getLogger(__name__)

BIRTH_WAIT = timedelta(seconds=0.2)  # for the channel of an originate that was hung up at once
HANG_UP = "hangup"
GONE = "CHANNEL_HANGUP_COMPLETE"
UNSEEN = "not on the PBX when the link came back"


class Translator:
    """The calls and legs of the PBX `name`. No socket, and the time is told to it.

    `plus`: the trunks write E.164 with its `+`.
    """

    def __init__(self, name: str = "", *, plus: bool = False) -> None:
        self._held = Held(name)
        self._plus = plus

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
            case _:
                self._told_about(command, self._held.find(command.call_id))

    def event(self, heard: Event, now: datetime) -> Events:
        """What an event means."""
        handler = HANDLERS.get(heard.name)
        if handler is None:
            return ()
        call_id = heard["Unique-ID"] or heard["Job-UUID"].partition(":")[2]
        call = self._held.find(call_id)
        if call is not None:
            return handler(self._held, call, heard, now)
        if heard.name == chain.ARRIVED and not self._held.has_ended(call_id):
            return self._arrived(heard, now)
        self._lay_ghost(call_id, heard.name)
        return ()

    def answer(self, action: Action, text: str, now: datetime) -> Events:
        """What it means that an action was answered so."""
        call = self._held.find(action.call_id)
        if call is None or not text.startswith("-"):
            return ()
        if action.verb == "originate":
            reason = EndReason.CANCELLED if call.doomed else EndReason.REFUSED
            return end(self._held, call, reason, text[:80], now, seen=True)
        if action.verb == "hangup" and call.stage is Stage.SENT:
            call.missed, call.ask_at = True, now + BIRTH_WAIT
        if action.verb == "connect" and not call.joined:
            call.leg = None  # which was gone; the call is as it was
        return ()

    def begin_again(self) -> None:
        """The link is to be had anew: nothing has been seen on it."""
        self._held.fresh.clear()

    def awaits(self) -> bool:
        """Whether an event is expected soon: see `Session`."""
        return any(call.stage < Stage.ANSWERED or _joins(call) for call in self._held)

    def holds(self, call_id: UUID) -> bool:
        """Whether it is a call or leg that lives, as far as we know."""
        return self._held.find(call_id) is not None

    def came_in(self, call_id: UUID) -> bool:
        """Whether it is a call that lives and came in on one of our lines."""
        call = self._held.find(call_id)
        return call is not None and call.came_in

    @property
    def ids(self) -> list[UUID]:
        """All calls and legs that live, as far as we know."""
        return [call.id for call in self._held]

    def overdue(self, now: datetime) -> list[UUID]:
        """Those that the PBX should be asked about: see `settle`."""
        return [call.id for call in self._held if call.ask_at is not None and call.ask_at <= now]

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
        self.orders[:] = [order for order in self.orders if order.verb == HANG_UP]
        alive = {channel.live.call_id: channel for channel in live}
        ended: Events = ()
        for call in self._held:
            if call.id not in alive and call.id not in self._held.fresh:
                ended += end(self._held, call, EndReason.PBX_LOST, UNSEEN, now)
        for channel in alive.values():
            if not self._held.has_ended(channel.live.call_id):
                self._held.adopt(channel, now)
            self._lay_ghost(channel.live.call_id, "")
            if channel.kind is Kind.SPY and channel.leg not in alive:
                self._held.orders.append(actions.hang_up(channel.live.call_id))
        return ended

    def __len__(self) -> int:
        return len(self._held)

    def _arrived(self, heard: Event, now: datetime) -> Events:
        """A caller is on hold."""
        found = arrival(heard, plus=self._plus)
        if found is None:
            if named_by_caller(heard):
                log.warning(
                    "PBX '%s': a caller is not served, whose call has an id of the caller's own "
                    "choice: turn inbound-use-callid-as-uuid off in the SIP profile",
                    self._held.pbx,
                )
            return ()
        self._held.arrive(found.call_id, now)
        return (Arrived(found.call_id, now, found.line, found.caller),)

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
            case StartRecording():
                if call.tape not in ("", command.path):
                    self._held.orders.append(actions.stop_tape(call.id, call.tape))
                call.tape = command.path
            case StopRecording():
                call.tape = ""

    def _lay_ghost(self, call_id: object, event: str) -> None:
        if event != GONE and self._held.is_ghost(call_id):
            self._held.orders.append(actions.hang_up(UUID(str(call_id))))


def _joins(call: Call) -> bool:
    return call.kind is Kind.CALL and call.leg is not None and not call.joined


def _unheard(call: Call) -> EndReason:
    """Why a call ended that the PBX does not hold and that no hang-up was told of."""
    if call.stage >= Stage.UP:
        return EndReason.HUNG_UP
    if call.doomed or not call.failure:
        return EndReason.CANCELLED if call.doomed else EndReason.FAILED
    return end_reason(
        call.failure, answered=False, cancelled=False, heard_of=call.stage > Stage.SENT
    )


def _words(call: Call) -> str:
    return call.failure or "the PBX does not hold it and told no cause"
