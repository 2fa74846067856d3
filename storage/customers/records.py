"""Customers as CRMs are told of them: what is so now, by the names that maps of columns use."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from campaigns.crm.conflicts import CUSTOM
from storage.customers import look
from storage.engine import Store
from storage.tables.changes import CUSTOMER_CHANGES
from storage.tables.contacts import CUSTOMER_REFS

_R, _H = CUSTOMER_REFS.c, CUSTOMER_CHANGES.c
BOTH_SIDES = ("created", "stage", "owner")
_WANTED = (
    *("name", "company", "stage", "stage_at", "owner", "owned_at", "intent", "do_not_call"),
    *("fields", "last_attempt_at", "last_contact_at", "last_outcome", "last_disposition"),
    *("external_ids", "numbers", "emails", "tags"),
)


def records(store: Store, ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """What is so of these customers, with `external_ids` by source; none of one that is gone.
    `gone_in`: the sources that have had it, and have it no more."""
    missing = select(_R.customer_id, _R.source)
    missing = missing.where(_R.customer_id.in_(list(ids)), _R.gone_at.is_not(None))
    with store.reading() as connection:
        found = look.told(connection, list(ids), ("id", *_WANTED))
        gone = {(row.customer_id, row.source) for row in connection.execute(missing)}
    return {
        row["id"]: {**_flat(row), "gone_in": {s for who, s in gone if who == row["id"]}}
        for row in found
    }


def last_told_by(
    store: Store, source: str, external_ids: Sequence[str]
) -> dict[str, frozenset[str]]:
    """Of whom a source calls so: which of stage and owner it has changed last itself. What it says
    of these now is newer, whatever the clocks say."""
    query = (
        select(_R.external_id, _H.what, _H.origin)
        .join(CUSTOMER_CHANGES, _H.customer_id == _R.customer_id)
        .where(_R.source == source, _R.external_id.in_(external_ids), _H.what.in_(BOTH_SIDES))
        .order_by(_H.seq)
    )
    last: dict[tuple[str, str], str] = {}
    with store.reading() as connection:
        for row in connection.execute(query):
            for what in ("stage", "owner") if row.what == "created" else (row.what,):
                last[row.external_id, what] = row.origin
    return {
        each: frozenset(what for (who, what), origin in last.items()
                        if who == each and origin == source)
        for each in {who for who, _ in last}
    }  # fmt: skip


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in row.items() if name not in {"id", "fields"}}
    return {
        **kept,
        "numbers": [each["number"] for each in row["numbers"]],
        "tags": [each["path"] for each in row["tags"]],
        "last_call_at": row["last_attempt_at"],
        **{f"{CUSTOM}{name}": value for name, value in row["fields"].items()},
    }
