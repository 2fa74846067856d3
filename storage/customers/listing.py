"""Customers that have something in common, a page at a time.

What can be asked for has an index: a stage, an owner, a tag with those below it, a field of the
site's own that is declared as indexed. A page begins where the one before has ended, and not after
so many rows, so the thousandth page is as quick as the first.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NoBase64
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, or_, select

from campaigns.crm.values import BadValue, FieldType, found_by, value_of
from connectors.calls import TOKEN
from storage.customers.definitions import Definitions, current
from storage.customers.look import FIELDS, told
from storage.customers.tags import checked, within
from storage.engine import Store
from storage.errors import Refused
from storage.tables.contacts import CUSTOMER_REFS
from storage.tables.crm import CUSTOMER_TAGS, FIELD_VALUES, TAGS
from storage.tables.people import CUSTOMERS

_C, _R, _T, _CT, _V = CUSTOMERS.c, CUSTOMER_REFS.c, TAGS.c, CUSTOMER_TAGS.c, FIELD_VALUES.c
MOST = 1000
STRANGE_PLACE = "'after' is of no page of this list; leave it out to begin"
POOL = ""  # as an owner: nobody


class Order(StrEnum):
    """Always ascending, and by the id among equals."""

    ID = "id"  # as they came
    UPDATED = "updated_at"
    IDLE = "idle_since"  # who has waited longest first
    NEXT_ACTION = "next_action_at"  # those with an open follow-up


class Operator(StrEnum):
    IS = "eq"
    LEAST = "gte"
    MOST = "lte"


@dataclass(frozen=True, slots=True)
class FieldFilter:
    """`value` as people write it; a text is found by its beginning 190 characters, without case."""

    name: str
    operator: Operator
    value: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom to list: all that is said has to be so. `owner`: empty for the pool. `tag`: or one
    below it."""

    stages: Collection[str] = ()
    owner: str | None = None
    tag: str | None = None
    fields: Collection[FieldFilter] = ()
    do_not_call: bool | None = None
    source: str | None = None
    updated_since: datetime | None = None
    idle_before: datetime | None = None
    order: Order = Order.ID


@dataclass(frozen=True, slots=True)
class Page:
    """`after`: what asks for the next page; None: this was the last one."""

    customers: list[dict[str, Any]] = field(default_factory=list)
    after: str | None = None


def page(
    store: Store,
    wanted: Wanted,
    limit: int = 100,
    after: str | None = None,
    fields: Collection[str] = FIELDS,
) -> Page:
    """Raises `Refused` for what cannot be asked for."""
    unknown = sorted(set(fields) - set(FIELDS))
    if unknown:
        raise Refused(f"There is no such field to tell; expected some of {', '.join(FIELDS)}")
    limit = max(1, min(limit, MOST))
    with store.looking() as connection:
        query = _query(wanted, current(connection)).limit(limit + 1)
        rows = connection.execute(_from(query, wanted.order, after)).all()
        ids = [row.id for row in rows[:limit]]
        customers = told(connection, ids, fields)
    return Page(customers, _mark(rows[limit - 1]) if len(rows) > limit else None)


def count(store: Store, wanted: Wanted, most: int = 100_000) -> int:
    """How many there are; no more than `most` are counted."""
    with store.looking() as connection:
        return _count(connection, _query(wanted, current(connection)).limit(most))


def _count(connection: Connection, query: Select[Any]) -> int:
    return len(connection.execute(query).all())


def _query(wanted: Wanted, known: Definitions) -> Select[Any]:
    query = select(_C.id, _C[wanted.order.value].label("place"))
    for condition in _conditions(wanted, known):
        query = query.where(condition)
    return query


def _conditions(wanted: Wanted, known: Definitions) -> list[ColumnElement[bool]]:
    found = [made for name, of in _SIMPLE.items() if (made := _given(wanted, name, of)) is not None]
    found += [_field(each, known) for each in wanted.fields]
    if wanted.order is Order.NEXT_ACTION:
        found.append(_C.next_action_at.is_not(None))
    return found


