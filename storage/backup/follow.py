"""Following a database: a whole backup, then every second or two what has changed since.

Whole backups are made anew while segments go on, so that a restore never has many to read.
"""

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection

from storage.backup.anew import Anew, Wrote
from storage.backup.digest import Count
from storage.backup.errors import NoLongerFollowed
from storage.backup.folder import clear_up, listed, number_of, only_one_in, segment_name
from storage.backup.journal import Journal, Notes, remove
from storage.backup.keys import Recipient
from storage.backup.sealing import seal
from storage.backup.segment import segment_of
from storage.backup.snapshot import head_of, snapshot
from storage.engine import Store
from storage.errors import StorageError
from storage.migrate import require_current

log = logging.getLogger(__name__)

EVERY = 2.0  # seconds
ANEW = 6.0  # hours
UPGRADED = (
    "The database was upgraded while it was followed; start 'dialplane backup follow' again, with "
    "the program that has upgraded it"
)


class Stop(Protocol):
    """A flag: an event of a thread, or what a signal raises."""

    def is_set(self) -> bool: ...
    def wait(self, timeout: float, /) -> bool: ...


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
        self._told = ""

    def run(self, stop: Stop, every: float = EVERY, anew: float = ANEW) -> None:
        """Until `stop`; what is away meanwhile (database, folder, room on the disk) is waited for.

        `every`: seconds from segment to segment; `anew`: hours from one whole backup to the next.
        Raises `NotWritten` where somebody else follows into the folder, `NoLongerFollowed`, and
        at the beginning what storage raises.
        """
        require_current(self._store)
        with snapshot(self._store) as (connection, taken_at):
            self._schema = head_of(connection, taken_at).schema
        with only_one_in(self._folder), ExitStack() as last:
            clear_up(self._folder)
            there = [number_of(path) for paths in listed(self._folder) for path in paths]
            self._number = max(there) + 2 if there else 0  # what comes does not follow on that
            self._journal.begin()
            last.callback(self._leave)
            given = self._store, self._folder, self._recipients, self._wrote
            whole = Anew(*given, seconds=anew * 3600)
            last.callback(self._try, whole.end)
            self._go_on(stop, every, whole)

    def _go_on(self, stop: Stop, every: float, whole: Anew) -> None:
        while not stop.is_set():
            begun = time.monotonic()
            self._try(lambda: whole.go_on(self._number))
            self._try(self._segment)
            stop.wait(max(0.0, begun + every - time.monotonic()))
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

    def _segment(self) -> None:
        with snapshot(self._store) as (connection, taken_at):
            notes = self._journal.read(connection)
            if notes.numbers:
                self._write(connection, taken_at, notes)
        if notes.numbers:
            self._journal.forget(notes)
        else:
            self._journal.beat()

    def _write(self, connection: Connection, taken_at: datetime, notes: Notes) -> None:
        head = head_of(connection, taken_at, after=self._number)
        if head.schema != self._schema:
            raise NoLongerFollowed(UPGRADED)
        path = self._folder / segment_name(self._number + 1)
        counts = [Count(shape) for shape in notes.keys]
        size = seal(path, segment_of(connection, head, notes, counts), self._recipients)
        self._number += 1
        self._wrote(Wrote(path, taken_at, size, sum(count.rows for count in counts)))

    def _leave(self) -> None:
        """Nothing is noted for nobody; where the database is away, the next one clears up."""
        try:
            with snapshot(self._store) as (connection, _):
                self._journal.read(connection)
            remove(self._store)
        except StorageError as away:
            log.debug("the notes of changes stay in the database: %s", away)
