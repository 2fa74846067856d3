"""The outbox: messages written with what they tell of, and delivered at least once afterwards.

`storage.deliveries` hands each of them out to the site's receivers, and knows what each has got. A
receiver may see a message twice and goes by its idempotency key. Times are the database's own,
since several machines deliver.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select, update

from storage.bulk import insert_new
from storage.dbtime import db_time
from storage.engine import Store
from storage.ids import new_id
from storage.messages import Message
from storage.tables.deliveries import DELIVERIES
from storage.tables.records import OUTBOX

_C, _D = OUTBOX.c, DELIVERIES.c


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
    """What waits. `dead`: given up, counted for each receiver. `oldest_seconds`: since the oldest
    message that waits was written."""

    waiting: int
    dead: int
    oldest_seconds: float


def untold(store: Store, limit: int = 200) -> list[Taken]:
    """At most so many messages that were handed out to nobody yet, oldest first."""
    with store.reading() as connection:
        rows = connection.execute(unspread(limit)).all()
    return [Taken(r.id, r.kind, r.idempotency_key, r.payload, 0) for r in rows]


def unspread(limit: int) -> Select[Any]:
    """The same, as a query."""
    columns = (_C.id, _C.kind, _C.idempotency_key, _C.payload, _C.created_at)
    query = select(*columns).where(_C.spread_at.is_(None), is_unsent())
    return query.order_by(_C.created_at, _C.id).limit(limit)


def backlog(store: Store) -> Backlog:
    """How much waits, and for how long."""
    never = and_(_C.dead_at.is_not(None), _C.spread_at.is_(None))
    given_up = select(func.count()).where(_D.dead_at.is_not(None)).scalar_subquery()
    before = select(func.count()).where(never).scalar_subquery()
    count, oldest = unsent(store)
    with store.reading() as connection:
        dead = connection.execute(select(given_up + before)).scalar_one()
    return Backlog(count, dead, oldest)


def unsent(store: Store) -> tuple[int, float]:
    """How many messages are to be delivered yet, and the age of the oldest in seconds.

    It reads the index of these alone, however many were delivered before.
    """
    query = select(func.count(), func.min(_C.created_at), db_time()).where(is_unsent())
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
    """Put `payload` into a message that was handed out to nobody yet; False: it may be out."""
    untaken = update(OUTBOX).where(
        _C.idempotency_key == key, _C.attempts == 0, _C.spread_at.is_(None), is_unsent()
    )
    return connection.execute(untaken.values(payload=payload)).rowcount == 1


def is_unsent() -> ColumnElement[bool]:
    """Whether somebody has still to get it."""
    return and_(_C.delivered_at.is_(None), _C.dead_at.is_(None))
