"""Holding the right to dial a campaign: renewed each second, and never trusted beyond its time."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor

from storage import leases
from storage.engine import Store
from storage.errors import LeaseLost, StorageError
from storage.leases import TTL, Lease

log = logging.getLogger(__name__)

RENEW_SECONDS = 1.0


def standing_by(lease: Lease) -> str:
    """The sentence for a second worker of a campaign."""
    return f"campaign '{lease.campaign}' is already dialled by worker {lease.holder}; standing by"


def seconds_awake_or_not() -> float:
    """A clock that also runs while the machine sleeps, where there is one."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class HeldLease:
    """A lease that this process holds. `fresh` says whether that is certain at this moment.

    The database judges each write. But an originate goes to the PBX, which knows no fencing
    token: it is only sent while, by our own clock, the lease cannot have lapsed yet.
    """

    def __init__(
        self, store: Store, lease: Lease, clock: Callable[[], float] = seconds_awake_or_not
    ) -> None:
        self.lease = lease
        self._store = store
        self._clock = clock
        self._turn = threading.Lock()  # a renewal under way ends before the release
        self._released = False
        self._until = 0.0  # when it was asked for is not known: only a renewal makes certain

    def fresh(self) -> bool:
        """Whether nobody else can have taken it by now."""
        return self._clock() < self._until

    async def keep(self, executor: Executor) -> None:
        """Renew it, at once and each second, until cancelled.

        Raises `LeaseLost` once somebody else has it.
        """
        loop = asyncio.get_running_loop()
        while True:
            try:
                await loop.run_in_executor(executor, self.renew)
            except LeaseLost:
                raise
            except StorageError as away:
                log.warning("the lease could not be renewed: %s", away)
            await asyncio.sleep(RENEW_SECONDS)

    def renew(self) -> None:
        """Once. Raises `LeaseLost`, or another `StorageError` when the database is away.

        One that was released is not renewed: whoever comes next would wait for it to lapse.
        """
        with self._turn:
            if not self._released:
                self._renew()

    def release(self) -> None:
        """Let the next worker have it at once; if that fails, it has it in three seconds."""
        self._until = 0.0
        with self._turn:
            self._released = True
            self._until = 0.0
            try:
                leases.release(self._store, self.lease)
            except StorageError as away:
                log.warning("the lease could not be released, it lapses by itself: %s", away)

    def _renew(self) -> None:
        asked = self._clock()
        if not leases.renew(self._store, self.lease):
            raise LeaseLost(
                f"Campaign '{self.lease.campaign}' is dialled by another worker now; "
                "this one stops, and its calls in progress go on over there"
            )
        self._until = asked + TTL
