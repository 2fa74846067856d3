"""What has been dealt with for long goes: messages that everybody has, changes of customers that
were heeded, acts of rules. Otherwise these tables would only grow.

Theory. Messages are found by their ids, which begin with the time. Of changes and acts some stay
however old they are, as decisions ask for them: who set a customer's stage and owner last
(`storage.customers.records`), and for which time without a follow-up a rule has acted last
(`storage.rules.idle`). So each of the two is gone through from where the last time ended, and what
stays is the latest of its kind; the one before it goes as a later one is passed. The last row of a
table always stays: SQLite would give its number out again, and rules go by those numbers.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, func, select

from storage.bulk import among
from storage.customers.records import BOTH_SIDES
from storage.dbtime import read_db_time
from storage.engine import Store
from storage.partitioning.months import lowest_id
from storage.rules.idle import IDLE
from storage.tables.changes import CUSTOMER_CHANGES
from storage.tables.records import META, OUTBOX
from storage.tables.rules import RULE_ACTS
from storage.upsert import upsert

PORTION = 2_000  # rows in one transaction
MESSAGES_TO = "trimmed.outbox"  # the last message that has gone
_O, _N, _A = OUTBOX.c, CUSTOMER_CHANGES.c, RULE_ACTS.c


@dataclass(frozen=True, slots=True)
class _Walked:
    """A table that is gone through. `done`: since when a row is dealt with; `stays`: of which rows
    the latest of each `kind` stays."""

    table: Table
    order: ColumnElement[Any]
    done: ColumnElement[datetime]
    stays: ColumnElement[bool]
    kind: tuple[ColumnElement[Any], ColumnElement[Any]]  # the customer first

    @property
    def key(self) -> str:
        return f"trimmed.{self.table.name}"


_WALKED = (
    _Walked(
        CUSTOMER_CHANGES,
        _N.seq,
        _N.heeded_at,
        _N.what.in_(BOTH_SIDES),
        (_N.customer_id, _N.what),
    ),
    _Walked(RULE_ACTS, _A.id, _A.at, _A.occasion.startswith(IDLE), (_A.customer_id, _A.rule)),
)


def due(store: Store, days: int) -> bool:
    """Whether there is anything to be trimmed."""
    with store.reading() as connection:
        before = _before(connection, days)
        if connection.execute(_messages(before).limit(1)).first():
            return True
        return any(_portion(connection, each, before, 1) for each in _WALKED)


def trim(store: Store, days: int, stopped: Callable[[], bool], portion: int = PORTION) -> int:
    """Remove what was dealt with more than so many days ago, some at a time; how many rows are
    gone. Raises `StorageError`."""
    gone = 0
    for some in (_trim_messages, *(_walk(each) for each in _WALKED)):
        looked = portion
        while looked == portion and not stopped():
            with store.writing() as connection:
                looked, removed = some(connection, _before(connection, days), portion)
            gone += removed
    return gone


def messages_gone_to() -> ColumnElement[Any]:
    """The id, as text, of the last message that has gone; empty: none has."""
    kept = select(META.c.value).where(META.c.key == MESSAGES_TO).scalar_subquery()
    return func.coalesce(kept, "")


def _before(connection: Connection, days: int) -> datetime:
    return read_db_time(connection) - timedelta(days=days)


def _messages(before: datetime) -> Any:
    arrived = (_O.delivered_at < before, _O.dead_at.is_(None))
    return select(_O.id).where(_O.id < lowest_id(before), *arrived).order_by(_O.id)


def _trim_messages(connection: Connection, before: datetime, portion: int) -> tuple[int, int]:
    ids = connection.execute(_messages(before).limit(portion)).scalars().all()
    if ids:
        connection.execute(delete(OUTBOX).where(among(connection, _O.id, ids)))
        known = connection.execute(select(messages_gone_to())).scalar_one()
        _mark(connection, MESSAGES_TO, max(known, str(ids[-1])))
    return len(ids), len(ids)


def _walk(of: _Walked) -> Callable[[Connection, datetime, int], tuple[int, int]]:
    def some(connection: Connection, before: datetime, portion: int) -> tuple[int, int]:
        new = _portion(connection, of, before, portion)
        if not new:
            return 0, 0
        rows = [*_earlier(connection, of, new), *new]
        latest = {row[3:]: row.at for row in rows if row.stays}
        gone = [row.at for row in rows if not row.stays or row.at != latest[row[3:]]]
        for start in range(0, len(gone), portion):
            these = among(connection, of.order, gone[start : start + portion])
            connection.execute(delete(of.table).where(these))
        _mark(connection, of.key, str(new[-1].at))
        return len(new), len(gone)

    return some


def _portion(connection: Connection, of: _Walked, before: datetime, portion: int) -> list[Any]:
    """The next rows in their order, as far as all of them were dealt with long ago."""
    mark = connection.execute(select(META.c.value).where(META.c.key == of.key)).scalar()
    last = select(of.order).order_by(of.order.desc()).limit(1).scalar_subquery()
    query = _rows(of).where(of.order < last).order_by(of.order).limit(portion)
    if mark is not None:
        query = query.where(of.order > of.order.type.python_type(mark))
    found = connection.execute(query).all()
    return list(takewhile(lambda row: row.done is not None and row.done < before, found))


def _earlier(connection: Connection, of: _Walked, rows: Sequence[Any]) -> list[Any]:
    """Those that have stayed till now, of the kinds of these rows."""
    whose = {row[3] for row in rows if row.stays}
    if not whose:
        return []
    mine = among(connection, of.kind[0], whose)
    query = _rows(of).where(mine, of.stays, of.order < rows[0].at).order_by(of.order)
    return list(connection.execute(query).all())


def _rows(of: _Walked) -> Any:
    return select(of.order.label("at"), of.done.label("done"), of.stays.label("stays"), *of.kind)


def _mark(connection: Connection, key: str, value: str) -> None:
    upsert(connection, META, [{"key": key, "value": value}], ["key"])
