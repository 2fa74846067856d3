"""A worker process of the model: the real `Dialling`, whose loop, wire and luck are the model's."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any
from unittest.mock import patch
from uuid import UUID

from sqlalchemy import Connection

from campaigns.effects import AttemptEnded
from campaigns.run import Run
from connectors.calls import Ended
from connectors.calls import Event as PbxEvent
from storage import campaigns
from storage.engine import Store
from storage.errors import DatabaseUnavailable
from storage.leases import Lease
from storms.model.process_loop import ProcessLoop
from storms.model.site import Site
from storms.model.switch import Switch
from storms.model.wire import Wire
from workers.context import Context
from workers.dialling import Dialling

OF_DATABASE = ("claim", "record", "renew", "refill", "wanted", "take_orders", "open_attempts")
"""What a worker asks of the database while it dials: none is answered while that is away."""
ENOUGH = 100  # cancellations, until a task has ended


@dataclass(frozen=True, slots=True)
class Mishap:
    """A process stands still for some seconds, or, for none, is killed."""

    seconds: float = 0.0
    answer_lost: bool = False  # nothing of that: the database's answer does not arrive


ANSWER_LOST = Mishap(answer_lost=True)


@dataclass(frozen=True, slots=True)
class ProcessStore(Store):
    """The database as one process has it: once that is dead, it writes nothing more."""

    dead: Event = field(default_factory=Event, compare=False)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        if self.dead.is_set():
            raise DatabaseUnavailable("A dead process writes nothing")
        with Store.writing(self) as connection:
            yield connection


class Process:
    """Dials one campaign under `lease`. `asked`: is shown each answer of the database."""

    def __init__(
        self,
        site: Site,
        switch: Switch,
        lease: Lease,
        away: Callable[[], bool],
        asked: Callable[["Process", str, tuple[Any, ...], Any], None],
    ) -> None:
        self.campaign, self.lease = lease.campaign, lease
        self.doomed = self.dead = False
        self.stands_until = 0.0  # in the model's seconds
        self.mishaps: dict[str, Mishap] = {}  # by what is asked next
        self._time, self._begun = site.time, site.time.elapsed
        may_run = lambda: not (self.stalled or self.doomed)  # noqa: E731
        self.loop = ProcessLoop(site.time, self._ask, may_run)  # type: ignore[abstract]
        self.wire = Wire(switch, self.loop, lease.campaign, self._heard)
        self.heard_end: set[UUID] = set()  # of these calls of its own it was told the end
        self._away, self._asked = away, asked
        self._store = ProcessStore(site.store.engine, site.store.shown)
        self._home = site.home / f"{lease.campaign}-{lease.token}"
        self._home.unlink(missing_ok=True)
        self._home.symlink_to(site.home)
        stored = campaigns.get(site.store, lease.campaign)
        context = Context(site.settings(self._home), self._store, "", f"worker-{lease.token}")
        with patch("workers.nodes.open_pbx", lambda name, url: self.wire):
            self._dialling = Dialling(context, stored, lease)
        self.task = self.loop.create_task(self._dialling.run())

    @property
    def run(self) -> Run:
        """What its dialler thinks."""
        return self._dialling._dialler.run

    @property
    def took_over(self) -> bool:
        """Whether it has taken up what was open, and knows what the PBX holds."""
        return bool(self.run.lines.up)

    @property
    def at_work(self) -> bool:
        return not self.dead and not self.task.done()

    @property
    def calm_since(self) -> float:
        """Since when it runs, and has not stood still, in the model's seconds."""
        return max(self._begun, self.stands_until)

    def unwritten(self) -> set[UUID]:
        """The attempts whose result waits to be stored."""
        left = self._dialling._writer.left()
        return {result.attempt_id for result in left if isinstance(result, AttemptEnded)}

    @property
    def stalled(self) -> bool:
        return self._time.elapsed < self.stands_until

    def befall(self, mishap: Mishap) -> None:
        """As SIGKILL; or SIGSTOP, and SIGCONT so many seconds later. It takes no further step."""
        self.doomed = self.doomed or not mishap.seconds
        self.stands_until = self._time.elapsed + mishap.seconds

    def wakes_at(self) -> float | None:
        """When it has something to do next."""
        return self.stands_until if self.stalled else self.loop.wakes_at()

    def kill(self) -> None:
        """As SIGKILL does: nothing that it would do at its end reaches anybody."""
        self.dead, self.stands_until, self.doomed = True, 0.0, False
        self.heard_end.clear()
        self._store.dead.set()
        self.wire.cut = True
        self._home.unlink()
        self._home.symlink_to(self._grave())
        for _ in range(ENOUGH):  # it swallows a cancellation now and then
            self.task.cancel()
            self.loop.turn()
            if self.task.done():
                return
        raise RuntimeError("a process of the model does not end")

    def _heard(self, event: PbxEvent) -> None:
        if isinstance(event, Ended) and event.call_id in self.run.calls and not self.dead:
            self.heard_end.add(event.call_id)

    def _grave(self) -> Path:
        grave = self._home.parent / "grave"
        grave.mkdir(exist_ok=True)
        return grave

    def _ask(self, func: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        name = getattr(func, "__name__", "")
        if self._away() and name in OF_DATABASE:
            raise DatabaseUnavailable("The database is away")
        answer = func(*args)
        self._asked(self, name, args, answer)
        mishap = self.mishaps.pop(name, None)
        if mishap is not None and mishap.answer_lost:
            raise DatabaseUnavailable("The database went away as it was asked")
        if mishap is not None:
            self.befall(mishap)
        return answer
