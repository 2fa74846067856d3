"""One campaign being dialled by this process, from the taking over to the handing over.

While it runs, each of these goes on by itself: the lease is renewed, results are written, claims
and refills are asked for, orders are looked for, screens are served. The first to fail ends all.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from campaigns.dialler import Dialler, OrderRefused
from campaigns.effects import AgentState, Effect, StateChanged
from campaigns.orders import CampaignState, LogIn, LogOut, SetState
from connectors.clock import Clock, RunningClock
from connectors.pbx import Pbx, open_pbx
from storage.campaigns import Stored
from storage.errors import LeaseLost, StorageError
from storage.leases import Lease
from workers import unsaved
from workers.asking import Asking
from workers.context import Context
from workers.crew import Crew
from workers.desk import Desk
from workers.lease import HeldLease
from workers.live import Live
from workers.loop import Loop
from workers.nodes import Nodes
from workers.orders import Orders
from workers.settling import never_sent
from workers.time_check import compare_with_database, has_jumped
from workers.together import together
from workers.writer import Writer

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.1
FLUSH_SECONDS = 10.0
THREADS = 6
UNSAVED_SECONDS = 5.0
OVER = (CampaignState.STOPPED, CampaignState.FINISHED, CampaignState.DRAFT)
NEW_VERSION = "a new version has been applied, and is taken up"
CLOCK_JUMPED = "the machine's clock has jumped, or slept; it starts again by the new time"
ANEW = (NEW_VERSION, CLOCK_JUMPED)
BUSY = (AgentState.TALKING, AgentState.WRAP_UP)


class Dialling:
    """Dials `stored` under `lease`. Make it on the event loop, then `await run()`, once."""

    def __init__(
        self,
        context: Context,
        stored: Stored,
        lease: Lease,
        crew: Crew | None = None,
        logins: Iterable[LogIn] = (),
    ) -> None:
        """`crew`: simulated agents who take part, and how they log in. Raises `PbxError`."""
        pbxs = {name: open_pbx(name, context.settings.pbx_url(name)) for name in stored.spec.pbx}
        self._context = context
        self._stored = stored
        self._clock = _clock_of(pbxs)
        self._crew, self._logins = crew, tuple(logins)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix=f"db-{stored.name}")
        self._held = HeldLease(context.store, lease)
        self._desk = Desk(context.store, lease, stored.spec, stored.version)
        self._dialler = Dialler(stored.spec)
        self._writer = Writer(self._desk.record, self._threads, self._reject)
        self._loop = Loop(self._dialler, pbxs, self._clock, self._keep, self._held.fresh, crew)
        self._nodes = Nodes(pbxs, self._clock, self._loop.event)
        self._asking = Asking(self._loop, self._clock, self._threads)
        self._orders = Orders(self._desk, self._loop, self._threads)
        self._live = Live(context.redis_url, stored.name) if context.redis_url else None
        self._drain_until: float | None = None

    async def run(self) -> str:
        """Dial until the campaign is over, or another worker dials it; a sentence says which.

        One of `ANEW`: dial on, with the campaign as it is stored now, by a new clock. Calls in
        progress go on meanwhile, and are adopted as those of any other worker. Raises
        `ClockWrong` where this machine and the database disagree about the time.
        """
        try:
            always = [self._held.keep(self._threads), self._writer.run()]
            return await together(self._lead(), always)
        except LeaseLost as lost:
            kept = self._save(r for r in self._writer.left() if isinstance(r, unsaved.Result))
            return f"{lost} ({kept} results wait in a file for the other one)"
        except BaseException:
            self._save(self._writer.left())
            raise
        finally:
            self._loop.stop()
            await self._nodes.close()
            if self._live is not None:
                await self._live.close()
            self._held.release()
            self._threads.shutdown(wait=False, cancel_futures=True)

    async def _take_over(self) -> None:
        """Store what an earlier worker could not; adopt what it has left open."""
        await self._in_thread(self._held.renew)
        await self._in_thread(compare_with_database, self._context.store, self._clock)
        await self._store_unsaved(unsaved.Kept)
        wanted = await self._orders.start()
        left = await self._in_thread(self._desk.left_behind, self._clock.now())
        self._loop.adopt(left.attempts, left.agents, left.tallies)
        self._keep(StateChanged(self._clock.now(), CampaignState.RUNNING))
        self._loop.order(SetState(wanted))  # whatever but 'running' dials nothing
        if self._crew is not None:
            self._crew.start(self._logins, self._clock.now())

    def _parts(self) -> list[Any]:
        parts: list[Any] = [
            self._asking.claims(self._desk.claim, self._settle),
            self._asking.refills(self._desk.refill, self._writer),
            self._orders.keep_looking(),
            self._nodes.open_all(),
            self._watch_unsaved(),
        ]
        if self._live is not None:
            parts += [self._live.publish(self._snapshot), self._live.listen(self._orders.nudge)]
        return parts

    async def _lead(self) -> str:
        """Take over, dial, and hand over in order: PBX, results; the lease comes last."""
        await self._take_over()
        over = await together(self._until_over(), self._parts())
        if self._drain_until is None and over not in ANEW:
            self._send_home()
        self._loop.stop()
        await self._nodes.close()
        await self._flush()
        return over

    async def _until_over(self) -> str:
        while not (over := self._why_over()):
            if self._context.stop.is_set() and self._drain_until is None:
                self._drain()
            await asyncio.sleep(LOOK_SECONDS)
        return over

    def _why_over(self) -> str:
        run = self._dialler.run
        calls = len(run.calls) + run.claiming
        if self._drain_until is not None:
            late = time.monotonic() >= self._drain_until
            return f"handed over with {calls} calls in progress" if late or not calls else ""
        if self._orders.version != self._stored.version:
            return NEW_VERSION
        if has_jumped(self._clock):
            return CLOCK_JUMPED
        busy = any(run.floor.count(state) for state in BUSY)
        return "" if run.state not in OVER or calls or busy else f"{run.state.value}"

    def _drain(self) -> None:
        """No new calls; those in progress have a while to end here, the rest ends elsewhere."""
        self._orders.draining = True
        self._drain_until = time.monotonic() + self._context.settings.drain_seconds
        with contextlib.suppress(OrderRefused):
            self._loop.order(SetState(CampaignState.PAUSED))

    def _send_home(self) -> None:
        for agent in list(self._dialler.run.floor):
            self._loop.order(LogOut(agent.name))

    async def _flush(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FLUSH_SECONDS):
                await self._writer.flush()
        self._save(self._writer.left())

    def _save(self, left: Iterable[Effect]) -> int:
        """Into the file with what could not be stored; how many rows."""
        kept = unsaved.save(self._context.settings.home, self._stored.name, left)
        if kept:
            log.error("%d results could not be stored; they wait in a file", kept)
        return kept

    async def _settle(self) -> None:
        """End what was committed and never sent. Between two claims only: see `Asking`."""
        found = await self._in_thread(self._desk.open_attempts)
        now, calls = self._clock.now(), self._dialler.run.calls
        for result in never_sent(found, calls, self._writer.left(), now):
            self._keep(result)

    def _keep(self, effect: Effect) -> None:
        """That this worker stops dialling is no change of the campaign's state."""
        if not (isinstance(effect, StateChanged) and self._drain_until is not None):
            self._writer.put(effect)

    def _reject(self, effect: Effect, refused: StorageError) -> None:
        unsaved.reject(self._context.settings.home, self._stored.name, effect, str(refused))

    async def _store_unsaved(self, kinds: Any) -> None:
        """Through the writer, which puts aside a row that the database refuses."""
        home, name = self._context.settings.home, self._stored.name
        if waiting := await self._in_thread(unsaved.load, home, name):
            for effect in waiting:
                if isinstance(effect, kinds):
                    self._writer.put(effect)
            await self._writer.flush()
            await self._in_thread(unsaved.forget, home, name)

    async def _watch_unsaved(self) -> None:
        """A worker that lost the lease leaves what it saw in the file, later than we took over."""
        while True:
            await asyncio.sleep(UNSAVED_SECONDS)
            await self._store_unsaved(unsaved.Result)

    def _snapshot(self) -> dict[str, Any]:
        trouble = [*self._nodes.trouble.values(), *filter(None, [self._writer.trouble])]
        return {
            **self._dialler.snapshot(self._clock.now()),
            "worker": self._context.worker,
            "draining": self._drain_until is not None,
            "trouble": trouble,
        }

    async def _in_thread(self, ask: Any, *args: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, ask, *args)


def _clock_of(pbxs: dict[str, Pbx]) -> Clock:
    """A fake PBX that runs faster than the wall brings the clock that it stamps its events by."""
    own = (getattr(pbx, "clock", None) for pbx in pbxs.values())
    return next((clock for clock in own if isinstance(clock, RunningClock)), RunningClock())
