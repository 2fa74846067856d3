"""Twice a second: look for what lost events and dead workers have left behind, and ring the bell.

One process of a site sweeps, the others wait to take its place; two that sweep for a moment do
no harm, because whoever rings twice puts one job. It reads the database and the folder of
recordings, and writes two things: where shared agents are to work, and that pacing decisions are
let go of when their time is over. Sessions of processes that stand still in the middle of writing
are ended, or nobody could take over from them. What the voice has said for calls lies on each
machine, and each process removes there what nobody wants any more.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import redis

from speech.cache import Cache
from storage import deliveries, hooks, pacing, pulls, sweep, trimming
from storage.customers import changes, cleaning, reminding
from storage.engine import Store
from storage.errors import StorageError
from storage.partitioning import upkeep
from storage.rules.kept import asks_after_idle
from storage.stalled import end_stalled
from workers.job_keys import Keys
from workers.queue import ring
from workers.recordings import waiting
from workers.settings import KEPT_DAYS
from workers.sharing import share_agents_out

log = logging.getLogger(__name__)

SECONDS = 0.5
TURN_KEY = "dialplane:sweeper"
TURN_MS = 1500  # less than a lease: when a whole machine is gone, somebody rings as it lapses
CLEAN_TURNS = 120  # a minute: what is known of numbers may be that old
SHARE_TURNS = 4  # one sharing out of agents in so many sweeps
IDLE_TURNS = 20  # one look for customers whom nobody follows up in so many sweeps
REMIND_TURNS = 4  # one look for follow-ups whose time has come in so many sweeps
RECORDINGS_TURNS = 10  # one look at the recordings in so many sweeps
SOUNDS_SECONDS = 600.0
FORGET_TURNS = 1200  # ten minutes: a portion each time is more than the busiest site decides


@dataclass(frozen=True, slots=True)
class Swept:
    """What was rung for: campaigns without a worker, and whether messages wait."""

    campaigns: tuple[str, ...] = ()
    messages: int = 0


class Sweeper:
    """Sweeps in the name of one process."""

    def __init__(
        self,
        store: Store,
        connect: "Callable[[], redis.Redis]",
        name: str,
        recordings: Path | None = None,
        *,
        keys: Keys,
        sounds: Cache | None = None,
        checks: bool = False,
        receivers: Sequence[str] = (),
        sources: Sequence[str] = (),
        kept_days: int = KEPT_DAYS,
    ) -> None:
        """`connect`: a client of the Redis that is the site's now; asked again after trouble.

        `recordings`: the folder in which a PBX leaves them, if it is within reach. `sounds`: what
        the voice has said on this machine, of which each process removes what nobody wants.
        `checks`: whether somebody checks numbers for the site. `receivers`: of the outbox, by
        name; `sources`: CRMs whose customers are pulled; `kept_days`: so long stays what was dealt
        with.
        """
        self._kept_days = kept_days
        self._receivers = receivers
        self._sources = sources
        self._store = store
        self._recordings = recordings
        self._sounds = sounds
        self._sounds_due = 0.0
        self._keys = keys
        self._checks = checks
        self._turns = 0
        self._connect = connect
        self._client = connect()
        self._name = name
        self._trouble = ""

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set; what is away comes back, and is told of once."""
        while not stop.wait(SECONDS):
            self._try()
            self.tidy(time.monotonic())
        self._client.close()

    def sweep(self) -> Swept:
        """Once, if it is this process's turn. Raises `StorageError` and `RedisError`."""
        if not self._my_turn():
            return Swept()
        if stalled := end_stalled(self._store):
            log.warning("%d processes stand still in a transaction, and lost it", stalled)
        orphans = sweep.without_worker(self._store)
        rung = tuple(name for name in orphans if self._ring("run_campaign", name))
        messages = self._ring_at_once()
        self._turns += 1
        self._now_and_then()
        return Swept(rung, messages)

    def _ring_at_once(self) -> int:
        """For what somebody waits for. How many messages are to be delivered."""
        messages = deliveries.overdue(self._store, self._receivers)
        if messages:
            self._ring("deliver")
        if hooks.due(self._store):
            self._ring("heed_hooks")
        if changes.any_due(self._store) or self._idle_turn():
            self._ring("heed_changes")
        if self._turns % REMIND_TURNS == 0 and reminding.any_due(self._store):
            self._ring("remind_owners")
        for source in pulls.due(self._store, self._sources):
            self._ring("pull_crm", source)
        return messages

    def _now_and_then(self) -> None:
        if self._turns % SHARE_TURNS == 1:
            share_agents_out(self._store, datetime.now(UTC))
        self._look_at_recordings()
        if self._turns % CLEAN_TURNS == 1:
            self._look_at_numbers()
        if self._turns % FORGET_TURNS == 1:
            pacing.forget(self._store, datetime.now(UTC) - pacing.KEPT)
            hooks.forget(self._store)
            if upkeep.due(self._store):
                self._ring("make_months")
            if trimming.due(self._store, self._kept_days):
                self._ring("trim_dealt_with")

    def tidy(self, now: float) -> None:
        """Remove the sounds of calls whose time is over; now and then. `now`: of a clock that only
        rises."""
        if self._sounds is None or now < self._sounds_due:
            return
        self._sounds_due = now + SOUNDS_SECONDS
        try:
            gone = self._sounds.shrink()
        except OSError as wrong:
            log.warning("sounds of calls that nobody wants any more cannot be removed: %s", wrong)
            return
        if gone.files:
            log.info("%d sounds of calls are removed, %d are left", gone.files, gone.left)

    def _idle_turn(self) -> bool:
        """Nobody tells when a customer has had no follow-up for too long: time passes."""
        return self._turns % IDLE_TURNS == 0 and asks_after_idle(self._store)

    def _look_at_recordings(self) -> None:
        if self._recordings is None or self._turns % RECORDINGS_TURNS:
            return
        if any(waiting(self._recordings)):
            self._ring("join_recordings")

    def _look_at_numbers(self) -> None:
        if cleaning.due(self._store):
            self._ring("clean_numbers")
        if self._checks:
            self._ring("check_numbers")

    def _ring(self, job: str, *args: str) -> bool:
        return ring(self._client, job, *args, keys=self._keys)

    def _my_turn(self) -> bool:
        mine = self._name.encode()
        if self._client.set(TURN_KEY, mine, nx=True, px=TURN_MS):
            return True
        if self._client.get(TURN_KEY) != mine:
            return False
        self._client.pexpire(TURN_KEY, TURN_MS)
        return True

    def _try(self) -> None:
        try:
            swept = self.sweep()
        except (StorageError, redis.RedisError) as away:
            if str(away) != self._trouble:
                log.warning("nothing can be swept now: %s", away)
            self._trouble = str(away)
            if isinstance(away, redis.RedisError):  # it may come back under another address
                self._client.close()
                self._client = self._connect()
            return
        self._trouble = ""
        for name in swept.campaigns:
            log.info("campaign '%s' has nobody who dials it: rang for a worker", name)
