"""The life of the calls on a PBX: one `Translator` for each, whose own words it leaves to others.

Theory. A call is known from its originate (`told`) or its arrival, or from the channels that a
PBX lists (`reconcile`), until the one event that ends it; what is about no known call is dropped
unread. Each event only moves a call on:

    sent -> progress -> ringing -> up -> answered

- `Ended` comes from the channel's hang-up. An originate that fails tells so by itself, with or
  without a channel, before or after its hang-up; so that alone ends nothing. It makes the call
  overdue, like one that nothing was heard of, and what the PBX then holds decides (`settle`).
- An end that nobody saw (`PBX_LOST`) is final. Should the call turn out to live, it is hung up;
  so is one that was to be hung up before anything was known of it.

Whatever has to be sent because of an event is left in `orders`.
"""

from abc import ABC, abstractmethod
from collections.abc import Container, Iterable
from datetime import datetime, timedelta
from typing import Generic
from uuid import UUID

from connectors.calls import (
    Command,
    ConnectToAgent,
    EndReason,
    Event,
    HangUp,
    Monitor,
    Originate,
    PlayMessage,
    RingAgent,
)
from connectors.linked.channels import Kind
from connectors.linked.held import MARGIN, A, C, H, Held, Stage

BIRTH_WAIT = timedelta(seconds=0.2)  # for the channel of an originate that was hung up at once
UNSEEN = "not on the PBX when the link came back"
UNTOLD = "the PBX does not hold it and told no cause"

Events = tuple[Event, ...]


class Translator(ABC, Generic[C, H, A]):
    """The calls and legs in `held`. No socket, and the time is told to it.

    `spy_rings`: the seconds for which a supervisor's phone rings.
    """

    def __init__(self, held: Held[C, H, A], spy_rings: int) -> None:
        self._held = held
        self._spy_rings = spy_rings

    @property
    def orders(self) -> list[A]:
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
                self._held.place(command.leg_id, Kind.SPY, self._spy_rings, now, command.target)
            case _:
                call = self._held.find(command.call_id)
                if call is not None:
                    self._told_about(command, call)
                elif isinstance(command, HangUp) and not self._held.has_ended(command.call_id):
                    self._held.doom(command.call_id)  # another worker's, and on its way perhaps

    def addressed(self, action: A) -> A:
        """An action about a call, with the PBX's own name for it."""
        return action

    def begin_again(self) -> None:
        """The link is to be had anew: nothing has been seen on it."""
        self._held.fresh.clear()

    def overdue(self, now: datetime) -> list[UUID]:
        """Those that the PBX should be asked about: see `settle`."""
        return [call.id for call in self._held if call.ask_at is not None and call.ask_at <= now]

    def settle(self, live: Iterable[H], now: datetime) -> Events:
        """End the overdue calls that are not `live`."""
        alive = {channel.live.call_id: channel for channel in live}
        ended: Events = ()
        for call in self._held:
            if call.ask_at is None or call.ask_at > now:
                continue
            if call.id in alive:
                self._lives(call, alive[call.id], now)
            elif call.missed and not call.failure and now < call.due(call.sent_at):
                call.ask_at = now + BIRTH_WAIT  # its channel is still being made
            else:
                ended += self._end(call, self._unheard(call), call.failure or UNTOLD, now)
        return ended

    def reconcile(self, live: Iterable[H], now: datetime) -> Events:
        """After a gap: know what is `live`, and end whatever else was thought to be.

        Of what had to be sent before it, only hanging up is still right after it.
        """
        self.orders[:] = [order for order in self.orders if self._hangs_up(order)]
        alive = {channel.live.call_id: channel for channel in live}
        ended: Events = ()
        for call in self._held:
            if call.id not in alive and call.id not in self._held.fresh:
                ended += self._end(call, EndReason.PBX_LOST, UNSEEN, now)
        for channel in alive.values():
            if not self._held.has_ended(channel.live.call_id):
                self._held.adopt(channel, now)
            self._held.lay_ghost(channel.live.call_id)
            if self._is_left(channel, alive):
                self._held.hang_up(channel.live.call_id)
        return ended

    def __len__(self) -> int:
        return len(self._held)

    def _told_about(self, command: Command, call: C) -> None:
        match command:
            case HangUp():
                call.doomed = True
            case ConnectToAgent():
                call.leg, call.joined = command.leg_id, False
            case PlayMessage():
                call.leg, call.joined = None, False

    def _lives(self, call: C, channel: H, now: datetime) -> None:
        """An overdue call is there after all."""
        call.failure, call.ask_at = "", now + MARGIN
        self._held.catch(call)

    def _not_there(self, call: C, now: datetime) -> None:
        """It could not be hung up: its end is on the way, or its channel was not made yet.

        It may ring before we hear of the refusal, which comes over another connection.
        """
        call.missed, call.ask_at = True, now + BIRTH_WAIT

    def _unheard(self, call: C) -> EndReason:
        """Why a call ended that the PBX does not hold and that no hang-up was told of."""
        if call.stage >= Stage.UP:
            return EndReason.HUNG_UP
        if call.doomed:
            return EndReason.CANCELLED
        return self._failed(call) if call.failure else EndReason.FAILED

    # --- what each PBX says in its own way ---------------------------------------------------

    @abstractmethod
    def _end(self, call: C, reason: EndReason, cause: str, now: datetime) -> Events:
        """Its end, which is only inferred."""

    @abstractmethod
    def _failed(self, call: C) -> EndReason:
        """What its `failure` means."""

    @abstractmethod
    def _hangs_up(self, order: A) -> bool:
        """Whether an action ends a call."""

    @abstractmethod
    def _is_left(self, channel: H, alive: Container[object]) -> bool:
        """Whether a channel is with an agent's leg that is gone, where nothing would end it."""
