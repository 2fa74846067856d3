"""A whole backup: every table, as it was at one moment, in one sealed file."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from storage.backup.digest import Count
from storage.backup.keys import Recipient
from storage.backup.rows import read_rows
from storage.backup.script import Head
from storage.backup.sealing import seal
from storage.backup.snapshot import head_of, snapshot
from storage.backup.writing import write_end, write_head, write_rows
from storage.engine import Store
from storage.migrate import require_current

Tell = Callable[[str, int], None]
"""Told now and then: which table, and how many rows were done since the last word."""
STEP = 10_000


@dataclass(frozen=True, slots=True)
class Taken:
    """A backup that was made: `size` in bytes, `rows` for each table."""

    path: Path
    taken_at: datetime
    size: int
    rows: dict[str, int]


def nobody(_table: str, _rows: int) -> None:
    """Nobody looks at the progress."""


def take(store: Store, path: Path, recipients: Sequence[Recipient], tell: Tell = nobody) -> Taken:
    """Back the database up into a new file, while it is in use.

    Raises `DatabaseTooOld`, `DatabaseTooNew`, `NotWritten` and what storage raises; then there is
    no file of this name.
    """
    require_current(store)
    with snapshot(store) as (connection, taken_at):
        return take_from(connection, head_of(connection, taken_at), path, recipients, tell)


def take_from(
    connection: Connection,
    head: Head,
    path: Path,
    recipients: Sequence[Recipient],
    tell: Tell = nobody,
) -> Taken:
    """`take` on a snapshot that is there already."""
    counts = [Count(shape) for shape in head.shapes]
    size = seal(path, _script(connection, head, counts, tell), recipients)
    return Taken(path, head.taken_at, size, {c.shape.table: c.rows for c in counts})


def _script(
    connection: Connection, head: Head, counts: Sequence[Count], tell: Tell
) -> Iterator[bytes]:
    yield write_head(head)
    for count in counts:
        lines = read_rows(connection, count.shape)
        yield from write_rows(count.shape, telling(count.shape.table, lines, tell), count)
    yield write_end(counts)


def telling(table: str, lines: Iterator[bytes], tell: Tell) -> Iterator[bytes]:
    """`lines`, with word of how many there were."""
    number = 0
    for number, line in enumerate(lines, 1):
        yield line
        if number % STEP == 0:
            tell(table, STEP)
    tell(table, number % STEP)
