"""The exchange in real time, as a protocol's board uses it: orders in, happenings out.

Each port that is served is a PBX of its own: a switch, an exchange and a board that tells what
happens in the words of a real one. Nothing of the connectors is used here; what is served was
written from what real servers were heard to say, so that a mistake of a connector about its PBX
is not repeated by the PBX.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from connectors.calls import (
    E164,
    TOKEN,
    Command,
    ConnectToAgent,
    Event,
    HangUp,
    Listening,
    Monitor,
    Originate,
    PlayMessage,
    RingAgent,
    StartRecording,
    StopRecording,
)
from connectors.clock import Clock, RunningClock
from connectors.fake.digits import phone_of
from connectors.fake.exchange import Exchange
from connectors.fake.world import Phone, World

CALLER = "+10000000000"  # the exchange does not look at caller ids; the boards keep their own
LONGEST_RING = 300  # seconds
MAX_PATH = 200


class Switch:
    """Give `hear` before the first order; it gets what happens, in order."""

    def __init__(self, world: World, seed: int = 1, clock: Clock | None = None) -> None:
        self.exchange = Exchange(world, seed)
        self.hear: Callable[[Event], None] = lambda _: None
        self._world = world
        self._clock = clock or RunningClock()
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at: datetime | None = None

    def now(self) -> datetime:
        return self._clock.now()

    def begin(self) -> None:
        """The PBX lives: from now on people may call in."""
        for event in self.exchange.advance(self.now()):
            self.hear(event)
        self._drive()

    # --- what there is -----------------------------------------------------------------------

    @property
    def trunks(self) -> tuple[str, ...]:
        """Those that have a name."""
        return tuple(self._world.trunks)

    def has_trunk(self, name: str) -> bool:
        return self._world.trunks.get(name, self._world.other_trunk) is not None

    def phone(self, name: str) -> Phone | None:
        """The phone of that name, or None where there is none."""
        if TOKEN.fullmatch(name) is None:
            return None
        if self._world.by_last_digit:
            return phone_of(name)
        return self._world.phones.get(name, self._world.other_phone)

    def has_message(self, name: str) -> bool:
        messages = self._world.messages
        return TOKEN.fullmatch(name) is not None and (messages is None or name in messages)

    # --- orders ------------------------------------------------------------------------------

    def dial(self, call: UUID, number: str, trunk: str, ring: float, amd: bool) -> None:
        """`number` must be one of `e164`."""
        self._order(Originate(call, number, trunk, CALLER, _ring(ring), amd))

    def ring(self, leg: UUID, phone: str, ring: float) -> None:
        self._order(RingAgent(leg, phone, _ring(ring)))

    def spy(self, leg: UUID, phone: str, target: UUID) -> None:
        self._order(Monitor(leg, phone, target, Listening.LISTEN))

    def connect(self, call: UUID, leg: UUID) -> None:
        self._order(ConnectToAgent(call, leg))

    def play(self, call: UUID, message: str) -> None:
        """The call stays; what comes after the message is the board's to say."""
        self._order(PlayMessage(call, message, then_hang_up=False))

    def record(self, call: UUID, path: str) -> None:
        self._order(StartRecording(call, path[:MAX_PATH]))

    def stop_recording(self, call: UUID) -> None:
        self._order(StopRecording(call))

    def hang_up(self, call: UUID) -> None:
        self._order(HangUp(call))

    # --- who calls in ------------------------------------------------------------------------

    def call_in(self, line: str, caller: str) -> UUID:
        """One more customer calls in, beside those whom the world says; the call's id."""
        call = self.exchange.call_in(line, caller, self.now())
        self._drive()
        return call

    def give_up(self, call: UUID) -> None:
        """The customer on a call hangs up."""
        self.exchange.gives_up(call, self.now())
        self._drive()

    # --- time --------------------------------------------------------------------------------

    def soon(self, action: Callable[[], None]) -> None:
        """Do it when what is being answered has been answered."""
        asyncio.get_running_loop().call_soon(action)

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_later(seconds, action)

    def crash(self) -> None:
        """All calls are gone, and nothing tells of it."""
        self.exchange.lose_all()

    def close(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self.hear = lambda _: None

    def _order(self, command: Command) -> None:
        self.exchange.command(command, self.now())
        self._drive()

    def _drive(self) -> None:
        """See to it that whatever happens next is told when it does."""
        wake = self.exchange.wake_at()
        if self._alarm is not None:
            if wake is not None and self._alarm_at is not None and self._alarm_at <= wake:
                return
            self._alarm.cancel()
        self._alarm, self._alarm_at = None, wake
        if wake is not None:
            seconds = max(0.0, (wake - self.now()).total_seconds())
            self._alarm = asyncio.get_running_loop().call_later(seconds, self._tell)

    def _tell(self) -> None:
        self._alarm = None
        try:
            for event in self.exchange.advance(self.now()):
                self.hear(event)
        finally:
            self._drive()


def e164(number: str) -> str:
    """A dialled number in the one form that the exchange knows; empty where it is none."""
    digits = f"+{number.removeprefix('+')}"
    return digits if E164.fullmatch(digits) else ""


def _ring(seconds: float) -> int:
    return round(min(max(1.0, seconds), LONGEST_RING))
