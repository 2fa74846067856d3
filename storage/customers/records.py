"""Customers as CRMs are told of them: what is so now, by the names that maps of columns use."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from campaigns.crm.conflicts import CUSTOM
from storage.customers import look
from storage.engine import Store

_WANTED = (
    *("name", "company", "stage", "stage_at", "owner", "owned_at", "intent", "do_not_call"),
    *("fields", "last_attempt_at", "last_contact_at", "last_outcome", "last_disposition"),
    *("external_ids", "numbers", "emails", "tags"),
)


def records(store: Store, ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """What is so of these customers, with `external_ids` by source; none of one that is gone."""
    with store.reading() as connection:
        found = look.told(connection, list(ids), ("id", *_WANTED))
    return {row["id"]: _flat(row) for row in found}


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in row.items() if name not in {"id", "fields"}}
    return {
        **kept,
        "numbers": [each["number"] for each in row["numbers"]],
        "tags": [each["path"] for each in row["tags"]],
        "last_call_at": row["last_attempt_at"],
        **{f"{CUSTOM}{name}": value for name, value in row["fields"].items()},
    }
