"""What changed of customers here that a CRM has not heard yet."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from storage.engine import Store
from storage.messages import CUSTOMER_CHANGED
from storage.outbox import unspread
from storage.tables.changes import CUSTOMER_CHANGES
from storage.tables.contacts import CUSTOMER_REFS
from storage.tables.deliveries import DELIVERIES
from storage.tables.records import OUTBOX

_KEPT = ("stage", "owner")
MOST = 1000  # messages that are nobody's yet: a job hands them out at once
_R, _H, _O, _D = CUSTOMER_REFS.c, CUSTOMER_CHANGES.c, OUTBOX.c, DELIVERIES.c

Told = tuple[UUID, str, Any]
"""Of whom, stage or owner, and what it was before."""


def as_it_knows_them(
    store: Store, source: str, external_ids: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Of whom a source calls so: stage and owner as they were before the first change that it has
    still to hear of, where there is one. Whoever says the same has changed nothing."""
    query = select(_R.customer_id, _R.external_id)
    query = query.where(_R.source == source, _R.external_id.in_(external_ids))
    found: dict[str, dict[str, Any]] = {}
    with store.reading() as connection:
        names = {row.customer_id: row.external_id for row in connection.execute(query)}
        for read in (_on_its_way, _nobodys_yet, _unheeded) if names else ():
            for customer, what, old in read(connection, source, names):
                found.setdefault(names[customer], {}).setdefault(what, old)
    return found


def _on_its_way(connection: Connection, source: str, whose: Mapping[UUID, str]) -> Iterator[Told]:
    """Also what was given up: it may be tried again."""
    query = (
        select(_O.payload)
        .join(DELIVERIES, _O.id == _D.message_id)
        .where(_D.receiver == source, _D.subject.in_([str(each) for each in whose]))
        .where(_O.kind == CUSTOMER_CHANGED)
        .order_by(_D.written_at, _D.message_id)
    )
    for payload in connection.execute(query).scalars():
        yield from _of_message(payload)


def _nobodys_yet(connection: Connection, source: str, whose: Mapping[UUID, str]) -> Iterator[Told]:
    for row in connection.execute(unspread(MOST)):
        if row.kind == CUSTOMER_CHANGED and row.payload.get("origin") != source:
            yield from (told for told in _of_message(row.payload) if told[0] in whose)


def _unheeded(connection: Connection, source: str, whose: Mapping[UUID, str]) -> Iterator[Told]:
    query = (
        select(_H.customer_id, _H.what, _H.old)
        .where(_H.customer_id.in_(list(whose)), _H.what.in_(_KEPT))
        .where(_H.heeded_at.is_(None), _H.origin != source)
        .order_by(_H.seq)
    )
    for row in connection.execute(query):
        yield row.customer_id, row.what, row.old


def _of_message(payload: Mapping[str, Any]) -> Iterator[Told]:
    for change in payload.get("changes") or ():
        if change.get("what") in _KEPT:
            yield UUID(str(payload["customer_id"])), change["what"], change.get("old")
