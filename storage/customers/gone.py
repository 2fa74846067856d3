"""Customers that a source, such as a CRM, has no more: they stay here, and it is told of nothing.

What the source tells of again is there again, and so is what it says that it has.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, func, select, update

from storage.bulk import among
from storage.customers.changes import By
from storage.customers.changing import Changing, changing
from storage.engine import Store
from storage.tables.contacts import CUSTOMER_REFS
from storage.tables.deliveries import PULLS

_R = CUSTOMER_REFS.c


def note(
    store: Store, source: str, gone: Collection[str], there: Collection[str], now: datetime
) -> int:
    """The source has these of its ids no more, and those it has; how many have gone or come back.
    Ids that are nobody's here are passed over."""
    with store.reading() as connection:
        lost = _whose(connection, source, gone, was_gone=False)
        found = _whose(connection, source, there, was_gone=True)
    if not lost and not found:
        return 0
    with changing(store, By(f"crm:{source}", origin=source), now) as pen:
        pen.hold_known({*lost.values(), *found.values()})
        return _put(pen, source, lost, now) + _put(pen, source, found, None)


def note_of(store: Store, source: str, customers: Collection[UUID], now: datetime) -> int:
    """The same of customers that it has no more."""
    query = select(_R.external_id).where(_R.source == source, _R.customer_id.in_(list(customers)))
    with store.reading() as connection:
        ids = list(connection.execute(query).scalars())
    return note(store, source, ids, (), now)


def to_ask(store: Store, source: str, most: int) -> list[str]:
    """Ids whose turn it is to be asked for; after the last ones come the first again."""
    with store.writing() as connection:
        after = select(PULLS.c.asked_id).where(PULLS.c.source == source)
        last = connection.execute(after).scalar() or ""
        mine = select(_R.external_id).where(_R.source == source)
        mine = mine.order_by(_R.external_id).limit(most)
        ids = list(connection.execute(mine.where(_R.external_id > last)).scalars())
        on = ids[-1] if len(ids) == most else ""
        connection.execute(update(PULLS).where(PULLS.c.source == source).values(asked_id=on))
    return ids


def counts(store: Store) -> dict[str, int]:
    """How many of each source have gone."""
    query = select(_R.source, func.count()).where(_R.gone_at.is_not(None)).group_by(_R.source)
    with store.reading() as connection:
        return dict(connection.execute(query).all())


def _whose(
    connection: Connection, source: str, ids: Collection[str], was_gone: bool
) -> dict[str, UUID]:
    if not ids:
        return {}
    query = select(_R.external_id, _R.customer_id).where(_R.source == source)
    such = _R.gone_at.is_not(None) if was_gone else _R.gone_at.is_(None)
    rows = connection.execute(query.where(such, among(connection, _R.external_id, list(ids))))
    return {row.external_id: row.customer_id for row in rows}


def _put(pen: Changing, source: str, whose: dict[str, UUID], at: datetime | None) -> int:
    these = update(CUSTOMER_REFS).where(_R.source == source, _R.external_id.in_(list(whose)))
    if whose:
        pen.connection.execute(these.values(gone_at=at))
    for external_id, customer in whose.items():
        if customer in pen.rows:
            told = {"source": source, "external_id": external_id}
            pen.note(customer, "ref", *((told, None) if at else (None, told)))
    return len(whose)
