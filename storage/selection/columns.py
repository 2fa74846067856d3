"""Where in the tables the fields are that filters ask: columns, and questions about other rows.

Each is of the lead at hand (`leads`), or of its customer: then the query has to join `customers`.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, func, select

from campaigns.selection.fields import Kind
from campaigns.selection.known import CUSTOM, KNOWN, OF_ATTEMPTS, OF_FILE
from storage.tables.contacts import CONTACT_POINTS, ContactKind
from storage.tables.people import CUSTOMERS, LEADS
from storage.tables.timeline import TOUCHES, TouchKind

Column: TypeAlias = ColumnElement[Any]
_C, _L, _P, _T = CUSTOMERS.c, LEADS.c, CONTACT_POINTS.c, TOUCHES.c


def _of_number(column: Column) -> Column:
    point = select(column).where(_P.kind == ContactKind.PHONE.value, _P.value == _L.number)
    return point.scalar_subquery()


def _last(kind: TouchKind) -> Column:
    return _touched(func.max(_T.at), kind)


def _count(kind: TouchKind) -> Column:
    return _touched(func.count(), kind)


def _touched(what: Column, kind: TouchKind) -> Column:
    query = select(what).select_from(TOUCHES)
    return query.where(_T.customer_id == _L.customer_id, _T.kind == kind.value).scalar_subquery()


OF_LEAD: Mapping[str, Column] = {
    "list": _L.list_name,
    "number": _L.number,
    "reference": _L.external_ref,
    "segment": _L.segment,
    "priority": -_L.rank,
    "score": -_L.score_rank,
    "added": _L.created_at,
    "attempts": _L.attempts_total,
    "last_attempt": _L.last_attempt_at,
    "last_outcome": _L.last_outcome,
    "last_disposition": _L.last_disposition,
    "region": _of_number(_P.region),
    "line_type": _of_number(_P.line_type),
    "carrier": _of_number(_P.carrier),
    "verdict": _of_number(_P.verdict),
    "validity": _of_number(_P.score),
    "last_purchase": _last(TouchKind.PURCHASE),
    "purchases": _count(TouchKind.PURCHASE),
    "last_visit": _last(TouchKind.VISIT),
    "visits": _count(TouchKind.VISIT),
}
OF_CUSTOMER: Mapping[str, Column] = {
    "name": _C.name,
    "company": _C.company,
    "stage": _C.stage,
    "owner": _C.owner,
    "intent": _C.intent,
    "do_not_call": _C.do_not_call,
    "known_since": _C.created_at,
    "last_call": _C.last_attempt_at,
    "last_conversation": _C.last_contact_at,
    "conversations": _C.contacts,
    "last_follow_up": _C.last_follow_up_at,
    "idle": _C.idle_since,
}


def column_of(field: str) -> Column:
    """Of any field but the site's own. Raises `KeyError` where there is none."""
    if field.startswith(OF_FILE):
        of_file: Column = _L.fields[field.removeprefix(OF_FILE)].as_string()
        return of_file
    if field.startswith(OF_ATTEMPTS):
        return func.coalesce(_L.tries[field.removeprefix(OF_ATTEMPTS)].as_integer(), 0)
    return OF_LEAD[field] if field in OF_LEAD else OF_CUSTOMER[field]


def is_of_customer(field: str) -> bool:
    """Whether `customers` has to be joined. The site's own texts lie there."""
    return field in OF_CUSTOMER or field.startswith(CUSTOM)


def holds_text(field: str) -> bool:
    """Of any field but the site's own: whether a text without a letter is nothing there."""
    return field.startswith(OF_FILE) or (field in KNOWN and KNOWN[field].kind is Kind.TEXT)
