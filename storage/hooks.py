"""What PBXs post: kept at once, and dealt with afterwards, once for each sender's id.

Whoever has taken one and dies gives it back after a while; dealing with one twice does no harm.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, func, select, update

from storage.bulk import insert_new
from storage.dbtime import db_time
from storage.engine import Store
from storage.ids import new_id
from storage.tables.hooks import HOOKS

HIDDEN = 30.0  # seconds that a taken one is nobody else's
WAIT = 5.0  # seconds until one that cannot be dealt with yet is looked at again
KEPT = 7 * 86_400.0  # seconds after which one that is done is forgotten, and its id with it
_C = HOOKS.c


@dataclass(frozen=True, slots=True)
class Hook:
    """One, as it was posted. `tries` counts this one; `age` in seconds."""

    id: UUID
    node: str
    kind: str
    body: Mapping[str, Any]
    tries: int
    age: float


def keep(store: Store, node: str, told_id: str, kind: str, body: Mapping[str, Any]) -> bool:
    """Keep it until it is dealt with. False: it came before. Raises `StorageError`."""
    row = {"id": new_id(), "node": node, "told_id": told_id, "kind": kind, "body": dict(body),
           "tries": 0, "came_of_it": ""}  # fmt: skip
    times = {"received_at": db_time(), "next_at": db_time()}
    with store.writing() as connection:
        return bool(insert_new(connection, HOOKS, [row], ["node", "told_id"], constants=times))


def take(store: Store, limit: int = 200) -> list[Hook]:
    """At most so many that are due, oldest first, for this caller alone."""
    with store.writing() as connection:
        query = (
            select(_C.id, _C.node, _C.kind, _C.body, _C.tries, _C.received_at, db_time())
            .where(_C.done_at.is_(None), _C.next_at <= db_time())
            .order_by(_C.next_at, _C.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        rows = connection.execute(query).all()
        if rows:
            taken = _C.id.in_([row.id for row in rows])
            connection.execute(
                update(HOOKS).where(taken).values(tries=_C.tries + 1, next_at=db_time(HIDDEN))
            )
    return [
        Hook(r.id, r.node, r.kind, r.body, r.tries + 1, (r[6] - r.received_at).total_seconds())
        for r in rows
    ]


def done(connection: Connection, hook: Hook, came_of_it: str) -> None:
    """It is dealt with, in the same transaction as what came of it."""
    connection.execute(
        update(HOOKS).where(_C.id == hook.id).values(done_at=db_time(), came_of_it=came_of_it)
    )


def later(store: Store, hooks: Sequence[Hook]) -> None:
    """They cannot be dealt with yet."""
    with store.writing() as connection:
        wait = update(HOOKS).where(_C.id.in_([hook.id for hook in hooks]))
        connection.execute(wait.values(next_at=db_time(WAIT)))


def due(store: Store) -> int:
    """How many are to be dealt with now."""
    query = select(func.count()).where(_C.done_at.is_(None), _C.next_at <= db_time())
    with store.reading() as connection:
        return int(connection.execute(query).scalar_one())


def forget(store: Store) -> int:
    """Remove those that were dealt with long ago; how many."""
    with store.writing() as connection:
        return connection.execute(delete(HOOKS).where(_C.done_at <= db_time(-KEPT))).rowcount
