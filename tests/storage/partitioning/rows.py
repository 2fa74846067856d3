"""Attempts as rows, whose ids say that they were placed at a given time."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from storage.bulk import insert_new, insert_rows
from storage.engine import Store
from storage.history import Happened, write_history
from storage.ids import new_id
from storage.partitioning.months import lowest_id
from storage.tables.attempts import ATTEMPTS

_LOW_80 = (1 << 80) - 1
TEXTS = ("node", "trunk", "caller_id", "outcome", "disposition", "reason", "cause", "party", "note")


def id_at(at: datetime) -> UUID:
    """An id that was made at that time."""
    return UUID(int=lowest_id(at).int | (new_id().int & _LOW_80))


def attempt(at: datetime, number: str, *, live: bool = False) -> dict[str, Any]:
    return dict.fromkeys(TEXTS, "") | {
        "id": id_at(at),
        "campaign": "autumn",
        "campaign_version": 1,
        "lead_id": new_id(),
        "customer_id": new_id(),
        "number": number,
        "token": 1,
        "state": "placed" if live else "ended",
        "placed_at": at,
        "ended_at": None if live else at,
    }


def put(store: Store, rows: Iterable[dict[str, Any]]) -> None:
    """Attempts, each with two lines of history."""
    rows = list(rows)
    events = [Happened(row["id"], row["placed_at"], what) for row in rows for what in "ab"]
    with store.writing() as connection:
        insert_rows(connection, ATTEMPTS, rows)
        write_history(connection, 1, events)


def place(store: Store, row: dict[str, Any]) -> bool:
    """As a claim does it; whether it was let through."""
    with store.writing() as connection:
        return bool(insert_new(connection, ATTEMPTS, [row]))
