"""What changed of customers: noted with the change, and taken up afterwards by rules and adapters.

As with the outbox, taking a change hides it for a while, so whoever dies with it in hand gives it
back, and it may be seen twice. Of one customer the next change is given out only once those before
it are heeded: who acts on them sees each customer's changes in their order.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, and_, func, select, update

from storage.bulk import insert_rows
from storage.columns import clean_json
from storage.dbtime import db_time
from storage.engine import Store
from storage.tables.changes import CUSTOMER_CHANGES
from storage.tables.records import META
from storage.upsert import upsert

TAKING = "crm.taking"
HIDDEN = 60.0  # seconds that a taken one is nobody else's
MOST = 5000  # changes in one batch, whatever their customers have
_C = CUSTOMER_CHANGES.c


@dataclass(frozen=True, slots=True)
class By:
    """Who changes something, as `kind:name`: `api:crm`, `rule:hot`, `cli`. `origin`: the source
    it comes from, such as a CRM's name; `depth`: how many rules had to act for it."""

    who: str
    origin: str = ""
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changed: `old` and `new` as JSON, None where there was, or is, none.

    `what`: created (`new` has all that was given), name, company, number, email, ref, stage,
    owner, intent, tag, do_not_call, field.NAME, follow_up, touch, contact, consent, call_result (of
    a call: what it was filed under), opt_out (of a number; the customer is not forbidden yet).
    """

    customer_id: UUID
    what: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class TakenChange:
    """A change to act on. `tries` counts this time."""

    seq: int
    at: datetime
    change: Change
    by: By
    tries: int


def write_changes(connection: Connection, changes: Sequence[Change], by: By, at: datetime) -> None:
    """Note `changes`, in their order, in the transaction that makes them."""
    rows = [
        {
            "customer_id": change.customer_id,
            "at": at,
            "what": change.what,
            "old": clean_json(change.old),
            "new": clean_json(change.new),
            "who": by.who,
            "origin": by.origin,
            "depth": by.depth,
            "tries": 0,
        }
        for change in changes
    ]
    insert_rows(connection, CUSTOMER_CHANGES, rows, {"next_at": db_time()})


def take(store: Store, limit: int = 200, hidden: float = HIDDEN) -> list[TakenChange]:
    """Some that are due, for this caller alone, in the order of their numbers.

    `limit`: so many are looked for, those first that have waited longest; whoever's they are comes
    with all that is due of the same customer, so that nobody sees half of what one request has
    changed.
    """
    with store.writing() as connection:
        # one at a time, or the second would not see what the first is about to take
        upsert(connection, META, [{"key": TAKING, "value": ""}], ["key"])
        ready = (_C.heeded_at.is_(None), _C.next_at <= db_time(), ~_one_before_is_out())
        first = select(_C.customer_id).where(*ready).order_by(_C.next_at, _C.seq).limit(limit)
        whose = set(connection.execute(first).scalars())
        query = select(CUSTOMER_CHANGES).where(_C.customer_id.in_(whose), *ready)
        rows = connection.execute(query.order_by(_C.seq).limit(MOST)).all() if whose else []
        if rows:
            hide = update(CUSTOMER_CHANGES).where(_C.seq.in_([row.seq for row in rows]))
            connection.execute(hide.values(tries=_C.tries + 1, next_at=db_time(hidden)))
    return [_taken(row) for row in rows]


def still_mine(connection: Connection, taken: Sequence[TakenChange]) -> list[TakenChange]:
    """Those that are neither heeded nor given to anybody else meanwhile, locked.

    Who stood still for longer than a taken one is hidden finds here that others have gone on.
    """
    seqs = [each.seq for each in taken]
    query = select(_C.seq, _C.tries).where(_C.seq.in_(seqs), _C.heeded_at.is_(None))
    locked = query.order_by(_C.seq).with_for_update()
    tries = {row.seq: row.tries for row in connection.execute(locked)}
    return [each for each in taken if tries.get(each.seq) == each.tries]


def heeded(connection: Connection, seqs: Collection[int], why: str = "") -> None:
    """They are dealt with, in the same transaction as what came of it. `why`: what there is to say
    of it."""
    these = update(CUSTOMER_CHANGES).where(_C.seq.in_(seqs))
    connection.execute(these.values(heeded_at=db_time(), came_of_it=why))


def later(store: Store, seqs: Collection[int], seconds: float, why: str = "") -> None:
    """They cannot be dealt with yet. `why`: kept, to be shown."""
    with store.writing() as connection:
        these = update(CUSTOMER_CHANGES).where(_C.seq.in_(seqs), _C.heeded_at.is_(None))
        connection.execute(these.values(next_at=db_time(seconds), came_of_it=why))


def any_due(store: Store) -> bool:
    """Whether there is anything to be dealt with now. Asked twice a second: one row is read."""
    query = select(_C.seq).where(_C.heeded_at.is_(None), _C.next_at <= db_time())
    with store.reading() as connection:
        return connection.execute(query.order_by(_C.next_at).limit(1)).first() is not None


def last_seq(connection: Connection) -> int:
    """The number of the last change that was noted; 0: there is none."""
    return int(connection.execute(select(func.max(_C.seq))).scalar() or 0)


def due(store: Store) -> int:
    """How many are to be dealt with now."""
    query = select(func.count()).where(_C.heeded_at.is_(None), _C.next_at <= db_time())
    with store.reading() as connection:
        return int(connection.execute(query).scalar_one())


def of_customer(store: Store, customer_id: UUID, limit: int = 100) -> list[TakenChange]:
    """What changed of a customer, newest first."""
    query = select(CUSTOMER_CHANGES).where(_C.customer_id == customer_id)
    with store.reading() as connection:
        rows = connection.execute(query.order_by(_C.seq.desc()).limit(limit)).all()
    return [_taken(row) for row in rows]


def _one_before_is_out() -> Any:
    """An earlier change of the same customer is with somebody, or put off."""
    before = CUSTOMER_CHANGES.alias("before")
    earlier = and_(before.c.customer_id == _C.customer_id, before.c.seq < _C.seq)
    out = and_(before.c.heeded_at.is_(None), before.c.next_at > db_time())
    return select(before.c.seq).where(earlier, out).exists()


def _taken(row: Any) -> TakenChange:
    change = Change(row.customer_id, row.what, row.old, row.new)
    return TakenChange(row.seq, row.at, change, By(row.who, row.origin, row.depth), row.tries + 1)
