"""Messages of the outbox, handed out to receivers: a line for each that is to get it."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import Connection, update

from storage.bulk import insert_rows
from storage.columns import clean
from storage.dbtime import db_time
from storage.engine import Store
from storage.outbox import Taken, unspread
from storage.tables.deliveries import DELIVERIES
from storage.tables.records import META, OUTBOX
from storage.upsert import upsert

SPREADING = "outbox.spreading"
Choose: TypeAlias = Callable[[Taken], Iterable[str]]
"""The receivers of a message, by their names."""


def spread(store: Store, choose: Choose, limit: int = 1000) -> int:
    """Hand out at most so many messages: `choose(message)` says to which receivers; how many.

    Whoever is nobody's is done with.
    """
    with store.reading() as connection:
        if connection.execute(unspread(1)).first() is None:
            return 0
    with store.writing() as connection:
        # one at a time, or a customer's second message could be out before the first
        upsert(connection, META, [{"key": SPREADING, "value": ""}], ["key"])
        rows = connection.execute(unspread(limit)).all()
        lines = [line for row in rows for line in _lines(row, choose)]
        insert_rows(connection, DELIVERIES, lines, {"next_at": db_time()})
        wanted = {line["message_id"] for line in lines}
        _spread(connection, [row.id for row in rows if row.id in wanted], done=False)
        _spread(connection, [row.id for row in rows if row.id not in wanted], done=True)
    return len(rows)


def _lines(row: Any, choose: Choose) -> list[dict[str, Any]]:
    message = Taken(row.id, row.kind, row.idempotency_key, row.payload, 0)
    return [
        {
            "message_id": row.id,
            "receiver": name,
            "subject": subject_of(message),
            "written_at": row.created_at,
            "tries": 0,
            "last_error": "",
        }
        for name in choose(message)
    ]


def subject_of(message: Taken) -> str:
    """Whose message it is: a customer's, else a number's, else a call's, else its own."""
    its = (message.payload.get(name) for name in ("customer_id", "number", "attempt_id"))
    return clean(str(next(filter(None, its), message.id)))[:120]


def _spread(connection: Connection, ids: Sequence[UUID], done: bool) -> None:
    if not ids:
        return
    values: dict[str, Any] = {"spread_at": db_time(), "attempts": 1}
    if done:
        values |= {"delivered_at": db_time(), "last_error": ""}
    connection.execute(update(OUTBOX).where(OUTBOX.c.id.in_(ids)).values(values))
