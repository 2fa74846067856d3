"""Customers as rules see them, many at once: read in a few queries, whatever their number."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select

from campaigns.crm.model import CustomField
from campaigns.crm.rules.facts import OF_CUSTOMERS, TOUCHED, Seen, fact_of, own_facts
from campaigns.crm.rules.model import Rule
from campaigns.selection.holds import Fact
from campaigns.selection.reader import read
from campaigns.selection.words import Tagged, leaves
from storage.customers.tags import of_customers
from storage.tables.contacts import CONTACT_POINTS, ContactKind
from storage.tables.people import CUSTOMERS
from storage.tables.timeline import TOUCHES, TouchKind

_C, _P, _T = CUSTOMERS.c, CONTACT_POINTS.c, TOUCHES.c
_COLUMN_OF: Mapping[str, str] = {
    **{name: name for name in ("number", "name", "company", "stage", "owner", "intent")},
    "do_not_call": "do_not_call",
    "known_since": "created_at",
    "last_call": "last_attempt_at",
    "last_conversation": "last_contact_at",
    "conversations": "contacts",
    "last_follow_up": "last_follow_up_at",
    "idle": "idle_since",
    "last_outcome": "last_outcome",
    "last_disposition": "last_disposition",
}
_OF_NUMBER = {"region": "region", "line_type": "line_type", "carrier": "carrier",
              "verdict": "verdict", "validity": "score"}  # fmt: skip
_READ = ("id", "fields", *dict.fromkeys(_COLUMN_OF.values()))


class Sight:
    """What is known of some customers, and stays true of them as rules act: `rows` that are held
    may change under way, and so may `tags`."""

    def __init__(
        self, connection: Connection, ids: Collection[UUID], fields: Mapping[str, CustomField]
    ) -> None:
        query = select(*(_C[name] for name in _READ)).where(_C.id.in_(ids))
        found = connection.execute(query).mappings().all() if ids else ()
        self.rows: dict[UUID, dict[str, Any]] = {row["id"]: dict(row) for row in found}
        self.tags = {
            customer: {tag.path for tag in tags}
            for customer, tags in of_customers(connection, list(self.rows)).items()
        }
        self._connection = connection
        self._fields = fields
        self._points = _points(connection, [row["number"] for row in self.rows.values()])
        self._touched: dict[UUID, dict[str, Any]] | None = None

    def of(self, customer: UUID, rule: Rule, now_so: Mapping[str, Any] | None = None) -> Seen:
        """A customer as a rule sees one. `now_so`: columns that have changed since."""
        row = {**self.rows[customer], **(now_so or {})}
        told = {name: row[column] for name, column in _COLUMN_OF.items()}
        told |= self._points.get(row["number"], {})
        if _asks_touches(rule):
            told |= self._touches().get(customer, dict.fromkeys(("purchases", "visits"), 0))
        facts = {name: _fact(name, value) for name, value in told.items()}
        facts |= own_facts(row["fields"] or {}, self._fields)
        return Seen(facts, frozenset(self.tags.get(customer, ())))

    def _touches(self) -> dict[UUID, dict[str, Any]]:
        if self._touched is None:
            self._touched = _touches(self._connection, list(self.rows))
        return self._touched


def _fact(name: str, value: Any) -> Fact:
    kind = OF_CUSTOMERS[name].kind
    if value is None:
        return None
    return value if isinstance(value, datetime) else fact_of(kind, value)


def _points(connection: Connection, numbers: Collection[str | None]) -> dict[Any, dict[str, Any]]:
    given = {number for number in numbers if number is not None}
    query = select(_P.value, *(_P[column] for column in _OF_NUMBER.values()))
    mine = query.where(_P.kind == ContactKind.PHONE.value, _P.value.in_(given))
    rows = connection.execute(mine).all() if given else []
    return {row.value: {n: getattr(row, c) for n, c in _OF_NUMBER.items()} for row in rows}


def _asks_touches(rule: Rule) -> bool:
    if rule.if_ is None:
        return False
    asked = {each.field for each in leaves(read(rule.if_)) if not isinstance(each, Tagged)}
    return bool(asked & TOUCHED)


def _touches(connection: Connection, ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    kinds = {TouchKind.PURCHASE.value: ("last_purchase", "purchases"),
             TouchKind.VISIT.value: ("last_visit", "visits")}  # fmt: skip
    query = select(_T.customer_id, _T.kind, func.max(_T.at).label("last"), func.count().label("n"))
    mine = query.where(_T.customer_id.in_(ids), _T.kind.in_(kinds))
    found: dict[UUID, dict[str, Any]] = {each: {"purchases": 0, "visits": 0} for each in ids}
    for row in connection.execute(mine.group_by(_T.customer_id, _T.kind)):
        last, many = kinds[row.kind]
        found[row.customer_id] |= {last: row.last, many: row.n}
    return found
