"""Everything that happened with a customer, in one order, a page at a time, the latest first.

Calls are read where they are, from the attempts and the inbound calls of the customer's numbers:
nothing is copied. Each kind is asked for one page's worth, and the pages are merged.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from storage.customers.touches import money
from storage.engine import Store
from storage.tables.attempts import ATTEMPTS
from storage.tables.contacts import CONTACT_POINTS, ContactKind
from storage.tables.inbound import INBOUND_CALLS
from storage.tables.timeline import CONSENTS, FOLLOW_UPS, STAGE_CHANGES, TOUCHES, TouchKind

_A, _I, _P = ATTEMPTS.c, INBOUND_CALLS.c, CONTACT_POINTS.c
_T, _S, _F, _K = TOUCHES.c, STAGE_CHANGES.c, FOLLOW_UPS.c, CONSENTS.c
Before = tuple[datetime, UUID]
"""Where the page before has ended."""


class Kind(StrEnum):
    """What an entry tells of; the last five are touch points."""

    CALL = "call"
    INBOUND_CALL = "inbound_call"
    STAGE = "stage"
    FOLLOW_UP = "follow_up"  # by when it was done, or is due
    CONSENT = "consent"
    PURCHASE = TouchKind.PURCHASE.value
    VISIT = TouchKind.VISIT.value
    FORM = TouchKind.FORM.value
    MESSAGE = TouchKind.MESSAGE.value
    NOTE = TouchKind.NOTE.value


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. `kind`: one of `Kind`. `facts`: what there is to say of it."""

    at: datetime
    id: UUID
    kind: str
    facts: Mapping[str, Any]


def page(
    store: Store,
    customer_id: UUID,
    limit: int = 50,
    before: Before | None = None,
    kinds: Sequence[str] = (),
) -> list[Entry]:
    """The latest entries before that place; `kinds`: of these alone."""
    touched = [str(kind) for kind in kinds if kind not in _SOURCES]
    with store.looking() as connection:
        mine = _numbers(connection, customer_id)
        found = [
            _entry(kind, row)
            for kind, source in _SOURCES.items()
            if not kinds or kind in kinds or (kind == "touch" and touched)
            for row in connection.execute(
                _page(source, customer_id, mine, limit, before, touched if kind == "touch" else ())
            )
        ]
    return sorted(found, key=lambda each: (each.at, each.id), reverse=True)[:limit]


@dataclass(frozen=True, slots=True)
class _Source:
    """Where one kind is kept: when it happened, and what is told of it."""

    at: ColumnElement[Any]
    id: ColumnElement[Any]
    columns: tuple[ColumnElement[Any], ...]
    whose: Callable[[UUID, Sequence[str]], ColumnElement[bool]]


def _page(
    source: _Source,
    customer: UUID,
    numbers: Sequence[str],
    limit: int,
    before: Before | None,
    touched: Sequence[str],
) -> Select[Any]:
    """`touched`: only touch points of these kinds; a page must not be filled with others."""
    query = select(source.at.label("at"), source.id.label("id"), *source.columns)
    query = query.where(source.whose(customer, numbers))
    if touched:
        query = query.where(_T.kind.in_(touched))
    if before is not None:
        at, last = before
        query = query.where(or_(source.at < at, and_(source.at == at, source.id < last)))
    return query.order_by(source.at.desc(), source.id.desc()).limit(limit)


def _numbers(connection: Connection, customer: UUID) -> list[str]:
    query = select(_P.value).where(_P.customer_id == customer, _P.kind == ContactKind.PHONE.value)
    return list(connection.execute(query).scalars())


def _entry(kind: str, row: Any) -> Entry:
    facts = {name: value for name, value in row._mapping.items() if name not in {"at", "id"}}
    if kind == "touch":
        facts["amount"] = money(facts["amount"])
        kind = facts.pop("kind")
    told = {name: value for name, value in facts.items() if value not in (None, "")}
    return Entry(row.at, row.id, kind, told)


def _of_numbers(
    number: ColumnElement[Any], owner: ColumnElement[Any] | None = None
) -> Callable[[UUID, Sequence[str]], ColumnElement[bool]]:
    """The calls of these numbers; there is an index of them, and of customers none."""

    def whose(customer: UUID, numbers: Sequence[str]) -> ColumnElement[bool]:
        mine = number.in_(numbers)
        return mine if owner is None else and_(mine, owner == customer)

    return whose


def _of(owner: ColumnElement[Any]) -> Callable[[UUID, Sequence[str]], ColumnElement[bool]]:
    return lambda customer, _numbers: owner == customer


_SOURCES: Mapping[str, _Source] = {
    "call": _Source(
        _A.placed_at,
        _A.id,
        (
            *(_A.campaign, _A.number, _A.outcome, _A.disposition, _A.intent, _A.agent, _A.note),
            *(_A.answered_at, _A.connected_at, _A.ended_at, _A.recording),
        ),
        _of_numbers(_A.number, _A.customer_id),
    ),
    "inbound_call": _Source(
        _I.arrived_at,
        _I.id,
        (
            *(_I.campaign, _I.caller.label("number"), _I.outcome, _I.disposition, _I.agent),
            *(_I.note, _I.connected_at, _I.ended_at, _I.recording),
        ),
        _of_numbers(_I.caller),
    ),
    "touch": _Source(
        _T.at,
        _T.id,
        (_T.kind, _T.item, _T.text, _T.amount, _T.currency, _T.detail, _T.source, _T.who),
        _of(_T.customer_id),
    ),
    "stage": _Source(_S.at, _S.id, (_S.before, _S.after, _S.why, _S.who), _of(_S.customer_id)),
    "follow_up": _Source(
        func.coalesce(_F.done_at, _F.due_at),
        _F.id,
        (
            *(_F.kind.label("by"), _F.owner, _F.note, _F.due_at, _F.done_at, _F.done_by),
            *(_F.result, _F.created_by),
        ),
        _of(_F.customer_id),
    ),
    "consent": _Source(
        _K.at,
        _K.id,
        (_K.channel, _K.purpose, _K.given, _K.expires_at, _K.evidence, _K.source, _K.who),
        _of(_K.customer_id),
    ),
}
