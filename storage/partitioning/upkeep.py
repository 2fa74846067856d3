"""What partitions by month want again and again: the months to come, and to be closed when past.

A month that is past, and some days more, gets a CHECK with the times between which its calls were
placed. So PostgreSQL leaves it out of every question about other times, though those name no id.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from storage.dbtime import read_db_time
from storage.engine import Store
from storage.partitioning import parts
from storage.partitioning.catalog import BY_MONTH, Partition, covers, is_partitioned, months_of
from storage.partitioning.months import Month, made_at, month_of, wanted

CLOSED_AFTER = timedelta(days=3)
_AROUND = timedelta(days=1)
_PATIENCE = "2s"  # for a lock: calls wait behind whoever waits for one
_CHECK = text(
    "SELECT convalidated FROM pg_constraint "
    "WHERE conrelid = to_regclass(:name) AND conname = :check"
)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a database's months stand. `until`: the first that has no partition; `stray`: there are
    rows that no month's partition has taken."""

    until: Month
    missing: Sequence[Month]
    stray: bool


def standing(store: Store) -> Standing | None:
    """None: nothing is partitioned by month."""
    with store.reading() as connection:
        if not all(is_partitioned(connection, name) for name in BY_MONTH):
            return None
        now = read_db_time(connection)
        there = {name: months_of(connection, name) for name in BY_MONTH}
        stray = any(_has_rows(connection, parts.rest_of(name)) for name in BY_MONTH)
    missing = [m for m in wanted(now) if not all(covers(p, m.first) for p in there.values())]
    until = month_of(now)
    while all(covers(p, until.first) for p in there.values()):
        until = until.next
    return Standing(until, missing, stray)


def due(store: Store) -> bool:
    """Whether there is something to be made, or to be closed."""
    now = standing(store)
    return now is not None and bool(now.missing or _to_close(store))


def keep_up(store: Store) -> list[str]:
    """Make the months that are to be ahead, and close one that is past; what was made or closed.

    Waits for no lock longer than two seconds. Raises `StorageError`, such as `DatabaseBusy`; then
    the next time will do.
    """
    if standing(store) is None:
        return []
    done: list[str] = []
    for table in BY_MONTH:  # a transaction each, which holds no more locks than it must
        with store.writing() as connection:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_PATIENCE}'")
            done += make_ahead(connection, table, read_db_time(connection))
    return done + close_past(store)


def make_ahead(connection: Connection, table: str, now: datetime) -> list[str]:
    """The partitions of the present month and of those ahead, as far as they are not there."""
    made: list[str] = []
    parts.prepare(connection)  # two who do this at once wait for each other here
    for month in wanted(now):
        if not covers(months_of(connection, table), month.first):
            part = Partition(f"{table}_{month.name}", month.first, month.next.first)
            parts.make(connection, table, part, parts.rest_of(table))
            made.append(part.name)
    return made


def close_past(store: Store, now: datetime | None = None) -> list[str]:
    """Close the months that are past and open; their names. `now`: of the database, by default."""
    closed = _to_close(store, now)
    for name in closed:
        _close(store, name)
    return closed


def _to_close(store: Store, now: datetime | None = None) -> list[str]:
    with store.reading() as connection:
        at = now or read_db_time(connection)
        past = [p.name for p in months_of(connection, parts.ATTEMPTS) if _is_past(p, at)]
        still_open = [name for name in past if not _is_closed(connection, name)]
        return [name for name in still_open if _has_rows(connection, name)]


def _close(store: Store, name: str) -> None:
    """Declared first, and then looked at: the first wants a lock for a moment, the second reads the
    whole partition and lets others work."""
    with store.writing() as connection:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_PATIENCE}'")
        if connection.execute(_CHECK, _check_of(name)).first() is None:
            first, last = connection.exec_driver_sql(
                f"SELECT min(placed_at), max(placed_at) FROM {name}"  # noqa: S608 - our name
            ).one()
            connection.exec_driver_sql(
                f"ALTER TABLE {name} ADD CONSTRAINT {_check_of(name)['check']} "
                f"CHECK (placed_at BETWEEN '{first - _AROUND}' AND '{last + _AROUND}') NOT VALID"
            )
    with store.writing() as connection:
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        connection.exec_driver_sql(
            f"ALTER TABLE {name} VALIDATE CONSTRAINT {_check_of(name)['check']}"
        )


def _is_past(part: Partition, now: datetime) -> bool:
    return part.high is not None and made_at(part.high) + CLOSED_AFTER < now


def _is_closed(connection: Connection, name: str) -> bool:
    return bool(connection.execute(_CHECK, _check_of(name)).scalar())


def _check_of(name: str) -> dict[str, str]:
    return {"name": name, "check": f"ck_{name}_placed"}


def _has_rows(connection: Connection, name: str) -> bool:
    return connection.exec_driver_sql(f"SELECT 1 FROM {name} LIMIT 1").first() is not None  # noqa: S608
