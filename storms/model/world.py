"""Everything of one example, and how time passes in it."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import select

from storage import leases, sweep
from storage.outbox import unsent
from storage.tables.attempts import ATTEMPTS, LIVE
from storms.model.process import Process
from storms.model.site import Site
from storms.model.switch import Switch
from storms.model.truth import Book, Temper
from storms.model.truth import Receiver as Crm
from workers.context import Context
from workers.deliver import deliver_batch
from workers.receivers import Receiver

SWEEP = 1.0  # seconds between two looks of the sweeper
STEPS = 20_000  # of all processes at one instant; more is a loop without an end


class World:
    """Processes, the PBX, the CRM, and the time that all share."""

    def __init__(self, site: Site) -> None:
        self.site, self.time = site, site.time
        self.switch = Switch(site.time, self._placed)
        self.book, self.receiver = Book(), Crm()
        self.processes: list[Process] = []
        self.away_until = 0.0  # the database, in the model's seconds
        self._sweep_at = SWEEP
        self.disturbed = False  # something has happened that may keep a person waiting
        self._told = Receiver(self.receiver.name, self.receiver)
        self._context = Context(site.settings(site.home), site.store, "", "short jobs")

    @property
    def database_away(self) -> bool:
        return self.time.elapsed < self.away_until

    @property
    def wrongs(self) -> list[str]:
        return [*self.switch.wrongs, *self.book.wrongs, *self.receiver.wrongs, *self._failures()]

    def at_work(self, campaign: str = "") -> list[Process]:
        """The processes that have not ended, stalled ones too, oldest first."""
        return [p for p in self.processes if p.at_work and campaign in ("", p.campaign)]

    def start(self, campaign: str) -> bool:
        """One more worker for a campaign. False: somebody has the lease."""
        if self.database_away:
            return False
        holder = f"worker-{len(self.processes)}"
        lease = leases.acquire(self.site.store, campaign, holder)
        if lease is not None:
            away = lambda: self.database_away  # noqa: E731 - looked at each time
            self.processes.append(Process(self.site, self.switch, lease, away, self._asked))
            self.settle()
        return lease is not None

    def _sweep(self) -> None:
        """As the sweeper does: whoever should be dialled, and is by nobody, gets a worker."""
        self._sweep_at = self.time.elapsed + SWEEP
        if not self.database_away:
            for campaign in sweep.without_worker(self.site.store):
                self.start(campaign)

    def pass_time(self, seconds: float) -> None:
        """Whatever falls due until then happens, one instant after another."""
        until = self.time.elapsed + seconds
        self.settle()
        while (at := min(self._next(), self._sweep_at)) <= until:
            self.time.elapsed = max(at, self.time.elapsed)
            self.switch.turn()
            if at >= self._sweep_at:
                self._sweep()
            self.settle()
        self.time.elapsed = until
        self.settle()

    def settle(self) -> None:
        """Everybody does what is to be done at this instant."""
        for _ in range(STEPS):
            busy = [process.loop.turn() for process in self.processes if not process.dead]
            for process in [p for p in self.processes if p.doomed]:
                self.strike(process)
            if not any(busy):
                return
        raise RuntimeError("the model never comes to rest")

    def strike(self, process: Process) -> None:
        """Kill it."""
        self.disturbed = True
        process.kill()

    def deliver(self, temper: Temper) -> None:
        """The short job that tells the CRM."""
        self.receiver.temper = temper
        while deliver_batch(self._context, [self._told]):
            self.receiver.temper = temper

    def all_told(self) -> bool:
        return unsent(self.site.store)[0] == 0

    def close(self) -> None:
        for process in self.processes:
            if not process.dead:
                process.kill()

    def _next(self) -> float:
        wakes = [process.wakes_at() for process in self.processes if process.at_work]
        return min([self.switch.wakes_at(), *(at for at in wakes if at is not None)])

    def _placed(self, call_id: UUID) -> None:
        """An originate has reached the PBX: its attempt is there, and has not ended."""
        query = select(ATTEMPTS.c.id).where(ATTEMPTS.c.id == call_id, LIVE)
        with self.site.store.reading() as connection:
            if connection.execute(query).first() is None:
                self.book.wrongs.append("a call was placed that has no open attempt")

    def _asked(self, process: Process, name: str, args: tuple[Any, ...], answer: Any) -> None:
        if name == "claim":
            self.book.claimed(process.campaign, answer.attempts)

    def _failures(self) -> Iterator[str]:
        for process in self.processes:
            yield from process.loop.failures
            if not process.dead and process.task.done() and (died := process.task.exception()):
                yield f"a worker died of {died!r}"
