"""The fields that customers are found by: rows beside the values, on every database alike."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, select

from campaigns.crm.model import CustomField
from campaigns.crm.values import BadValue, found_by, value_of
from storage.bulk import put_rows
from storage.customers.definitions import current
from storage.engine import Store
from storage.errors import NotThere
from storage.tables.crm import FIELD_VALUES
from storage.tables.people import CUSTOMERS

BATCH = 1000
_V, _C = FIELD_VALUES.c, CUSTOMERS.c


def write_values(connection: Connection, changed: Iterable[tuple[UUID, CustomField, Any]]) -> None:
    """Let customers be found by their new values; by none where that is None."""
    last = {(customer, field.name): (field, value) for customer, field, value in changed}
    rows = list[dict[str, Any]]()
    for (customer, name), (field, value) in last.items():
        if value is None:
            gone = delete(FIELD_VALUES).where(_V.customer_id == customer, _V.field == name)
            connection.execute(gone)
        else:
            rows.append(_row(customer, field, value))
    put_rows(connection, FIELD_VALUES, rows, ["customer_id", "field"])


def fill(store: Store, name: str) -> int:
    """Let all customers be found by a field that has become indexed; how many have a value.

    A thousand at a time, each in a transaction of its own; run again, it does no harm.
    """
    with store.writing() as connection:
        field = current(connection).fields.get(name)
        if field is None:
            raise NotThere(f"There is no field '{name}'; declare it in the CRM file first")
        connection.execute(delete(FIELD_VALUES).where(_V.field == name))
    return sum(_fill(store, field, batch) for batch in _batches(store))


def _batches(store: Store) -> Iterator[list[UUID]]:
    query = select(_C.id).order_by(_C.id).limit(BATCH)
    last: UUID | None = None
    while True:
        with store.reading() as connection:
            some = query if last is None else query.where(_C.id > last)
            ids = list(connection.execute(some).scalars())
        if not ids:
            return
        yield ids
        last = ids[-1]


def _fill(store: Store, field: CustomField, ids: list[UUID]) -> int:
    with store.writing() as connection:
        query = select(_C.id, _C.fields).where(_C.id.in_(ids), _C.fields.is_not(None))
        found = connection.execute(query.order_by(_C.id).with_for_update(key_share=True)).all()
        known = [(row.id, field, _still(field, row.fields)) for row in found]
        given = [each for each in known if each[2] is not None]
        write_values(connection, given)
        return len(given)


def _still(field: CustomField, fields: Mapping[str, Any] | None) -> Any:
    """The value, unless the choices have changed since it was given."""
    try:
        return value_of(field.type, (fields or {}).get(field.name), field.choices)
    except BadValue:
        return None


def _row(customer: UUID, field: CustomField, value: Any) -> dict[str, Any]:
    nothing = {"text": None, "number": None, "at": None}
    return {
        "customer_id": customer,
        "field": field.name,
        **nothing,
        **found_by(field.type, value),
    }
