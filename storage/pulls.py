"""How far each CRM's customers have been pulled, and whose turn it is to pull them.

Whoever pulls holds the source for a while and says so again with each page; whoever dies with it
thereby gives it back. The mark moves once the rows before it are kept, so none is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, or_, select, update

from storage.dbtime import db_time, read_db_time
from storage.engine import Store
from storage.tables.deliveries import PULLS
from storage.upsert import insert_into

HELD = 120.0  # seconds for a page
LONGEST_WAIT = 3600.0
_C = PULLS.c


@dataclass(frozen=True, slots=True)
class Progress:
    """How a source stands. `quiet`: seconds since its mark has moved; None: it never has."""

    source: str
    mark_at: str
    mark_id: str
    quiet: float | None
    pulled_at: datetime | None
    next_at: datetime
    rows: int
    fails: int
    last_error: str


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
            begun |= {"mark_at": "", "mark_id": "", "marked_at": None}
        if not connection.execute(mine.values(begun)).rowcount:
            return None
        row = connection.execute(select(PULLS).where(_C.source == source)).one()
        return _progress(row, read_db_time(connection))


def moved(store: Store, source: str, rows: int, mark: tuple[str, str] | None) -> None:
    """So many rows are kept; `mark`: up to where, if that is known."""
    values: dict[str, Any] = {"held_until": db_time(HELD), "rows": _C.rows + rows}
    if mark is not None:
        same = (_C.mark_at == mark[0]) & (_C.mark_id == mark[1])
        values |= {
            "mark_at": mark[0],
            "mark_id": mark[1],
            "marked_at": case((same, _C.marked_at), else_=db_time()),
        }
    with store.writing() as connection:
        connection.execute(update(PULLS).where(_C.source == source).values(values))


def done(store: Store, source: str, every: float, error: str = "", failed: bool = False) -> None:
    """The turn is over. `every`: seconds until the next one, and longer each time it has failed."""
    wait = case(
        *[(_C.fails == n, db_time(min(LONGEST_WAIT, max(every, 5.0) * 2**n))) for n in range(10)],
        else_=db_time(LONGEST_WAIT),
    )
    values: dict[str, Any] = {"held_until": None, "last_error": error}
    if failed:
        values |= {"fails": _C.fails + 1, "next_at": wait}
    else:
        values |= {"fails": 0, "next_at": db_time(every), "pulled_at": db_time()}
    with store.writing() as connection:
        connection.execute(update(PULLS).where(_C.source == source).values(values))


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


def _is_free() -> Any:
    return or_(_C.held_until.is_(None), _C.held_until <= db_time())


def _progress(row: Any, now: datetime) -> Progress:
    quiet = (now - row.marked_at).total_seconds() if row.marked_at else None
    told = (row.pulled_at, row.next_at, row.rows, row.fails, row.last_error)
    return Progress(row.source, row.mark_at, row.mark_id, quiet, *told)
