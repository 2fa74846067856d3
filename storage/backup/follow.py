"""Following a database: a whole backup, then every second or two what has changed since.

Whole backups are made anew every few hours, in a thread of its own, while segments go on; so a
restore never has many segments to read. The last two are kept, and what was written since.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection

from storage.backup.digest import Count
from storage.backup.errors import BackupError, NoLongerFollowed
from storage.backup.folder import (
    forget_before,
    full_name,
    listed,
    number_of,
    only_one_in,
    segment_name,
)
from storage.backup.journal import Journal, remove
from storage.backup.keys import Recipient
from storage.backup.script import Head
from storage.backup.sealing import seal
from storage.backup.segment import segment_of
from storage.backup.snapshot import head_of, snapshot
from storage.backup.take import take_from
from storage.engine import Store
from storage.errors import StorageError
from storage.migrate import require_current

log = logging.getLogger(__name__)

EVERY = 2.0  # seconds
ANEW = 6.0  # hours
AGAIN = 60.0  # seconds until a whole backup that failed is tried again
KEPT = 2  # whole backups, with all that follows them
UPGRADED = (
    "The database was upgraded while it was followed; start 'dialplane backup follow' again, with "
    "the program that has upgraded it"
)


class Stop(Protocol):
    """A flag: an event of a thread, or what a signal raises."""

    def is_set(self) -> bool: ...
    def wait(self, timeout: float, /) -> bool: ...


@dataclass(frozen=True, slots=True)
class Wrote:
    """A file that was added to the folder."""

    path: Path
    taken_at: datetime
    size: int
    rows: int


class Follower:
    """Follows one database into one folder."""

    def __init__(
        self,
        store: Store,
        folder: Path,
        recipients: Sequence[Recipient],
        wrote: Callable[[Wrote], None],
        trouble: Callable[[str], None],
    ) -> None:
        """`wrote` is told of each file, `trouble` of what is tried again until it works."""
        self._store, self._folder, self._recipients = store, folder, recipients
        self._wrote, self._trouble = wrote, trouble
        self._journal = Journal(store)
        self._number = 0
        self._due = 0.0  # the next whole backup, by the monotonic clock
        self._told = ""
        self._full: threading.Thread | None = None

    def run(self, stop: Stop, every: float = EVERY, anew: float = ANEW) -> None:
        """Until `stop`; what is away meanwhile (database, room on the disk) is waited for.

        `every`: seconds from segment to segment; `anew`: hours from one whole backup to the next.
        Raises `NotWritten` where somebody else follows into the folder, `NoLongerFollowed`, and
        at the beginning what storage raises.
        """
        require_current(self._store)
        with snapshot(self._store) as (connection, taken_at):
            self._schema = head_of(connection, taken_at).schema
        with only_one_in(self._folder):
            there = [number_of(path) for paths in listed(self._folder) for path in paths]
            self._number = max(there) + 2 if there else 0  # what comes does not follow on that
            self._stop, self._anew = stop, anew * 3600
            self._journal.begin()
            try:
                self._go_on(every)
            finally:
                if self._full:
                    self._full.join()
                self._leave()

    def _go_on(self, every: float) -> None:
        while not self._stop.is_set():
            begun = time.monotonic()
            if begun >= self._due and not (self._full and self._full.is_alive()):
                self._due = begun + AGAIN
                self._try(self._begin_full)
            self._try(self._segment)
            self._stop.wait(max(0.0, begun + every - time.monotonic()))
        self._try(self._segment)

    def _try(self, step: Callable[[], None]) -> None:
        try:
            step()
        except NoLongerFollowed:
            raise
        except StorageError as away:
            if str(away) != self._told:
                self._trouble(str(away))
            self._told = str(away)
            return
        self._told = ""

    def _begin_full(self) -> None:
        """Its moment lies between two segments; the rest is done while they go on."""
        path = self._folder / full_name(self._number)
        if path.exists():  # nothing has changed since
            return
        stack = ExitStack()
        try:
            connection, taken_at = stack.enter_context(snapshot(self._store))
            head = head_of(connection, taken_at)
        except BaseException:
            stack.close()
            raise

        def make() -> None:
            with stack:  # which has words for what the database says
                self._make_full(connection, head, path)

        self._full = threading.Thread(target=self._try, args=(make,), name="backup", daemon=True)
        self._full.start()

    def _make_full(self, connection: Connection, head: Head, path: Path) -> None:
        try:
            made = take_from(connection, head, path, self._recipients, self._go_on_or_give_up)
        except _GivenUp:
            return
        self._due = time.monotonic() + self._anew
        self._wrote(Wrote(made.path, made.taken_at, made.size, sum(made.rows.values())))
        fulls, _ = listed(self._folder)
        if len(fulls) > KEPT:
            forget_before(self._folder, number_of(fulls[-KEPT]))

    def _go_on_or_give_up(self, _table: str, _rows: int) -> None:
        if self._stop.is_set():
            raise _GivenUp

    def _segment(self) -> None:
        with snapshot(self._store) as (connection, taken_at):
            notes = self._journal.read(connection)
            if not notes.numbers:
                return
            head = head_of(connection, taken_at, after=self._number)
            if head.schema != self._schema:
                raise NoLongerFollowed(UPGRADED)
            path = self._folder / segment_name(self._number + 1)
            counts = [Count(shape) for shape in notes.keys]
            size = seal(path, segment_of(connection, head, notes, counts), self._recipients)
        self._number += 1
        self._wrote(Wrote(path, taken_at, size, sum(count.rows for count in counts)))
        self._journal.forget(notes)

    def _leave(self) -> None:
        """Nothing is noted for nobody; where the database is away, the next one clears up."""
        try:
            with snapshot(self._store) as (connection, _):
                self._journal.read(connection)
            remove(self._store)
        except StorageError as away:
            log.debug("the notes of changes stay in the database: %s", away)


class _GivenUp(BackupError):
    """Whoever follows is to end: a whole backup is not waited for."""
