"""Whole backups of a database that is followed: one anew every few hours, in a thread of its own,
while segments go on. The last two are kept, and what was written since."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from storage.backup.errors import BackupError
from storage.backup.folder import forget_before, full_name, is_there, listed, number_of
from storage.backup.keys import Recipient
from storage.backup.script import Head
from storage.backup.snapshot import head_of, snapshot
from storage.backup.take import take_from
from storage.engine import Store

AGAIN = 60.0  # seconds until one that failed is tried again
KEPT = 2  # with all that follows them


@dataclass(frozen=True, slots=True)
class Wrote:
    """A file that was added to the folder."""

    path: Path
    taken_at: datetime
    size: int
    rows: int


class Anew:
    """The whole backups of one folder."""

    def __init__(
        self,
        store: Store,
        folder: Path,
        recipients: Sequence[Recipient],
        wrote: Callable[[Wrote], None],
        seconds: float,
    ) -> None:
        """`seconds`: from one whole backup to the next."""
        self._store, self._folder, self._recipients = store, folder, recipients
        self._wrote, self._seconds = wrote, seconds
        self._due = 0.0  # by the monotonic clock
        self._over = False
        self._thread = ThreadPoolExecutor(1, "backup")
        self._making: Future[None] | None = None

    def go_on(self, number: int) -> None:
        """Begin one when it is due; its moment lies between segment `number` and the next.

        Raises `StorageError`: what became of the last one, or why none can be begun.
        """
        if self._making is not None and self._making.done():
            self._settle()
        if self._making is None and time.monotonic() >= self._due:
            self._due = time.monotonic() + AGAIN
            self._begin(self._folder / full_name(number))

    def end(self) -> None:
        """One that is being made is given up. Raises `StorageError` as `go_on` does."""
        self._over = True
        self._thread.shutdown()
        self._settle()

    def _settle(self) -> None:
        made, self._making = self._making, None
        if made is not None:
            made.result()

    def _begin(self, path: Path) -> None:
        if is_there(path):  # nothing has changed since
            return
        with ExitStack() as stack:
            connection, taken_at = stack.enter_context(snapshot(self._store))
            head = head_of(connection, taken_at)
            self._making = self._thread.submit(self._make, stack.pop_all(), connection, head, path)

    def _make(self, stack: ExitStack, connection: Connection, head: Head, path: Path) -> None:
        with stack:  # which has words for what the database says
            try:
                made = take_from(connection, head, path, self._recipients, self._go_on_or_give_up)
            except _GivenUp:
                return
        self._due = time.monotonic() + self._seconds
        self._wrote(Wrote(made.path, made.taken_at, made.size, sum(made.rows.values())))
        fulls, _ = listed(self._folder)
        if len(fulls) > KEPT:
            forget_before(self._folder, number_of(fulls[-KEPT]))

    def _go_on_or_give_up(self, _table: str, _rows: int) -> None:
        if self._over:
            raise _GivenUp


class _GivenUp(BackupError):
    """Whoever follows is to end: a whole backup is not waited for."""
