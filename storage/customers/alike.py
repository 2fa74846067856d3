"""Who may be the same as a row of an import, by name and company (`campaigns.importing.alike`)."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import Connection, func, select

from campaigns.importing.alike import block_of, likeness
from storage.bulk import among, update_rows
from storage.customers.given import CheckedCustomer
from storage.engine import Store
from storage.memo import recall, remember
from storage.tables.people import CUSTOMERS

MOST = 50  # of a block that are looked at, the newest
FILLED = 1000
FILLED_ONCE = "customers.blocks"
_C = CUSTOMERS.c


class Alike:
    """Those whom the rows of one batch may be: customers in their blocks, and one another."""

    def __init__(
        self, connection: Connection, at_least: float, rows: Sequence[CheckedCustomer]
    ) -> None:
        self._at_least = at_least
        self._blocks: dict[str, list[tuple[UUID, str, str]]] = {}
        self.customers: set[UUID] = set()
        blocks = {block_of(each.given.name, each.given.company) for each in rows} - {None}
        if blocks:
            self._read(connection, sorted(str(block) for block in blocks))

    def find(self, name: str | None, company: str | None) -> tuple[UUID, float] | None:
        """Who is most like, if anybody is enough."""
        block = block_of(name, company)
        if block is None or not name or not company:
            return None
        found = [
            (likeness(name, company, its_name, its_company), customer)
            for customer, its_name, its_company in self._blocks.get(block, ())
        ]
        best = max(found, default=(0.0, None))
        return (best[1], best[0]) if best[1] and best[0] >= self._at_least else None

    def add(self, customer: UUID, name: str | None, company: str | None) -> None:
        """One more, whom later rows may be."""
        block = block_of(name, company)
        if block is not None:
            self._blocks.setdefault(block, []).append((customer, str(name), str(company)))

    def _read(self, connection: Connection, blocks: list[str]) -> None:
        newest = func.row_number().over(partition_by=_C.block, order_by=_C.id.desc())
        query = select(_C.id, _C.name, _C.company, _C.block, newest.label("place"))
        ranked = query.where(among(connection, _C.block, blocks)).subquery()
        for row in connection.execute(select(ranked).where(ranked.c.place <= MOST)):
            self._blocks.setdefault(row.block, []).append((row.id, row.name, row.company))
            self.customers.add(row.id)


def fill_blocks(store: Store) -> int:
    """Give customers from before there were blocks theirs, a thousand at a time; how many. Once:
    from then on whoever changes a name or company sees to it."""
    count, last = 0, None
    if recall(store, FILLED_ONCE):
        return count
    while rows := _without(store, last):
        last = rows[-1][0]
        count += _put(store, rows)
    remember(store, FILLED_ONCE, "yes")
    return count


def _without(store: Store, last: UUID | None) -> list[tuple[UUID, str, str]]:
    query = select(_C.id, _C.name, _C.company).where(
        _C.block.is_(None), _C.company.is_not(None), _C.name != ""
    )
    if last is not None:
        query = query.where(_C.id > last)
    with store.reading() as connection:
        return [tuple(row) for row in connection.execute(query.order_by(_C.id).limit(FILLED))]


def _put(store: Store, rows: Iterable[tuple[UUID, str, str]]) -> int:
    """A name that changes meanwhile brings a block of its own, which may be lost by this one."""
    blocks = [(customer, block_of(name, company)) for customer, name, company in rows]
    new = [{"id": customer, "block": block} for customer, block in blocks if block]
    with store.writing() as connection:
        update_rows(connection, CUSTOMERS, new)
    return len(new)
