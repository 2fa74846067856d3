"""A backup into an empty database, in one transaction: all of it, or nothing has changed.

The tables are made as they were when the backup was taken, loaded, compared with what the backup
says of them row by row, brought to this program's version, and fenced. A database that was
partitioned is so again: the rows of the backup are its first partition.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from storage.backup.aside import SETTINGS, put_aside
from storage.backup.digest import Count
from storage.backup.errors import CannotRestore
from storage.backup.fence import Fenced, fence
from storage.backup.folder import Chain
from storage.backup.ground import bring_up_to_date, count_on, make_tables, require_empty
from storage.backup.keys import Identity
from storage.backup.merge import Merge
from storage.backup.rows import Key, read_rows, write_rows
from storage.backup.script import Head, Script, Told
from storage.backup.shape import Shape
from storage.backup.take import Tell, nobody, telling
from storage.backup.unsealing import unsealed
from storage.engine import Store
from storage.migrate import alone, program
from storage.partitioning.convert import lay_out, layout_of

HOLD = 24.0  # hours
PROGRAM = "program"


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored. Nothing that was committed after `taken_at` is known to it."""

    taken_at: datetime
    segments: int
    rows: dict[str, int]
    fenced: Fenced


def restore(
    store: Store,
    chain: Chain,
    identities: Sequence[Identity],
    hold: float = HOLD,
    tell: Tell = nobody,
) -> Restored:
    """Restore into `store`, which must hold no rows. `hold`: see `fence`.

    Raises `BackupUnreadable`, `CannotRestore` and what storage raises; nothing has changed then.
    """
    with store.writing() as connection:
        alone(connection)
        for setting in SETTINGS[connection.dialect.name]:
            connection.execute(text(setting))
        kept = require_empty(connection, store.shown)
        layout = layout_of(connection)
        loaded = _load(connection, chain, identities, tell)
        bring_up_to_date(connection, loaded.head)
        count_on(connection)
        lay_out(connection, layout)
        kept[PROGRAM] = program()
        fenced = fence(connection, loaded.taken_at, hold, kept)
    return Restored(loaded.taken_at, len(chain.segments), loaded.rows, fenced)


@dataclass(slots=True)
class _Loaded:
    head: Head
    taken_at: datetime
    rows: dict[str, int]


def _load(
    connection: Connection, chain: Chain, identities: Sequence[Identity], tell: Tell
) -> _Loaded:
    with unsealed(chain.full, identities) as source:
        script = Script(source, chain.full)
        make_tables(connection, script.head)
        with put_aside(connection):
            _fill(connection, script, tell)
            _compare(connection, script.head, script.end, tell)
            taken_at = _follow_on(connection, chain, identities, script.head, tell)
    return _Loaded(script.head, taken_at, {table: told.rows for table, told in script.end.items()})


def _fill(connection: Connection, script: Script, tell: Tell) -> None:
    def rows(shape: Shape, lines: Iterator[bytes]) -> None:
        write_rows(connection, shape, telling(shape.table, lines, tell))

    def gone(shape: Shape, _: Iterator[Key]) -> None:
        raise CannotRestore(f"A segment (of {shape.table}) cannot be restored without its folder")

    if script.head.after is not None:
        raise CannotRestore(
            "This file holds only what has changed since the one before it; name its folder"
        )
    script.sections(rows, gone)


def _compare(connection: Connection, head: Head, end: Mapping[str, Told], tell: Tell) -> None:
    """Read everything back. Raises `CannotRestore` where it is not what was backed up."""
    for shape in head.shapes:
        count = Count(shape)
        for line in telling(shape.table, read_rows(connection, shape), tell):
            count.add(line)
        if Told(count.rows, count.digest) != end.get(shape.table):
            raise CannotRestore(
                f"The table {shape.table} came out otherwise than it was backed up; nothing was "
                "kept. Please report it"
            )


def _follow_on(
    connection: Connection,
    chain: Chain,
    identities: Sequence[Identity],
    head: Head,
    tell: Tell,
) -> datetime:
    merge, taken_at = Merge(connection), head.taken_at
    for path in chain.segments:
        taken_at = merge.read(path, identities, head.schema)
        tell("segments", 1)
    merge.flush()
    return taken_at
