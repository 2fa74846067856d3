"""One campaign being dialled by this process, from the taking over to the handing over.

While it runs, each of these goes on by itself: the lease is renewed, results are written, claims
and refills are asked for, orders are looked for, screens are served. The first to fail ends all.
"""

import asyncio
import contextlib
import logging
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from campaigns.dialler import Dialler
from campaigns.effects import AttemptEnded, Effect, PacingLearned, StateChanged
from campaigns.flow.needs import needs_of
from campaigns.flow_effects import AskEndpoint, SayPrompt
from campaigns.orders import CampaignState, LogIn, LogOut, SetState
from connectors.calls import LinkBack
from storage.campaigns import Stored
from storage.errors import LeaseLost, StorageError
from storage.leases import Lease
from workers import unsaved
from workers.asking import Asking
from workers.context import Context
from workers.crew import Crew
from workers.desk import Desk
from workers.endpoints import Endpoints
from workers.lease import HeldLease
from workers.leaving import NEW_VERSION, Leaving
from workers.live import Live
from workers.loop import Loop
from workers.measures import Measures
from workers.nodes import Nodes
from workers.orders import Orders
from workers.settling import never_sent
from workers.speaking import sounds_of
from workers.time_check import compare_with_database
from workers.together import together
from workers.voice import Voice
from workers.writer import Writer

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.1
FLUSH_SECONDS = 10.0
THREADS = 6
UNSAVED_SECONDS = 5.0


class Dialling:
    """Dials `stored` under `lease`. Make it on the event loop, then `await run()`, once."""

    def __init__(
        self,
        context: Context,
        stored: Stored,
        lease: Lease,
        crew: Crew | None = None,
        logins: Iterable[LogIn] = (),
        nodes: Nodes | None = None,
    ) -> None:
        """`crew`: simulated agents who take part, and how they log in.

        `nodes`: those that the version before has handed on, or that the next one is to get;
        then it is the caller who closes them in the end. Raises `PbxError`, and `StorageError`
        where the campaign's flow cannot be read.
        """
        self._nodes = Nodes() if nodes is None else nodes
        self._nodes.name(context.settings, stored.spec.pbx)
        self._hands_on, self._handed_on = nodes is not None, False
        self._context = context
        self._stored = stored
        self._clock = self._nodes.clock
        self._crew, self._logins = crew, tuple(logins)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix=f"db-{stored.name}")
        self._held = HeldLease(context.store, lease)
        flows = stored.read_flows()
        both = (stored.spec.flow, stored.spec.inbound_flow)
        needs, callers = (needs_of(name, flows) if name is not None else None for name in both)
        self._nodes.play(flows)
        self._desk = Desk(context.store, lease, stored.spec, stored.version, needs, callers)
        self._dialler = Dialler(stored.spec, needs=needs, inbound_needs=callers)
        self._writer = Writer(self._desk.record, self._threads, self._reject)
        self._endpoints = Endpoints(context.settings.endpoints, stored.name, self._answered)
        sounds, at_once = sounds_of(context.settings), context.settings.speech.at_once
        self._voice = Voice(sounds, at_once, stored.name, flows, self._said)
        self._loop = Loop(
            self._dialler,
            self._nodes.pbxs,
            self._clock,
            self._keep,
            self._held.fresh,
            crew,
            self._endpoints.ask,
            self._voice.say,
        )
        self._measures = Measures(self._loop.lag, self._loop.late)
        self._asking = Asking(self._loop, self._clock, self._threads)
        self._orders = Orders(self._desk, self._loop, self._threads)
        self._leaving = Leaving(
            self._dialler, self._loop, self._orders, self._clock, context.settings.drain_seconds
        )
        self._live = Live(context.redis_url, stored.name) if context.redis_url else None

    async def run(self) -> str:
        """Dial until the campaign is over, or another worker dials it; a sentence says which.

        One of `ANEW`: dial on, with the campaign as it is stored now, by a new clock. Calls in
        progress go on meanwhile, and are adopted as those of any other worker; for a new version
        `nodes` stay open. Raises `ClockWrong` where this machine and the database disagree about
        the time.
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
            await self._endpoints.close()
            await self._voice.close()
            if not self._handed_on:
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
        where = [open_attempt.attempt.order.node for open_attempt in left.attempts]
        where += [open_call.admitted.arrival.node for open_call in left.callers]
        unknown = self._nodes.keep(self._context.settings, where)
        self._recall(left.learned)
        self._loop.adopt(left.attempts, left.agents, left.tallies, left.callers, left.callers_today)
        for node in unknown:
            self._loop.event(node, LinkBack(self._clock.now()))
        self._keep(StateChanged(self._clock.now(), CampaignState.RUNNING))
        self._loop.order(SetState(wanted))  # whatever but 'running' dials nothing
        if self._crew is not None:
            self._crew.start(self._logins, self._clock.now())

    def _recall(self, learned: PacingLearned | None) -> None:
        if learned is None:
            return
        why = self._dialler.recall(learned.memory, learned.at, self._clock.now())
        if why:
            log.warning("what pacing had learned is of no use, and it starts anew: %s", why)

    def _parts(self) -> list[Any]:
        parts: list[Any] = [
            self._asking.claims(self._desk.claim, self._settle),
            self._asking.refills(self._desk.refill, self._writer),
            self._asking.admissions(self._desk.admit),
            self._orders.keep_looking(),
            self._nodes.open_all(self._loop.event),
            self._watch_unsaved(),
            self._measures.keep_time(),
            self._voice.keep_trying(),
        ]
        if self._live is not None:
            parts += [self._live.publish(self._snapshot), self._live.listen(self._orders.nudge)]
        return parts

    async def _lead(self) -> str:
        """Take over, dial, and hand over in order: PBX, results; the lease comes last."""
        await self._take_over()
        over = await together(self._until_over(), self._parts())
        if not self._leaving.begun:
            self._send_home()
        self._loop.leave_off()
        if over == NEW_VERSION and self._hands_on:
            self._nodes.hold_back()
            self._handed_on = True
        else:
            await self._nodes.close()
        await self._flush()
        return over

    async def _until_over(self) -> str:
        while not (over := self._leaving.why()):
            if self._context.stop.is_set() and not self._leaving.draining:
                self._leaving.drain()
            if self._context.stop.times > 1:
                self._leaving.hasten()
            await asyncio.sleep(LOOK_SECONDS)
        return over

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

    def _answered(self, ask: AskEndpoint, got: Mapping[str, str] | None) -> None:
        self._loop.answered(ask, got)

    def _said(self, say: SayPrompt, sound: str) -> None:
        self._loop.said(say, sound)

    def _keep(self, effect: Effect) -> None:
        """That this worker stops dialling is no change of the campaign's state."""
        self._measures.seen(effect)
        if isinstance(effect, AttemptEnded):
            log.debug("an attempt ended: %s", effect.outcome, extra={"call": effect.attempt_id})
        if not (isinstance(effect, StateChanged) and self._leaving.begun):
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
        now = self._clock.now()
        shot = self._dialler.snapshot(now)
        return {
            **shot,
            "measures": {**self._measures.told(shot["agents"], now), **self._writer.told()},
            "worker": self._context.worker,
            "draining": self._leaving.draining,
            "trouble": trouble,
            "voice": self._voice.trouble,
        }

    async def _in_thread(self, ask: Any, *args: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, ask, *args)
