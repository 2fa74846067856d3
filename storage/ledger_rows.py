"""The statements of the ledger: rows read as dicts, changed in memory, written back in batches."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, Update, bindparam, func, or_, select, update

from campaigns.call_life import CallState
from campaigns.effects import AttemptDisposed, AttemptEnded
from storage.tables.attempts import ATTEMPTS
from storage.tables.people import CUSTOMERS, LEADS

KEY = "its_id"
RESULT = (
    "state",
    "outcome",
    "disposition",
    "reason",
    "cause",
    "party",
    "agent",
    "ringing_at",
    "answered_at",
    "classified_at",
    "connected_at",
    "ended_at",
    "disposed_at",
    "note",
)
STANDING = ("state", "next_at", "tries", "last_outcome", "last_disposition")


def read_attempts(connection: Connection, ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """The attempts, by id. The lease is locked, so nobody else writes to them."""
    query = select(ATTEMPTS).where(ATTEMPTS.c.id.in_(set(ids)))
    return {row["id"]: dict(row) for row in connection.execute(query).mappings()}


def lock_leads(connection: Connection, ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """The leads, by id, locked in the order in which everybody locks them."""
    query = select(LEADS).where(LEADS.c.id.in_(ids)).order_by(LEADS.c.id)
    locked = query.with_for_update(key_share=True)
    return {row["id"]: dict(row) for row in connection.execute(locked).mappings()}


def result_of(ended: AttemptEnded, attempt: dict[str, Any]) -> dict[str, Any]:
    """What a result changes in its attempt. A disposition that an agent chose stays."""
    filed = attempt["disposed_at"] is not None
    return {
        "state": CallState.ENDED.value,
        "outcome": ended.outcome.value,
        "disposition": attempt["disposition"] if filed else ended.disposition,
        "reason": ended.reason.value,
        "cause": ended.cause,
        "party": ended.party,
        "agent": ended.agent or attempt["agent"],
        "ringing_at": ended.ringing_at or attempt["ringing_at"],
        "answered_at": ended.answered_at or attempt["answered_at"],
        "classified_at": ended.classified_at or attempt["classified_at"],
        "connected_at": ended.connected_at or attempt["connected_at"],
        "ended_at": ended.ended_at,
    }


def filing_of(filed: AttemptDisposed) -> dict[str, Any]:
    """What an agent's filing changes in its attempt."""
    return {
        "disposition": filed.disposition,
        "disposed_at": filed.at,
        "note": filed.note,
        "agent": filed.agent,
    }


def customer_change(
    attempt: dict[str, Any], do_not_call: bool, contact_at: datetime | None
) -> dict[str, Any]:
    """What the customer's row is told of an attempt. `contact_at`: when they talked."""
    return {
        KEY: attempt["customer_id"],
        "new_attempt_at": attempt["placed_at"],
        "new_contact_at": contact_at,
        "new_contacts": int(contact_at is not None),
        "new_outcome": attempt["outcome"],
        "new_disposition": attempt["disposition"],
        "new_do_not_call": do_not_call,
    }


def write_attempts(connection: Connection, changed: Iterable[dict[str, Any]]) -> None:
    _write_back(connection, _ATTEMPT, RESULT, changed)


def write_leads(connection: Connection, changed: Iterable[dict[str, Any]]) -> None:
    _write_back(connection, _LEAD, STANDING, changed)


def write_customers(connection: Connection, changes: list[dict[str, Any]]) -> None:
    """In the order of their ids, because somebody else may be writing to the same ones."""
    if changes:
        connection.execute(_CUSTOMER, sorted(changes, key=lambda change: change[KEY].int))


def _write_back(
    connection: Connection,
    statement: Update,
    names: Iterable[str],
    changed: Iterable[dict[str, Any]],
) -> None:
    columns = tuple(names)
    values = [{KEY: row["id"], **{f"new_{name}": row[name] for name in columns}} for row in changed]
    if values:
        connection.execute(statement, values)


def _replacing(table: Table, names: Iterable[str]) -> Update:
    return (
        update(table)
        .where(table.c.id == bindparam(KEY))
        .values({name: bindparam(f"new_{name}") for name in names})
    )


_ATTEMPT = _replacing(ATTEMPTS, RESULT)
_LEAD = _replacing(LEADS, STANDING)
_C = CUSTOMERS.c
_CUSTOMER = (
    update(CUSTOMERS)
    .where(_C.id == bindparam(KEY))
    .values(
        last_attempt_at=bindparam("new_attempt_at"),
        last_contact_at=func.coalesce(
            bindparam("new_contact_at", type_=_C.last_contact_at.type), _C.last_contact_at
        ),
        contacts=_C.contacts + bindparam("new_contacts"),
        last_outcome=bindparam("new_outcome"),
        last_disposition=bindparam("new_disposition"),
        do_not_call=or_(_C.do_not_call, bindparam("new_do_not_call", type_=_C.do_not_call.type)),
    )
)
