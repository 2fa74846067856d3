"""Follow-ups whose time has come: their owners are told, once each.

That it is told, and the message that tells it, are one transaction, so who dies in between leaves
both undone, and two at once tell nobody twice. What was told stays to be seen: `reminded_at`.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select, update

from storage.dbtime import db_time, read_db_time
from storage.engine import Store
from storage.messages import FOLLOW_UP_DUE, Message
from storage.outbox import write_messages
from storage.rules.telling import identities
from storage.tables.timeline import FOLLOW_UPS

_C = FOLLOW_UPS.c


def any_due(store: Store) -> bool:
    """Whether anybody is to be told. Asked often: one row of an index is read."""
    query = select(_C.id).where(_is_due()).order_by(_C.remind_at).limit(1)
    with store.reading() as connection:
        return connection.execute(query).first() is not None


def remind(store: Store, tells: bool, limit: int = 200) -> int:
    """Tell owners of what is due, at most so many; how many it were. `tells`: whether a receiver
    wants a message of each."""
    with store.writing() as connection:
        query = select(FOLLOW_UPS).where(_is_due()).order_by(_C.remind_at, _C.id).limit(limit)
        rows = connection.execute(query.with_for_update()).mappings().all()
        if not rows:
            return 0
        these = update(FOLLOW_UPS).where(_C.id.in_([row["id"] for row in rows]))
        connection.execute(these.values(remind_at=None, reminded_at=db_time()))
        if tells:
            at = read_db_time(connection).isoformat()
            who = identities(connection, {row["customer_id"] for row in rows})
            write_messages(connection, [_message(dict(row), who, at) for row in rows])
    return len(rows)


def _is_due() -> Any:
    return and_(_C.done_at.is_(None), _C.remind_at <= db_time())


def _message(row: Mapping[str, Any], who: Mapping[UUID, dict[str, Any]], at: str) -> Message:
    payload = {
        "follow_up_id": str(row["id"]),
        "owner": row["owner"],
        "kind": row["kind"],
        "due_at": row["due_at"].isoformat(),
        "note": row["note"],
        **who.get(row["customer_id"], {"customer_id": str(row["customer_id"])}),
        "at": at,
    }
    return Message(FOLLOW_UP_DUE, f"{FOLLOW_UP_DUE}:{row['id']}", payload)
