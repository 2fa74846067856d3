"""What came of a call, as a CRM or an agent's own program tells it: disposition, level of intent,
a note. The call itself is the attempt; what is told is put there, and decides what becomes of the
lead as if the agent had filed it here.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, update

from campaigns.effects import AttemptDisposed
from campaigns.spec.campaign import Campaign
from storage.campaigns import at_version
from storage.customers.changes import By, Change, write_changes
from storage.customers.definitions import current
from storage.dnc import seen_by_all
from storage.engine import Store
from storage.errors import LeaseLost, NotThere, Refused
from storage.ledger import Ledger
from storage.tables.attempts import ATTEMPTS
from storage.tables.campaigns import LEASES

_A, _L = ATTEMPTS.c, LEASES.c


class NotOver(Refused):
    """The call is not over, so nothing can have come of it yet."""


@dataclass(frozen=True, slots=True)
class CallResult:
    """`disposition`: one of the campaign's; None: as it is. `intent`: a level of the CRM file.
    `at`: when it was filed; one that is older than what stands changes nothing."""

    attempt_id: UUID
    at: datetime
    disposition: str | None = None
    intent: str | None = None
    note: str | None = None
    agent: str | None = None


def put_result(store: Store, told: CallResult, by: By) -> bool:
    """Keep what came of a call; False: that is known already, or older than what is.

    Raises `NotThere`, `NotOver`, `Refused` for words that the site does not know, `LeaseLost`
    where it is to be tried again at once, and any other `StorageError`.
    """
    with store.writing() as connection:
        row = _locked(connection, told.attempt_id)
        _check(connection, store, row, told)
        if not _is_new(row, told):
            return False
        listed = _file(connection, store, row, told, by)
        if told.intent is not None and told.intent != row["intent"]:
            change = Change(row["customer_id"], "intent", row["intent"], told.intent)
            write_changes(connection, [change], by, told.at)
    seen_by_all(store, listed)
    store.tell({row["customer_id"]})
    return True


def _locked(connection: Connection, attempt_id: UUID) -> dict[str, Any]:
    query = select(ATTEMPTS).where(_A.id == attempt_id).with_for_update()
    row = connection.execute(query).mappings().first()
    if row is None:
        raise NotThere(f"There is no attempt with the id {attempt_id}")
    if row["ended_at"] is None:
        raise NotOver("The call is not over yet; tell what came of it once it is")
    return dict(row)


def _check(connection: Connection, store: Store, row: dict[str, Any], told: CallResult) -> None:
    if told.disposition is not None:
        names = [each.name for each in _spec(store, row).dispositions]
        if told.disposition not in names:
            known = ", ".join(names) or "none"
            raise Refused(f"disposition: expected one of the campaign's: {known}")
    levels = current(connection).intents
    if told.intent is not None and levels and told.intent not in levels:
        raise Refused(f"intent: expected one of {', '.join(levels)}")


def _is_new(row: dict[str, Any], told: CallResult) -> bool:
    if row["disposed_at"] is not None and row["disposed_at"] >= told.at:
        return False
    given = (
        ("disposition", told.disposition),
        ("intent", told.intent),
        ("note", told.note),
        ("agent", told.agent),
    )
    filed = row["disposed_at"] is not None or told.disposition is None
    return not filed or any(value not in (None, row[name]) for name, value in given)


def _file(
    connection: Connection, store: Store, row: dict[str, Any], told: CallResult, by: By
) -> list[str]:
    """By the ledger, as an agent's own word, under the token that is the highest by now."""
    if told.intent is not None:
        these = update(ATTEMPTS).where(_A.id == row["id"])
        connection.execute(these.values(intent=told.intent))
    query = select(_L.token).where(_L.campaign == row["campaign"])
    token = connection.execute(query).scalar_one_or_none()
    before = {row["id"]: row["intent"]} if told.intent is not None else {}
    ledger = Ledger(connection, _spec(store, row), [row["id"]], by, before)
    ledger.file(
        AttemptDisposed(
            row["id"],
            row["lead_id"],
            told.at,
            told.agent or row["agent"] or "",
            told.disposition or row["disposition"],
            row["note"] if told.note is None else told.note,
        )
    )
    ledger.write(int(token or row["token"]))
    held = connection.execute(query.with_for_update(key_share=True)).scalar_one_or_none()
    if held != token:
        raise LeaseLost(f"Another worker has taken over the campaign '{row['campaign']}'")
    return ledger.listed


def _spec(store: Store, row: dict[str, Any]) -> Campaign:
    return at_version(store, row["campaign"], row["campaign_version"])
