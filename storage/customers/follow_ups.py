"""What is to be done for customers, by whom and when, and what came of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import false, func, or_, select, update
from sqlmodel import col
from sqlmodel import select as rows_of

from connectors.calls import TOKEN
from storage.bulk import insert_rows
from storage.customers.changes import By
from storage.customers.changing import Changing, changing
from storage.engine import Store
from storage.errors import NotThere, Refused
from storage.ids import new_id
from storage.tables.timeline import FOLLOW_UPS, FollowUp

_C = FOLLOW_UPS.c


@dataclass(frozen=True, slots=True)
class NewFollowUp:
    """`kind`: a word such as call or visit. `owner`: None: the customer's. `remind_at`: when its
    owner is to be told of it; None: not."""

    customer_id: UUID
    due_at: datetime
    kind: str = "call"
    owner: str | None = None
    remind_at: datetime | None = None
    note: str = ""


def plan(store: Store, given: Sequence[NewFollowUp], by: By, now: datetime) -> list[UUID]:
    """Plan follow-ups; their ids. Raises `Refused`, `NotThere`."""
    wrong = next((why for each in given if (why := _why_refused(each))), None)
    if wrong:
        raise Refused(wrong)
    with changing(store, by, now) as pen:
        pen.hold({each.customer_id for each in given})
        return put_plans(pen, given)


def put_plans(pen: Changing, given: Sequence[NewFollowUp]) -> list[UUID]:
    """The same of customers that are held, with what was checked before."""
    rows = [_row(pen, each) for each in given]
    insert_rows(pen.connection, FOLLOW_UPS, rows)
    for row in rows:
        told = {"id": str(row["id"]), "kind": row["kind"], "due_at": row["due_at"].isoformat()}
        pen.note(row["customer_id"], "follow_up", None, told)
    _next_actions(pen, {each.customer_id for each in given})
    return [row["id"] for row in rows]


def done(
    store: Store,
    follow_up_id: UUID,
    by: By,
    now: datetime,
    result: str = "",
    note: str = "",
    at: datetime | None = None,
) -> bool:
    """It is done: the customer was seen to. False: it was done before, and stays as it was.

    `result`: what came of it, in a word; `note`: what there is to say; the latter is added to the
    note of its plan. `at`: when it was, where that is before now. Raises `NotThere`.
    """
    at = min(at or now, now)
    customer = show(store, follow_up_id).customer_id
    with changing(store, by, now) as pen:
        pen.hold([customer])  # before the follow-up's row, as everybody does
        open_one = update(FOLLOW_UPS).where(_C.id == follow_up_id, _C.done_at.is_(None))
        told = {"done_at": at, "done_by": by.who, "result": result, "remind_at": None}
        if not pen.connection.execute(open_one.values(**told)).rowcount:
            return False
        if note:
            _add_note(pen, follow_up_id, note)
        pen.seen_to(customer, at)
        pen.note(customer, "follow_up", {"id": str(follow_up_id)}, {"done": True, "result": result})
        _next_actions(pen, {customer})
    return True


def show(store: Store, follow_up_id: UUID) -> FollowUp:
    """One follow-up. Raises `NotThere`."""
    with store.session() as session:
        found = session.get(FollowUp, follow_up_id)
    if found is None:
        raise NotThere(f"There is no follow-up with the id {follow_up_id}")
    return found


def open_ones(
    store: Store,
    owner: str | None = None,
    customer_id: UUID | None = None,
    before: datetime | None = None,
    limit: int = 100,
    or_reminded: bool = False,
) -> list[FollowUp]:
    """What is to be done yet, the first due first: all, or an owner's (empty: nobody's), or for one
    customer. `before`: only what is due by then; `or_reminded`: and what its owner was told of."""
    query = rows_of(FollowUp).where(col(FollowUp.done_at).is_(None))
    if owner is not None:
        query = query.where(col(FollowUp.owner) == owner if owner else _C.owner.is_(None))
    if customer_id is not None:
        query = query.where(col(FollowUp.customer_id) == customer_id)
    if before is not None:
        told = col(FollowUp.reminded_at).is_not(None) if or_reminded else false()
        query = query.where(or_(col(FollowUp.due_at) <= before, told))
    ordered = query.order_by(col(FollowUp.due_at), col(FollowUp.id)).limit(limit)
    with store.looking_session() as session:
        return list(session.exec(ordered))


def _row(pen: Changing, each: NewFollowUp) -> dict[str, Any]:
    return {
        "id": new_id(),
        "customer_id": each.customer_id,
        "owner": each.owner or pen.rows[each.customer_id]["owner"],
        "kind": each.kind,
        "due_at": each.due_at,
        "remind_at": each.remind_at,
        "note": each.note,
        "created_at": pen.at,
        "created_by": pen.by.who,
        "done_by": "",
        "result": "",
    }


def _why_refused(each: NewFollowUp) -> str | None:
    if not TOKEN.fullmatch(each.kind) or len(each.kind) > 24:
        return "The kind of a follow-up is a token such as call, at most 24 characters"
    if each.owner is not None and not TOKEN.fullmatch(each.owner):
        return "An owner is a token: letters, digits, _ and -, at most 64"
    return None


def _add_note(pen: Changing, follow_up_id: UUID, note: str) -> None:
    query = select(_C.note).where(_C.id == follow_up_id)
    planned = pen.connection.execute(query).scalar_one()
    both = f"{planned}\n{note}" if planned else note
    pen.connection.execute(update(FOLLOW_UPS).where(_C.id == follow_up_id).values(note=both))


def _next_actions(pen: Changing, customers: Collection[UUID]) -> None:
    """When each customer's next open follow-up is due."""
    query = (
        select(_C.customer_id, func.min(_C.due_at))
        .where(_C.customer_id.in_(customers), _C.done_at.is_(None))
        .group_by(_C.customer_id)
    )
    first = dict(pen.connection.execute(query).all())
    for customer in customers:
        pen.rows[customer]["next_action_at"] = first.get(customer)
