"""Customers as they are read: one, by id, number or external id; and the whole of what is told."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from storage.customers.definitions import current
from storage.customers.numbers import owners
from storage.customers.tags import of_customers
from storage.engine import Store
from storage.errors import NotThere
from storage.facts import split_zones
from storage.tables.contacts import CONTACT_POINTS, CUSTOMER_REFS, ContactKind
from storage.tables.people import CUSTOMERS

_C, _P, _R = CUSTOMERS.c, CONTACT_POINTS.c, CUSTOMER_REFS.c
COLUMNS = (
    *("id", "name", "company", "number", "stage", "stage_at", "owner", "owned_at", "intent"),
    *("last_follow_up_at", "idle_since", "next_action_at", "do_not_call", "fields"),
    *("last_attempt_at", "last_contact_at", "last_outcome", "last_disposition", "contacts"),
    *("created_at", "updated_at", "version"),
)
BESIDES = ("external_ids", "numbers", "emails", "tags")
FIELDS = (*COLUMNS, *BESIDES)
"""What can be told of a customer, by name."""


def get(store: Store, customer_id: UUID) -> dict[str, Any]:
    """Everything of one customer, by the names of `FIELDS`. Raises `NotThere`."""
    with store.reading() as connection:
        found = told(connection, [customer_id], FIELDS)
    if not found:
        raise NotThere(f"There is no customer with the id {customer_id}")
    return found[0]


def by_number(store: Store, number: str) -> UUID | None:
    """The customer of an E.164 number."""
    with store.reading() as connection:
        return owners(connection, [number]).get(number)


def by_external_id(store: Store, source: str, external_id: str) -> UUID | None:
    """The customer that a source calls so."""
    query = select(_R.customer_id).where(_R.source == source, _R.external_id == external_id)
    with store.reading() as connection:
        found: UUID | None = connection.execute(query).scalar()
    return found


def names(store: Store, ids: Collection[UUID]) -> dict[UUID, tuple[str, str | None]]:
    """The name and the main number of each; empty of one that is gone."""
    query = select(_C.id, _C.name, _C.number).where(_C.id.in_(ids))
    with store.reading() as connection:
        known = {row.id: (row.name, row.number) for row in connection.execute(query)}
    return {each: known.get(each, ("", None)) for each in ids}


def told(
    connection: Connection, ids: Sequence[UUID], wanted: Collection[str]
) -> list[dict[str, Any]]:
    """These customers, in this order, each with the fields that are wanted and in their order.

    A field of the site's own that is not declared any more is kept, and told of no more.
    """
    columns = [_C[name] for name in COLUMNS if name in wanted or name == "id"]
    query = select(*columns).where(_C.id.in_(ids))
    rows = {row["id"]: dict(row) for row in connection.execute(query).mappings()}
    if "fields" in wanted:
        _only_declared(connection, rows)
    for name, of in _BESIDES.items():
        if name in wanted:
            beside = of(connection, list(rows))
            for customer, row in rows.items():
                row[name] = beside[customer]
    return [{n: rows[each][n] for n in FIELDS if n in wanted} for each in ids if each in rows]


def _only_declared(connection: Connection, rows: Mapping[UUID, dict[str, Any]]) -> None:
    declared = current(connection).fields
    for row in rows.values():
        row["fields"] = {n: v for n, v in (row["fields"] or {}).items() if n in declared}


def _external_ids(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, Any]:
    found: dict[UUID, Any] = {customer: {} for customer in ids}
    query = select(_R.customer_id, _R.source, _R.external_id)
    query = query.where(_R.customer_id.in_(ids), _R.gone_at.is_(None))
    for row in connection.execute(query.order_by(_R.created_at, _R.external_id)):
        found[row.customer_id].setdefault(row.source, row.external_id)
    return found


def _numbers(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, Any]:
    found: dict[UUID, Any] = {customer: [] for customer in ids}
    query = select(CONTACT_POINTS).where(
        _P.customer_id.in_(ids), _P.kind == ContactKind.PHONE.value
    )
    for row in connection.execute(query.order_by(_P.created_at, _P.id)):
        known = {name: getattr(row, name) for name in ("line_type", "region", "carrier")}
        judged = {name: getattr(row, name) for name in ("verdict", "why", "score", "checked_at")}
        zones = list(split_zones(row.zones))
        found[row.customer_id].append({"number": row.value, **known, "zones": zones, **judged})
    return found


def _emails(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, Any]:
    found: dict[UUID, Any] = {customer: [] for customer in ids}
    query = select(_P.customer_id, _P.value).where(
        _P.customer_id.in_(ids), _P.kind == ContactKind.EMAIL.value
    )
    for row in connection.execute(query.order_by(_P.created_at, _P.id)):
        found[row.customer_id].append(row.value)
    return found


def _tags(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, Any]:
    return {
        customer: [{"path": t.path, "source": t.source, "at": t.at} for t in tags]
        for customer, tags in of_customers(connection, ids).items()
    }


_BESIDES = {
    "external_ids": _external_ids,
    "numbers": _numbers,
    "emails": _emails,
    "tags": _tags,
}
