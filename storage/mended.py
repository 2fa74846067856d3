"""Results that were only inferred are mended by what a PBX has posted (`campaigns.mending`).

This is the one writer of results that holds no lease. It therefore locks the attempt before it
looks, and at its end the campaign's lease, whose token it writes under: where somebody has taken
that over meanwhile, nothing is kept, and it is tried again. The locks come in the order in which
`record` takes them.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, union_all, update

from campaigns.effects import AttemptEnded
from campaigns.mending import mend
from campaigns.outcomes import Outcome
from campaigns.spec.campaign import Campaign
from connectors.calls import EndReason
from connectors.detail import CallDetail
from storage.campaigns import at_version
from storage.dnc import seen_by_all
from storage.engine import Store
from storage.errors import LeaseLost, NotThere
from storage.hooks import Hook, done
from storage.ledger import Ledger
from storage.tables.attempts import ATTEMPTS
from storage.tables.campaigns import LEASES
from storage.tables.inbound import INBOUND_CALLS

_A, _I, _L = ATTEMPTS.c, INBOUND_CALLS.c, LEASES.c
NONE_OF_OURS = "no attempt of ours"


@dataclass(frozen=True, slots=True)
class Record:
    """What the PBX has told of a call, and what it means in our words."""

    detail: CallDetail
    reason: EndReason
    cause: str


def apply_record(store: Store, hook: Hook, record: Record) -> bool:
    """Mend the attempt's result where that was only inferred; False: it has none yet.

    Raises `LeaseLost` where it is to be tried again at once, and any other `StorageError`.
    """
    with store.writing() as connection:
        row = _locked(connection, record.detail.call_id)
        if row is None:
            done(connection, hook, NONE_OF_OURS)
            return True
        if row["ended_at"] is None:
            return False
        mended = mend(_inferred(row), record.detail, record.reason, record.cause)
        listed = _write(connection, store, row, mended.result) if mended.result else []
        done(connection, hook, f"mended: {mended.result.outcome}" if mended.result else mended.why)
    seen_by_all(store, listed)
    store.tell({row["customer_id"]})
    return True


def _locked(connection: Connection, attempt_id: UUID) -> dict[str, Any] | None:
    query = select(ATTEMPTS).where(_A.id == attempt_id).with_for_update()
    row = connection.execute(query).mappings().first()
    return None if row is None else dict(row)


def _write(
    connection: Connection, store: Store, row: dict[str, Any], result: AttemptEnded
) -> list[str]:
    token = _token(connection, row)
    ledger = Ledger(connection, _spec(store, row), [row["id"]])
    ledger.end(result)
    ledger.write(token)
    query = select(_L.token).where(_L.campaign == row["campaign"])
    query = query.with_for_update(key_share=True)
    if connection.execute(query).scalar_one_or_none() not in {None, token}:
        raise LeaseLost(f"Another worker has taken over the campaign '{row['campaign']}'")
    return ledger.listed


def _token(connection: Connection, row: dict[str, Any]) -> int:
    """The highest one that anybody has written under."""
    query = select(_L.token).where(_L.campaign == row["campaign"])
    return int(connection.execute(query).scalar_one_or_none() or row["token"])


def _spec(store: Store, row: dict[str, Any]) -> Campaign:
    return at_version(store, row["campaign"], row["campaign_version"])


def _inferred(row: dict[str, Any]) -> AttemptEnded:
    return AttemptEnded(
        attempt_id=row["id"],
        lead_id=row["lead_id"],
        number=row["number"],
        outcome=Outcome(row["outcome"]),
        disposition=row["disposition"],
        reason=EndReason(row["reason"]),
        cause=row["cause"],
        party=row["party"],
        placed_at=row["placed_at"],
        ended_at=row["ended_at"],
        ringing_at=row["ringing_at"],
        answered_at=row["answered_at"],
        classified_at=row["classified_at"],
        connected_at=row["connected_at"],
        agent=row["agent"],
    )


def number_of(store: Store, attempt_id: UUID) -> str:
    """The number that an attempt has called, or that an inbound call has come from. Raises
    `NotThere`."""
    called = select(_A.number).where(_A.id == attempt_id)
    caller = select(_I.caller).where(_I.id == attempt_id, _I.caller != "")
    with store.reading() as connection:
        found = connection.execute(union_all(called, caller)).scalar()
    if found is None:
        raise NotThere(f"There is no attempt {attempt_id}")
    return str(found)


def put_recording(store: Store, hook: Hook, attempt_id: UUID, path: str) -> bool:
    """Note where the recording of an attempt lies, unless that is known; whether it was noted."""
    unknown = update(ATTEMPTS).where(_A.id == attempt_id, _A.recording.is_(None))
    with store.writing() as connection:
        noted = connection.execute(unknown.values(recording=path)).rowcount == 1
        done(connection, hook, "noted" if noted else f"known already, or {NONE_OF_OURS}")
    return noted
