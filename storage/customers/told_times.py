"""When a customer had changed in a source as that told of it last, by its own clock: what it posts
may come late, or twice, or in another order."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import bindparam, or_, select, update

from storage.bulk import among
from storage.engine import Store
from storage.tables.contacts import CUSTOMER_REFS

_R = CUSTOMER_REFS.c


def told_at(store: Store, source: str, ids: Collection[str]) -> dict[str, datetime]:
    """Of these, as the source calls them, when it is known."""
    query = select(_R.external_id, _R.told_at).where(_R.source == source, _R.told_at.is_not(None))
    with store.reading() as connection:
        rows = connection.execute(query.where(among(connection, _R.external_id, list(ids))))
        return {row.external_id: row.told_at for row in rows}


def note(store: Store, source: str, times: Mapping[str, datetime]) -> None:
    """They were told of so; what was later already stays."""
    known = told_at(store, source, list(times)) if times else {}
    later = [
        {"of": each, "told": at}
        for each, at in sorted(times.items())
        if each not in known or known[each] < at
    ]
    if not later:
        return
    told = bindparam("told", type_=_R.told_at.type)
    mine = (_R.source == source, _R.external_id == bindparam("of"))
    these = update(CUSTOMER_REFS).where(*mine, or_(_R.told_at.is_(None), _R.told_at < told))
    with store.writing() as connection:
        connection.execute(these.values(told_at=told), later)
