"""The receivers of the outbox: how each stands, and what was given up for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, case, delete, func, select, update

from campaigns.crm.breaker import Breaker, State
from storage.dbtime import db_time, read_db_time
from storage.engine import Store
from storage.outbox import is_unsent
from storage.tables.deliveries import DELIVERIES, RECEIVERS
from storage.tables.records import OUTBOX
from storage.upsert import insert_into

_D, _O, _R = DELIVERIES.c, OUTBOX.c, RECEIVERS.c


@dataclass(frozen=True, slots=True)
class Standing:
    """How one receiver stands. `state`: of its breaker; `oldest_seconds`: since the oldest message
    that waits for it was written."""

    name: str
    state: str
    until: datetime | None
    waiting: int
    dead: int
    oldest_seconds: float
    arrived: int
    arrived_at: datetime | None
    last_error: str


@dataclass(frozen=True, slots=True)
class Dead:
    """A message that was given up for one receiver; None: for all there were, by an older
    program."""

    message_id: UUID
    receiver: str | None
    kind: str
    idempotency_key: str
    payload: dict[str, Any]
    written_at: datetime
    dead_at: datetime
    attempts: int
    last_error: str


def standings(store: Store) -> list[Standing]:
    """Every receiver that there is, or that something waits for, by name."""
    open_ = _D.dead_at.is_(None)
    waits = select(
        _D.receiver.label("name"),
        func.count(case((open_, 1))).label("waiting"),
        func.count(_D.dead_at).label("dead"),
        func.min(case((open_, _D.written_at))).label("oldest"),
    ).group_by(_D.receiver)
    with store.reading() as connection:
        now = read_db_time(connection)
        lines = {row.name: row for row in connection.execute(waits)}
        known = {row.name: row for row in connection.execute(select(RECEIVERS))}
    return [_standing(name, known.get(name), lines.get(name), now)
            for name in sorted({*lines, *known})]  # fmt: skip


def dead(store: Store, limit: int = 100, receiver: str | None = None) -> list[Dead]:
    """What was given up, the last first, each with its last error."""
    columns = (_O.kind, _O.idempotency_key, _O.payload)
    lines = select(DELIVERIES, *columns).join(OUTBOX, _O.id == _D.message_id)
    lines = lines.where(_D.dead_at.is_not(None), *_mine(receiver))
    before = select(OUTBOX).where(_never_spread())
    with store.reading() as connection:
        rows = connection.execute(lines.order_by(_D.dead_at.desc()).limit(limit)).all()
        found = [_dead(row, row.message_id, row.receiver, row.tries) for row in rows]
        if receiver is None and len(found) < limit:
            rest = before.order_by(_O.id.desc()).limit(limit - len(found))
            old = connection.execute(rest).all()
            found += [_dead(row, row.id, None, row.attempts) for row in old]
    return found


def revive(store: Store, receiver: str | None = None) -> int:
    """Try whatever was given up again, from the start; how many lines there are."""
    with store.writing() as connection:
        dead = select(_D.message_id).where(_D.dead_at.is_not(None), *_mine(receiver))
        connection.execute(
            update(OUTBOX).where(_O.id.in_(dead)).values(dead_at=None, delivered_at=None)
        )
        found = connection.execute(
            update(DELIVERIES)
            .where(_D.dead_at.is_not(None), *_mine(receiver))
            .values(dead_at=None, tries=0, next_at=db_time(), held_until=None)
        ).rowcount
        if receiver is None:  # those that were given up before receivers had lines of their own
            again = update(OUTBOX).where(_never_spread()).values(dead_at=None, attempts=0)
            found += connection.execute(again).rowcount
    try_now(store, receiver)
    return found


def try_now(store: Store, receiver: str | None = None) -> None:
    """A receiver that is left alone is tried with the next sweep."""
    mine = [] if receiver is None else [_R.name == receiver]
    with store.writing() as connection:
        these = update(RECEIVERS).where(_R.state != State.CLOSED.value, *mine)
        connection.execute(these.values(until=db_time()))


def retire(store: Store, receiver: str) -> int:
    """A receiver is none any more: what it has not got is done with; how many messages."""
    with store.writing() as connection:
        mine = select(_D.message_id).where(_D.receiver == receiver)
        ids = sorted(connection.execute(mine).scalars())
        for start in range(0, len(ids), 500):
            part = ids[start : start + 500]
            connection.execute(
                select(_O.id).where(_O.id.in_(part)).order_by(_O.id).with_for_update()
            ).all()
            connection.execute(delete(DELIVERIES).where(*lines_of(receiver, part)))
            close(connection, part)
        connection.execute(delete(RECEIVERS).where(_R.name == receiver))
    return len(ids)


def breaker_of(connection: Connection, receiver: str) -> tuple[Breaker, datetime]:
    """The breaker, which nobody else changes until the transaction ends, and the time now."""
    new = {"name": receiver, "state": State.CLOSED.value, "fails": 0, "arrived": 0}
    there = insert_into(connection, RECEIVERS).values(**new, last_error="")
    connection.execute(there.on_conflict_do_nothing(index_elements=["name"]))
    query = select(_R.state, _R.fails, _R.until).where(_R.name == receiver).with_for_update()
    row = connection.execute(query).one()
    return Breaker(State(row.state), row.fails, row.until), read_db_time(connection)


def keep(
    connection: Connection,
    receiver: str,
    breaker: Breaker,
    arrived: int = 0,
    why: str | None = None,
) -> None:
    """Keep the breaker; `arrived`: so many more messages have; `why`: the last failure of a batch
    that is back, empty where there was none."""
    values: dict[str, Any] = {
        "state": breaker.state.value,
        "fails": breaker.fails,
        "until": breaker.until,
    }
    if arrived:
        values |= {"arrived": _R.arrived + arrived, "arrived_at": db_time()}
    if why is not None:
        values["last_error"] = why
    connection.execute(update(RECEIVERS).where(_R.name == receiver).values(values))


def hurry(connection: Connection, receiver: str, seconds: float) -> None:
    """It takes messages again: what waits as it was away need not wait longer than this."""
    waits = and_(_D.receiver == receiver, _D.dead_at.is_(None), _D.next_at > db_time(seconds))
    connection.execute(update(DELIVERIES).where(waits).values(next_at=db_time(seconds)))


def close(connection: Connection, ids: Sequence[UUID]) -> None:
    """Messages that nobody has still to get are done: all have them, or some never will."""
    mine = _D.message_id == _O.id
    open_ = select(_D.message_id).where(mine, _D.dead_at.is_(None)).exists()
    dead = select(_D.message_id).where(mine, _D.dead_at.is_not(None)).exists()
    these: list[ColumnElement[bool]] = [_O.id.in_(ids), ~open_, is_unsent()]
    arrived = update(OUTBOX).where(*these, ~dead)
    connection.execute(arrived.values(delivered_at=db_time(), last_error=""))
    connection.execute(update(OUTBOX).where(*these, dead).values(dead_at=db_time()))


def lines_of(receiver: str, ids: Sequence[UUID]) -> tuple[ColumnElement[bool], ...]:
    """The lines of one receiver for these messages."""
    return _D.receiver == receiver, _D.message_id.in_(ids)


def _standing(name: str, known: Any, lines: Any, now: datetime) -> Standing:
    oldest = lines.oldest if lines is not None else None
    return Standing(
        name,
        known.state if known is not None else State.CLOSED.value,
        known.until if known is not None else None,
        lines.waiting if lines is not None else 0,
        lines.dead if lines is not None else 0,
        (now - oldest).total_seconds() if oldest else 0.0,
        known.arrived if known is not None else 0,
        known.arrived_at if known is not None else None,
        known.last_error if known is not None else "",
    )


def _dead(row: Any, message: UUID, receiver: str | None, tries: int) -> Dead:
    written = row.created_at if receiver is None else row.written_at
    return Dead(
        message,
        receiver,
        row.kind,
        row.idempotency_key,
        row.payload,
        written,
        row.dead_at,
        tries,
        row.last_error,
    )


def _mine(receiver: str | None) -> list[ColumnElement[bool]]:
    return [] if receiver is None else [_D.receiver == receiver]


def _never_spread() -> ColumnElement[bool]:
    """Given up before receivers had lines of their own."""
    return and_(_O.dead_at.is_not(None), _O.spread_at.is_(None))
