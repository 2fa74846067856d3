"""What rules did, and changes that they could not act on, as people look at them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from storage.engine import Store
from storage.tables.changes import CUSTOMER_CHANGES
from storage.tables.people import CUSTOMERS
from storage.tables.rules import RULE_ACTS

_A, _N = RULE_ACTS.c, CUSTOMER_CHANGES.c


@dataclass(frozen=True, slots=True)
class Act:
    """`depth`: how many rules had to act before, one upon another."""

    at: datetime
    rule: str
    customer_id: UUID
    name: str
    depth: int
    did: str


@dataclass(frozen=True, slots=True)
class Stuck:
    """Changes on which no rule could act, or has not yet, for one reason."""

    why: str
    times: int
    last: int  # the number of the last of them


def acts(store: Store, customer: UUID | None = None, limit: int = 50) -> list[Act]:
    """The latest first; of one customer, or all."""
    query = select(RULE_ACTS, CUSTOMERS.c.name).join(
        CUSTOMERS, CUSTOMERS.c.id == _A.customer_id, isouter=True
    )
    if customer is not None:
        query = query.where(_A.customer_id == customer)
    with store.reading() as connection:
        rows = connection.execute(query.order_by(_A.id.desc()).limit(limit)).all()
    return [Act(r.at, r.rule, r.customer_id, r.name or "", r.depth, r.did) for r in rows]


def stuck(store: Store, among: int = 10_000) -> list[Stuck]:
    """By reason, among the latest changes."""
    latest = select(_N.seq, _N.came_of_it).order_by(_N.seq.desc()).limit(among).subquery()
    query = (
        select(latest.c.came_of_it, func.count(), func.max(latest.c.seq))
        .where(latest.c.came_of_it != "")
        .group_by(latest.c.came_of_it)
        .order_by(func.max(latest.c.seq).desc())
        .limit(20)
    )
    with store.reading() as connection:
        return [Stuck(*row) for row in connection.execute(query)]
