"""How far each CRM's customers have been pulled, and whose turn it is to pull them.

Whoever pulls holds the source for a while and says so again with each page; whoever dies with it
thereby gives it back. The mark moves once the rows before it are kept, so none is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, or_, select, update

from storage.columns import clean
from storage.dbtime import db_time, read_db_time
from storage.engine import Store
from storage.tables.deliveries import PULLS
from storage.upsert import insert_into

HELD = 120.0  # seconds for a page
LONGEST_WAIT = 3600.0
_C = PULLS.c


@dataclass(frozen=True, slots=True)
class Progress:
    """How a source stands. `quiet`: for how many seconds its mark had not moved as the last pull
    that went through began; None: it has never moved. `now`: as this was read."""

    source: str
    mark_at: str
    mark_id: str
    quiet: float | None
    pulled_at: datetime | None
    next_at: datetime
    rows: int
    fails: int
    last_error: str
    now: datetime


def hold(store: Store, source: str, again: bool = False) -> Progress | None:
    """Take the source's turn, whether it is due or not; None: somebody has it. `again`: from the
    first row on."""
    with store.writing() as connection:
        new = {"source": source, "mark_at": "", "mark_id": "", "rows": 0, "fails": 0}
        there = insert_into(connection, PULLS).values(**new, last_error="", next_at=db_time())
        connection.execute(there.on_conflict_do_nothing(index_elements=["source"]))
        mine = update(PULLS).where(_C.source == source, _is_free())
        begun: dict[str, Any] = {"held_until": db_time(HELD)}
        if again:
            begun |= {"mark_at": "", "mark_id": "", "marked_at": None, "asked_id": ""}
        if not connection.execute(mine.values(begun)).rowcount:
            return None
        row = connection.execute(select(PULLS).where(_C.source == source)).one()
        return _progress(row, read_db_time(connection))


def moved(store: Store, source: str, rows: int, mark: tuple[str, str] | None) -> None:
    """So many rows are kept; `mark`: up to where, if that is known."""
    values: dict[str, Any] = {"held_until": db_time(HELD), "rows": _C.rows + rows}
    if mark is not None:
        at, id_ = map(clean, mark)
        since = case((_C.mark_at == at, _C.marked_at), else_=db_time())
        values |= {"mark_at": at, "mark_id": id_, "marked_at": since}
    with store.writing() as connection:
        connection.execute(update(PULLS).where(_C.source == source).values(values))


def done(
    store: Store, source: str, every: float, error: str | None = "", begun: datetime | None = None
) -> None:
    """The turn is over, and went through. `every`: seconds until the next one; `begun`: when it
    began, by the database. `error`: None: no row came, so that what was said of rows holds."""
    pulled = db_time() if begun is None else begun
    _end(
        store,
        source,
        _OF_ROWS if error is None else error,
        {"fails": 0, "next_at": db_time(every), "pulled_at": pulled},
    )


def failed(store: Store, source: str, every: float, error: str, asked: float = 0.0) -> None:
    """The turn came to nothing: the next one is later each time, and not before the CRM wants one,
    which has `asked` for so many seconds."""
    waits = [min(LONGEST_WAIT, max(every, 5.0) * 2**n) for n in range(10)]
    steps = [(_C.fails == n, db_time(max(asked, wait))) for n, wait in enumerate(waits)]
    wait = case(*steps, else_=db_time(max(asked, LONGEST_WAIT)))
    _end(store, source, error, {"fails": _C.fails + 1, "next_at": wait})


def due(store: Store, sources: Sequence[str]) -> list[str]:
    """Those of them whose turn it is, and that nobody pulls."""
    if not sources:
        return []
    waits = or_(_C.next_at > db_time(), _C.held_until > db_time())
    query = select(_C.source).where(_C.source.in_(list(sources)), waits)
    with store.reading() as connection:
        waiting = set(connection.execute(query).scalars())
    return [each for each in sources if each not in waiting]


def progress(store: Store) -> dict[str, Progress]:
    """How every source that was ever pulled stands."""
    with store.reading() as connection:
        now = read_db_time(connection)
        return {row.source: _progress(row, now) for row in connection.execute(select(PULLS))}


_OF_ROWS = case((_C.fails == 0, _C.last_error), else_="")


def _end(store: Store, source: str, error: Any, values: dict[str, Any]) -> None:
    ended = {"held_until": None, "last_error": error, **values}
    with store.writing() as connection:
        connection.execute(update(PULLS).where(_C.source == source).values(ended))


def _is_free() -> Any:
    return or_(_C.held_until.is_(None), _C.held_until <= db_time())


def _progress(row: Any, now: datetime) -> Progress:
    quiet = None
    if row.marked_at and row.pulled_at:
        quiet = (row.pulled_at - row.marked_at).total_seconds()
    told = (row.pulled_at, row.next_at, row.rows, row.fails, row.last_error)
    return Progress(row.source, row.mark_at, row.mark_id, quiet, *told, now)
