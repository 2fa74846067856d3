"""A PBX that needs none: the exchange, driven by a clock.

It is the embedded default of an installation without a PBX, and the twin that the connector
contract compares the others with. Tests cut its link, freeze it, and crash it with all calls.
"""

import asyncio
import contextlib
import logging
from datetime import datetime
from uuid import UUID

from connectors.calls import (
    AgentLegDown,
    Arrived,
    Command,
    Ended,
    EndReason,
    Event,
    LinkBack,
    LinkHeard,
    LinkLost,
    LinkSilent,
    LiveCall,
    Monitor,
    Originate,
    RingAgent,
)
from connectors.check import check
from connectors.clock import Clock, RunningClock
from connectors.fake.causes import CAUSES
from connectors.fake.exchange import Exchange
from connectors.fake.frozen import PATIENCE, FrozenLink
from connectors.fake.url import read
from connectors.pbx import LinkDown, OnEvent, Pbx, PbxError, PbxUnreachable

log = logging.getLogger(__name__)


def open_url(name: str, url: str, clock: Clock) -> Pbx:
    """The fake PBX that `url` describes, by `clock`, or by one of its own where `speed` is given.

    With `speed`, events are stamped by the PBX's own clock (`FakePbx.clock`), and so must be
    whatever dials over it. Raises `PbxError` with a sentence on a wrong URL.
    """
    try:
        asked = read(url)
    except ValueError as wrong:
        raise PbxError(f"PBX '{name}': {wrong}") from None
    own = RunningClock(asked.speed) if asked.speed else clock
    return FakePbx(name, Exchange(asked.world, asked.seed), own)


