"""Puts what has happened into the database, in small batches, in order, off the calls' path.

A batch is written when it holds 200 rows, or 250 ms after its first row: one transaction instead
of one for each row. While the database is away, batches wait in memory and are tried again; the
dialler places no call meanwhile, because claims fail too, so what can pile up is what the calls
in progress still bring (a bound is kept all the same: beyond it notes and pacing decisions are
let go, never results). What is left when the process must end is put into a file (`unsaved`),
and stored by whoever dials the campaign next.

A row that the database refuses on its own account would hold up all behind it: the batch is then
written row by row, and that row goes to the file for people to look at.
"""

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from itertools import islice
from typing import Any

from campaigns.effects import (
    AttemptNoted,
    Effect,
    InboundNoted,
    PacingDecided,
    PacingLearned,
)
from campaigns.flow_effects import StepLeft
from storage.errors import (
    DatabaseBusy,
    DatabaseReadOnly,
    DatabaseUnavailable,
    LeaseLost,
    StorageError,
)

log = logging.getLogger(__name__)

ROWS = 200
SECONDS = 0.25
RETRY_SECONDS = 0.5
ROOM = 100_000
MAY_GO = (AttemptNoted, InboundNoted, PacingDecided, PacingLearned, StepLeft)
"""What does no harm if it is lost."""

Record = Callable[[Sequence[Effect]], None]
Reject = Callable[[Effect, StorageError], None]


class Writer:
    """One campaign's way into the database. Give it effects by `put`; it never blocks."""

    def __init__(self, record: Record, executor: Executor, reject: Reject) -> None:
        self._record = record
        self._executor = executor
        self._reject = reject
        self._waiting: deque[Effect] = deque()
        self._put = self._stored = 0  # how many have come in, and how many are dealt with
        self._goal = 0  # somebody waits until so many are stored
        self._singly = 0  # so many rows are to be written one by one
        self._since = 0.0  # when a row was stored last, or the first one came
        self._news = asyncio.Event()  # there is something to write
        self._now = asyncio.Event()  # and it should not wait for company
        self._progress = asyncio.Condition()
        self.dropped = 0
        self.trouble = ""  # why nothing is being stored now; empty: all is well

    def put(self, effect: Effect) -> None:
        """Store `effect` soon, after all that were put before it."""
        if len(self._waiting) >= ROOM and isinstance(effect, MAY_GO):
            self.dropped += 1
            return
        if not self._waiting:
            self._since = time.monotonic()
        self._waiting.append(effect)
        self._put += 1
        self._news.set()
        if len(self._waiting) >= ROWS:
            self._now.set()

    async def run(self) -> None:
        """Write until cancelled. Raises `LeaseLost`; what is `left` then is for the file."""
        while True:
            await self._news.wait()
            if not self._singly:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(SECONDS):
                        await self._now.wait()
            await self._write(self._batch())

    async def flush(self) -> None:
        """Return once everything put so far is stored."""
        goal = self._goal = self._put
        if self._stored < goal:
            self._now.set()
        async with self._progress:
            await self._progress.wait_for(lambda: self._stored >= goal)

    def left(self) -> list[Effect]:
        """What is not stored yet."""
        return list(self._waiting)

    def told(self) -> dict[str, Any]:
        """How many rows wait, and for how many seconds none was stored, as plain JSON types."""
        lag = time.monotonic() - self._since if self._waiting else 0.0
        return {"unwritten": len(self._waiting), "write_lag": round(lag, 4)}

    def _batch(self) -> list[Effect]:
        size = 1 if self._singly else ROWS
        return list(islice(self._waiting, size))

    async def _write(self, batch: list[Effect]) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._executor, self._record, batch)
        except (DatabaseUnavailable, DatabaseBusy, DatabaseReadOnly) as away:
            self._tell(str(away))
            await asyncio.sleep(RETRY_SECONDS)
        except LeaseLost:
            raise
        except StorageError as refused:
            await self._refused(batch, refused)
        else:
            self._tell("")
            await self._done(len(batch))

    async def _refused(self, batch: list[Effect], refused: StorageError) -> None:
        if len(batch) > 1:
            self._singly = len(batch)
            return
        log.error("one row could not be stored and was put aside: %s", refused)
        self._reject(batch[0], refused)
        await self._done(1)

    async def _done(self, count: int) -> None:
        for _ in range(count):
            self._waiting.popleft()
        self._stored += count
        self._since = time.monotonic()
        self._singly = max(0, self._singly - count)
        if not self._waiting:
            self._news.clear()
        if len(self._waiting) < ROWS and self._stored >= self._goal:
            self._now.clear()
        async with self._progress:
            self._progress.notify_all()

    def _tell(self, trouble: str) -> None:
        if trouble and not self.trouble:
            log.error("results wait in memory, and nothing is dialled: %s", trouble)
        elif self.trouble and not trouble:
            log.warning("the database is back; what waited is being stored")
        self.trouble = trouble
