"""How far behind whoever follows the database is; it may be gone, and its notes grow."""

from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import Connection, column, func, inspect, select, table

from storage.columns import UTC_TIME
from storage.dbtime import read_db_time
from storage.engine import Store
from storage.errors import DatabaseTooOld
from storage.partitions import CHANGES

NOTES = table(CHANGES, column("seq"), column("about"), column("key"), column("at", UTC_TIME))
"""A note names a row that has changed (`about`: its table). The mark, about nothing, says whose the
notes are, and `at` when all of them were last written down."""
MARK = NOTES.c.about == ""


@dataclass(frozen=True, slots=True)
class Behind:
    """`notes`: changes that nobody has written down yet; `seconds`: since any were."""

    notes: int
    seconds: float


def seconds_behind(store: Store) -> float | None:
    """Since what was noted was last written down. None: nobody follows the database."""
    with suppress(DatabaseTooOld), store.reading() as connection:
        return _seconds(connection)
    return None  # the notes were taken away this moment


def how_far_behind(store: Store) -> Behind | None:
    """The same with the number of notes, which takes long where there are many."""
    counting = select(func.count()).select_from(NOTES).where(~MARK)
    with suppress(DatabaseTooOld), store.reading() as connection:
        if (seconds := _seconds(connection)) is not None:
            return Behind(connection.execute(counting).scalar_one(), seconds)
    return None


def _seconds(connection: Connection) -> float | None:
    if not inspect(connection).has_table(CHANGES):
        return None
    at = connection.execute(select(NOTES.c.at).where(MARK)).scalar()
    return None if at is None else max(0.0, (read_db_time(connection) - at).total_seconds())