class FakePbx:
    """See `connectors.pbx.Pbx`. Calls live in `exchange` and go on while nobody is connected.

    Several may be connected to one exchange, one after the other.
    """

    def __init__(self, name: str, exchange: Exchange, clock: Clock | None = None) -> None:
        self.name = name
        self.clock = clock or RunningClock()
        self.exchange = exchange
        self._is_down = False
        self._frozen: FrozenLink | None = None
        self._on_event: OnEvent | None = None
        self._settled = asyncio.Event()
        self._calls: set[UUID] = set()  # originated or found, and not told to have ended
        self._legs: set[UUID] = set()
        self._driver: asyncio.Task[None] | None = None
        self._wakes_at: datetime | None = None

    async def open(self, on_event: OnEvent) -> None:
        if self._is_down or self._frozen:
            raise PbxUnreachable(f"PBX '{self.name}': the link to the fake PBX is cut")
        self.exchange.advance(self.clock.now())  # what happened before nobody is told
        self._on_event = on_event
        self._tell_kept()
        self._drive()

    async def close(self) -> None:
        self._on_event = None
        self._settled.set()  # who waits for a frozen link waits no longer
        self._calls.clear()
        self._legs.clear()
        if self._frozen:
            await self._frozen.end()
        if self._driver:
            self._driver.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._driver
        self._driver = None

    def send(self, command: Command) -> None:
        check(command)
        if self._on_event is None or self._is_down:
            raise LinkDown(
                f"PBX '{self.name}': the link is down, {type(command).__name__} not sent"
            )
        if isinstance(command, Originate):
            self._calls.add(command.call_id)
        if isinstance(command, RingAgent | Monitor):
            self._legs.add(command.leg_id)
        if self._frozen:
            self._frozen.commands.append(command)
        else:
            self.exchange.command(command, self.clock.now())
            self._drive()

    async def live_calls(self) -> tuple[LiveCall, ...]:
        await self._reach()
        self._tell_all()
        return self._found()

    def _found(self) -> tuple[LiveCall, ...]:
        """What the PBX holds: from now on we tell how it ends."""
        live, legs = self.exchange.live_calls(), self.exchange.legs()
        self._legs |= legs
        self._calls |= {call.call_id for call in live} - legs
        return live

    async def ping(self) -> float:
        await self._reach()
        await self.clock.sleep(self.exchange.latency)
        return self.exchange.latency

    def look(self) -> None:
        """Tell at once what has come of the exchange by other ways than this link."""
        self._tell_all()

    # --- faults ------------------------------------------------------------------------------

    def cut_link(self, why: str = "the connection was cut") -> None:
        """Lose the link at once. Calls go on; what happens to them is not told."""
        if not self._is_down:
            self._tell_all()
            self._is_down = True
            self._melt()
            self._settled.set()
            self._tell(LinkLost(self.clock.now(), why))

    def freeze(self) -> None:
        """Let nothing cross the link any more. It counts as silent and then as lost when the
        links of the other connectors do."""
        self._tell_all()
        self._settled.clear()
        self._frozen = FrozenLink(
            self.clock, lambda: self._tell(LinkSilent(self.clock.now())), self._give_up
        )

    def thaw(self) -> None:
        """Let what was frozen cross the link after all."""
        if (frozen := self._melt()) is None:
            return
        self._settled.set()
        for event in frozen.events:
            self._tell(event)
        if frozen.is_silent:
            self._tell(LinkHeard(self.clock.now()))
        for command in frozen.commands:
            self.exchange.command(command, self.clock.now())
        self._drive()

    def crash(self) -> None:
        """Lose the PBX with all its calls; `restore_link` starts it again."""
        self.cut_link("the PBX died")
        self.exchange.lose_all()

    def restore_link(self) -> None:
        """Reconnect: `LinkBack`, then the end of each call and leg that is no longer there."""
        if not (self._is_down or self._frozen):
            return
        self._give_up()
        self.exchange.advance(self.clock.now())
        self._is_down = False
        live = self._found()
        self._tell(LinkBack(self.clock.now(), live))
        self._tell_kept()
        held = {call.call_id for call in live}
        for call_id in sorted(self._calls - held):
            cause = CAUSES[EndReason.PBX_LOST]
            self._tell(Ended(call_id, self.clock.now(), EndReason.PBX_LOST, cause))
        for leg_id in sorted(self._legs - held):
            self._tell(AgentLegDown(leg_id, self.clock.now(), CAUSES[EndReason.PBX_LOST]))
        self._drive()

    def _tell_kept(self) -> None:
        """What flows have told may have been told to nobody."""
        for event in self.exchange.kept():
            self._tell(event)

    def _give_up(self) -> None:
        self.cut_link(f"nothing heard for {PATIENCE.give_up:g} s")

    def _melt(self) -> FrozenLink | None:
        """What has been frozen is that no more."""
        frozen, self._frozen = self._frozen, None
        if frozen:
            frozen.stop()
        return frozen

    async def _reach(self) -> None:
        if self._frozen:
            await self._settled.wait()
        if self._on_event is None or self._is_down:
            raise LinkDown(f"PBX '{self.name}': the link is down")

    # --- the driver --------------------------------------------------------------------------

    def _drive(self) -> None:
        """See to it that the driver wakes when the exchange next has something to tell."""
        wake = self.exchange.wake_at()
        if wake is None or self._on_event is None or asyncio.current_task() is self._driver:
            return  # the driver looks for itself when it has told what it has to tell
        if self._driver and not self._driver.done():
            if self._wakes_at and self._wakes_at <= wake:
                return
            self._driver.cancel()
        self._driver = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        while (wake := self.exchange.wake_at()) is not None:
            self._wakes_at = wake
            await self.clock.sleep((wake - self.clock.now()).total_seconds())
            self._tell_all()

    def _tell_all(self) -> None:
        for event in self.exchange.advance(self.clock.now()):
            if self._frozen:
                self._frozen.events.append(event)
            elif not self._is_down:
                self._tell(event)
        self._drive()

    def _tell(self, event: Event) -> None:
        if isinstance(event, Arrived):
            self._calls.add(event.call_id)
        elif isinstance(event, Ended):
            self._calls.discard(event.call_id)
        elif isinstance(event, AgentLegDown):
            self._legs.discard(event.leg_id)
        if self._on_event is None:
            return
        try:
            self._on_event(event)
        except Exception:
            log.exception("PBX '%s': on_event failed on %s", self.name, type(event).__name__)
