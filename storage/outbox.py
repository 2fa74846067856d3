"""The outbox: messages written with what they tell of, and delivered at least once afterwards.

Taking a message hides it from the other deliverers for a while; whoever dies with it in hand
thereby gives it back. A receiver may see a message twice and goes by its idempotency key. Times
are the database's own, since several machines deliver.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, case, func, select, update
from sqlmodel import col
from sqlmodel import select as rows_of

from storage.bulk import insert_new
from storage.dbtime import db_time
from storage.engine import Store
from storage.ids import new_id
from storage.messages import Message
from storage.tables.records import OUTBOX, OutboxRow

HIDDEN = 120.0  # seconds within which every receiver has had a taken message, one after another
FIRST_WAIT, LONGEST_WAIT = 5.0, 3600.0
TRIES = 20  # with the waits above: given up after about thirteen hours

_C = OUTBOX.c


@dataclass(frozen=True, slots=True)
class Taken:
    """A message to deliver. `attempts` counts this one."""

    id: UUID
    kind: str
    idempotency_key: str
    payload: dict[str, Any]
    attempts: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits. `oldest_seconds`: since the oldest message that waits was written."""

    waiting: int
    dead: int
    oldest_seconds: float


def take(store: Store, limit: int = 200, hidden: float = HIDDEN) -> list[Taken]:
    """At most `limit` messages that are due, oldest first, for this caller alone."""
    with store.writing() as connection:
        query = (
            select(_C.id, _C.kind, _C.idempotency_key, _C.payload, _C.attempts)
            .where(_unsent(), _C.next_at <= db_time())
            .order_by(_C.next_at, _C.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        rows = connection.execute(query).all()
        if rows:
            connection.execute(
                update(OUTBOX)
                .where(_C.id.in_([row.id for row in rows]))
                .values(attempts=_C.attempts + 1, next_at=db_time(hidden))
            )
    return [Taken(r.id, r.kind, r.idempotency_key, r.payload, r.attempts + 1) for r in rows]


def delivered(store: Store, ids: Sequence[UUID]) -> None:
    """These messages have arrived."""
    if not ids:
        return
    with store.writing() as connection:
        connection.execute(
            update(OUTBOX)
            .where(_C.id.in_(ids), _unsent())
            .values(delivered_at=db_time(), last_error="")
        )


def failed(store: Store, message: Taken, error: str, for_good: bool = False) -> bool:
    """Note why a message could not be delivered; False: it is given up and lies dead.

    It is tried again after a wait that doubles each time. `for_good`: no further try can help.
    """
    over = for_good or message.attempts >= TRIES
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** (message.attempts - 1))
    with store.writing() as connection:
        connection.execute(
            update(OUTBOX)
            .where(_C.id == message.id, _unsent())
            .values(last_error=error, next_at=db_time(wait), dead_at=db_time() if over else None)
        )
    return not over


def revive(store: Store) -> int:
    """Try every dead message again, from the start; how many there are."""
    with store.writing() as connection:
        found = connection.execute(
            update(OUTBOX)
            .where(_C.dead_at.is_not(None))
            .values(dead_at=None, attempts=0, next_at=db_time())
        )
        return found.rowcount


def dead(store: Store, limit: int = 100) -> list[OutboxRow]:
    """Messages that were given up, newest first, each with its last error."""
    query = rows_of(OutboxRow).where(col(OutboxRow.dead_at).is_not(None))
    with store.session() as session:
        return list(session.exec(query.order_by(col(OutboxRow.id).desc()).limit(limit)))


def backlog(store: Store) -> Backlog:
    """How much waits, and for how long."""
    query = select(
        func.count(case((_unsent(), 1))),
        func.count(_C.dead_at),
        func.min(case((_unsent(), _C.created_at))),
        db_time(),
    )
    with store.reading() as connection:
        waiting, lying, oldest, now = connection.execute(query).one()
    return Backlog(waiting, lying, (now - oldest).total_seconds() if oldest else 0.0)


def unsent(store: Store) -> tuple[int, float]:
    """How many messages are to be delivered yet, and the age of the oldest in seconds.

    Unlike `backlog` it reads the index of these alone, however many were delivered before.
    """
    query = select(func.count(), func.min(_C.created_at), db_time()).where(_unsent())
    with store.reading() as connection:
        count, oldest, now = connection.execute(query).one()
    return count, (now - oldest).total_seconds() if oldest else 0.0


def write_messages(connection: Connection, messages: Sequence[Message]) -> None:
    """Add messages within the transaction of what they tell; one that is there stays as it is."""
    rows = [
        {
            "id": new_id(),
            "kind": message.kind,
            "idempotency_key": message.key,
            "payload": message.payload,
            "attempts": 0,
            "last_error": "",
        }
        for message in messages
    ]
    times = {"created_at": db_time(), "next_at": db_time()}
    insert_new(connection, OUTBOX, rows, ["idempotency_key"], constants=times)


def rewrite_untaken(connection: Connection, key: str, payload: dict[str, Any]) -> bool:
    """Put `payload` into a message that nobody has tried to deliver yet; False: it may be out."""
    untaken = update(OUTBOX).where(_C.idempotency_key == key, _C.attempts == 0, _unsent())
    return connection.execute(untaken.values(payload=payload)).rowcount == 1


def _unsent() -> ColumnElement[bool]:
    return and_(_C.delivered_at.is_(None), _C.dead_at.is_(None))
