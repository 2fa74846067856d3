"""The statements of the ledger: rows read as dicts, changed in memory, written back in batches."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, select

from campaigns.call_life import CallState
from campaigns.effects import AttemptDisposed, AttemptEnded
from campaigns.outcomes import Outcome
from connectors.calls import EndReason
from storage.bulk import update_rows
from storage.tables.attempts import ATTEMPTS
from storage.tables.people import CUSTOMERS, LEADS

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
    "asked_at",
    "connected_at",
    "ended_at",
    "disposed_at",
    "note",
    "intent",
)
_CHECKED = ("stored_at", "open_until", "period")  # of no concern to a result
_TOLD = [column for column in ATTEMPTS.c if column.name not in _CHECKED]
STANDING = ("state", "next_at", "callback_at", "tries", "last_outcome", "last_disposition")
PERSON = (
    "last_attempt_at",
    "last_contact_at",
    "contacts",
    "last_outcome",
    "last_disposition",
    "do_not_call",
    "intent",
    "last_follow_up_at",
    "idle_since",
)
_OF_PERSON = [CUSTOMERS.c.id, *(CUSTOMERS.c[name] for name in PERSON)]


def read_attempts(connection: Connection, ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """The attempts, by id. Only the lease's holder writes to them, and that is checked."""
    query = select(*_TOLD).where(ATTEMPTS.c.id.in_(set(ids)))
    return {row["id"]: dict(row) for row in connection.execute(query).mappings()}


def lock_leads(connection: Connection, ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """The leads, by id, locked in the order in which everybody locks them."""
    query = select(LEADS).where(LEADS.c.id.in_(ids)).order_by(LEADS.c.id)
    locked = query.with_for_update(key_share=True)
    return {row["id"]: dict(row) for row in connection.execute(locked).mappings()}


def with_talk(ended: AttemptEnded, attempt: dict[str, Any], default: str | None) -> AttemptEnded:
    """A result with the conversation that the attempt is known to have had.

    Whoever saw its end need not have seen that: a worker that stood still, or was cut off, has
    connected the call, and told so later. `default`: what the campaign files a conversation under
    that no agent has filed.
    """
    if attempt["connected_at"] is None or ended.outcome is Outcome.CONNECTED:
        return ended
    filed = attempt["disposition"] if attempt["outcome"] == Outcome.CONNECTED else None
    return replace(
        ended,
        outcome=Outcome.CONNECTED,
        disposition=filed or default or Outcome.CONNECTED.value,
        connected_at=attempt["connected_at"],
    )


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
        "asked_at": attempt["asked_at"] or ended.asked_at,
        "connected_at": ended.connected_at or attempt["connected_at"],
        "ended_at": ended.ended_at,
    }


def tells_more(ended: AttemptEnded, attempt: dict[str, Any]) -> bool:
    """Whether a result is to replace the one that the attempt has: what was seen one that was
    inferred, and what tells of a conversation, or an answer, one of a worker that came too late to
    hear of it. The earlier one, who had heard, may have stood still until now."""
    talked = ended.connected_at is not None and attempt["connected_at"] is None
    if _is_inferred(ended.reason):
        return talked
    heard = ended.answered_at is not None and attempt["answered_at"] is None
    return talked or _is_inferred(attempt["reason"]) or (heard and attempt["connected_at"] is None)


def correction_of(ended: AttemptEnded, attempt: dict[str, Any]) -> dict[str, Any]:
    """The same, of a result that replaces another.

    How a call ended is not inferred where it was seen. One that no PBX ever had was over when it
    was looked for, not when a worker that had stood still found that it must not send it any more;
    the number may have been called again since.
    """
    result = result_of(ended, attempt)
    if _is_inferred(ended.reason):
        result |= {name: attempt[name] for name in ("reason", "cause", "ended_at")}
    if ended.reason is EndReason.REFUSED:
        result["ended_at"] = min(result["ended_at"], attempt["ended_at"])
    return result


def _is_inferred(reason: str) -> bool:
    return reason == EndReason.PBX_LOST


def untried(tries: Mapping[str, int], outcome: str, disposition: str) -> dict[str, int]:
    """`tries` as they were before an attempt of this outcome and disposition was counted."""
    left = Counter(tries)
    left.subtract({outcome, disposition})
    return dict(+left)


def filing_of(filed: AttemptDisposed) -> dict[str, Any]:
    """What an agent's filing changes in its attempt."""
    return {
        "disposition": filed.disposition,
        "disposed_at": filed.at,
        "note": filed.note,
        "agent": filed.agent,
    }


def lock_customers(connection: Connection, ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """The customers, by id, locked in the order in which everybody locks them."""
    query = select(*_OF_PERSON).where(CUSTOMERS.c.id.in_(ids)).order_by(CUSTOMERS.c.id)
    locked = query.with_for_update(key_share=True)
    return {row["id"]: dict(row) for row in connection.execute(locked).mappings()}


def tell_customer(
    customer: dict[str, Any],
    attempt: dict[str, Any],
    do_not_call: bool,
    contact_at: datetime | None,
) -> None:
    """Change a customer's row by what came of an attempt. `contact_at`: when they talked."""
    customer["contacts"] += contact_at is not None
    customer["do_not_call"] |= do_not_call
    if contact_at is not None:  # who has talked with an agent has been seen to
        for name in ("last_contact_at", "last_follow_up_at", "idle_since"):
            customer[name] = max(contact_at, customer[name] or contact_at)
    if (customer["last_attempt_at"] or attempt["placed_at"]) > attempt["placed_at"]:
        return  # told late: a later attempt speaks for the customer
    customer["last_attempt_at"] = attempt["placed_at"]
    customer["last_outcome"] = attempt["outcome"]
    customer["last_disposition"] = attempt["disposition"]
    customer["intent"] = attempt["intent"] or customer["intent"]


def write_back(
    connection: Connection, table: Table, names: tuple[str, ...], changed: Iterable[dict[str, Any]]
) -> None:
    """Write the columns `names` of each row."""
    columns = ("id", *names)
    update_rows(connection, table, [{name: row[name] for name in columns} for row in changed])
