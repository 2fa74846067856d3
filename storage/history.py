"""The history of attempts: what happened, when, and under whose token. Only ever added to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection
from sqlmodel import col
from sqlmodel import select as rows_of

from storage.bulk import insert_rows
from storage.dbtime import db_time
from storage.engine import Store
from storage.tables.attempts import ATTEMPT_EVENTS, AttemptEvent

AGENT_LOST = "agent_lost"
"""What is told after the end of an attempt from which an agent has vanished."""


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of history. `what`: a state of the call, or what was filed."""

    attempt_id: UUID
    at: datetime
    what: str
    detail: str = ""


def write_history(connection: Connection, token: int, events: Sequence[Happened]) -> None:
    """Add `events`, in their order, under a fencing token, with the database's time."""
    rows = [
        {
            "attempt_id": event.attempt_id,
            "at": event.at,
            "what": str(event.what),
            "token": token,
            "detail": event.detail,
        }
        for event in events
    ]
    insert_rows(connection, ATTEMPT_EVENTS, rows, {"stored_at": db_time()})


def history(store: Store, attempt_id: UUID) -> list[AttemptEvent]:
    """Everything that happened to an attempt, oldest first."""
    query = rows_of(AttemptEvent).where(col(AttemptEvent.attempt_id) == attempt_id)
    with store.session() as session:
        return list(session.exec(query.order_by(col(AttemptEvent.seq))))