def _given(
    wanted: Wanted, name: str, of: Callable[[Any], ColumnElement[bool]]
) -> ColumnElement[bool] | None:
    value = getattr(wanted, name)
    return None if value is None or value == () else of(value)


def _tagged(raw: str) -> ColumnElement[bool]:
    these = select(_T.id).where(within(checked(raw)))
    mine = and_(_CT.customer_id == _C.id, _CT.tag_id.in_(these))
    return exists().where(mine)


def _field(each: FieldFilter, known: Definitions) -> ColumnElement[bool]:
    declared = known.fields.get(each.name)
    shown = f"'{each.name}'" if TOKEN.fullmatch(each.name) else "of that name"
    if declared is None or not declared.indexed:
        indexed = ", ".join(n for n, f in known.fields.items() if f.indexed) or "none"
        raise Refused(
            f"Customers are not found by a field {shown}; those with 'indexed: true' in the CRM "
            f"file are: {indexed}"
        )
    if each.operator is not Operator.IS and declared.type in _WITHOUT_ORDER:
        raise Refused(f"The field {shown} has no order; ask with eq")
    try:
        value = value_of(declared.type, each.value, declared.choices)
    except BadValue as wrong:
        raise Refused(f"The field {shown}: expected {wrong}") from wrong
    if value is None:
        raise Refused(f"The field {shown}: expected a value to look for")
    [(column, key)] = found_by(declared.type, value).items()
    mine = and_(_V.field == each.name, _V.customer_id == _C.id)
    return exists().where(mine, _COMPARED[each.operator](_V[column], key))


def _from(query: Select[Any], order: Order, after: str | None) -> Select[Any]:
    place = _C[order.value]
    if after is not None:
        at, last = _place(after, order)
        beyond = _C.id > last if order is Order.ID else _beyond(place, at, last)
        query = query.where(beyond)
    return query.order_by(place, _C.id)


def _beyond(place: ColumnElement[Any], at: datetime, last: UUID) -> ColumnElement[bool]:
    return or_(place > at, and_(place == at, _C.id > last))


def _mark(row: Any) -> str:
    at = row.place.isoformat() if isinstance(row.place, datetime) else None
    return urlsafe_b64encode(json.dumps([at, str(row.id)]).encode()).decode().rstrip("=")


def _place(after: str, order: Order) -> tuple[datetime, UUID]:
    try:
        at, last = json.loads(urlsafe_b64decode(after + "=" * (-len(after) % 4)))
        moment = datetime.fromisoformat(at or "1970-01-01T00:00:00+00:00")
        place = moment, UUID(last)
    except (NoBase64, ValueError, TypeError, AttributeError, RecursionError) as wrong:
        raise Refused(STRANGE_PLACE) from wrong
    if moment.tzinfo is None or (at is None) != (order is Order.ID):
        raise Refused(STRANGE_PLACE)
    return place


_WITHOUT_ORDER = {FieldType.TEXT, FieldType.CHOICE, FieldType.YES_NO}
_COMPARED: Mapping[Operator, Callable[[Any, Any], ColumnElement[bool]]] = {
    Operator.IS: lambda column, value: column == value,
    Operator.LEAST: lambda column, value: column >= value,
    Operator.MOST: lambda column, value: column <= value,
}
_SIMPLE: Mapping[str, Callable[[Any], ColumnElement[bool]]] = {
    "stages": lambda names: _C.stage.in_(list(names)),
    "owner": lambda name: _C.owner == name if name else _C.owner.is_(None),
    "tag": _tagged,
    "do_not_call": lambda yes: _C.do_not_call == yes,
    "source": lambda name: exists().where(_R.customer_id == _C.id, _R.source == name),
    "updated_since": lambda at: _C.updated_at >= at,
    "idle_before": lambda at: _C.idle_since <= at,
}
