"""Orders of people to running campaigns: durable, taken once, in order, by the lease's holder."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, and_, select, update

from campaigns.orders import LogIn, Order
from storage import belonging
from storage.dbtime import db_time
from storage.engine import Store
from storage.errors import NotThere, Refused
from storage.ids import new_id
from storage.leases import Lease, hold
from storage.order_codec import KINDS, decode, encode
from storage.tables.agents import AGENT_ORDERS

BATCH = 500
ELSEWHERE = (
    "Agent '{0}' is at work in campaign '{1}', and in one at a time; "
    "log the agent out there first: dialplane agent logout {0}"
)
_C = AGENT_ORDERS.c


@dataclass(frozen=True, slots=True)
class Answer:
    """What has become of an order. `refused`: why it could not be carried out."""

    taken_at: datetime | None
    refused: str | None


def put_order(store: Store, campaign: str, order: Order) -> UUID:
    """Keep an order until the campaign's worker takes it; its id.

    Raises `Refused`, also for an agent who is to log in and is at work in another campaign.
    """
    with store.writing() as connection:
        if isinstance(order, LogIn):
            belonging.lock(connection, {order.agent})
            elsewhere = belonging.at_work_elsewhere(connection, campaign, {order.agent})
            if elsewhere:
                raise Refused(ELSEWHERE.format(order.agent, elsewhere[order.agent]))
            if not belonging.is_anywhere(connection, order.agent):
                belonging.unshare(connection, order.agent)
        return insert_order(connection, campaign, order)


def insert_order(connection: Connection, campaign: str, order: Order) -> UUID:
    """Keep an order within a transaction that is already there. Raises `Refused`."""
    kind, payload = encode(order)
    order_id = new_id()
    connection.execute(
        AGENT_ORDERS.insert().values(
            id=order_id,
            campaign=campaign,
            agent=getattr(order, "agent", None),
            kind=kind,
            payload=payload,
            created_at=db_time(),
        )
    )
    return order_id


def take_orders(store: Store, lease: Lease) -> list[tuple[UUID, Order]]:
    """The orders that wait for the lease's campaign, oldest first; each is given out once.

    Cheap when there are none. An order that cannot be read is refused here, and so is the
    login of an agent who has begun to work elsewhere meanwhile: in the same transaction, so that
    an order is either given out or still waits. With the login the agent belongs to the campaign,
    before its worker has told anything of it. Raises `LeaseLost`.
    """
    waiting = _waiting(lease.campaign)
    with store.reading() as connection:
        if connection.execute(waiting.limit(1)).first() is None:
            return []
    with store.writing() as connection:
        seen = connection.execute(waiting.limit(BATCH)).all()
        # agents first and then the lease, in the order in which those lock them who record
        belonging.lock(connection, _logins(seen).values())
        hold(connection, lease, unexpired=False)
        rows = _take(connection, seen)
        refused = _refuse_at_work(connection, lease.campaign, rows)
        orders = [(row.id, _read(connection, row)) for row in rows if row.id not in refused]
        logins = {order.agent for _, order in orders if isinstance(order, LogIn)}
        belonging.claim(connection, lease.campaign, logins)
    return [(order_id, order) for order_id, order in orders if order is not None]


def refuse_order(store: Store, order_id: UUID, why: str, absent: str = "") -> None:
    """Tell whoever gave the order why it could not be carried out.

    `absent`: the agent of a login, who is not in the campaign and so belongs to none again.
    """
    with store.writing() as connection:
        if absent:
            query = select(_C.campaign).where(_C.id == order_id)
            belonging.let_go(connection, connection.execute(query).scalar_one(), absent)
        _refuse(connection, order_id, why)


def answer(store: Store, order_id: UUID) -> Answer:
    """What has become of an order so far. Raises `NotThere`."""
    with store.reading() as connection:
        row = connection.execute(select(_C.taken_at, _C.refused).where(_C.id == order_id)).first()
    if row is None:
        raise NotThere(f"There is no order with the id {order_id}")
    return Answer(row.taken_at, row.refused)


def _refuse_at_work(connection: Connection, campaign: str, rows: Sequence[Any]) -> set[UUID]:
    """Refuse the logins of agents who work elsewhere; the orders they were."""
    logins = _logins(rows)
    elsewhere = belonging.at_work_elsewhere(connection, campaign, set(logins.values()))
    refused = {order_id: agent for order_id, agent in logins.items() if agent in elsewhere}
    for order_id, agent in refused.items():
        _refuse(connection, order_id, ELSEWHERE.format(agent, elsewhere[agent]))
    return set(refused)


def _logins(rows: Sequence[Any]) -> dict[UUID, str]:
    return {row.id: row.agent for row in rows if KINDS.get(row.kind) is LogIn}


def _take(connection: Connection, rows: Sequence[Any]) -> list[Any]:
    """Those that are not withdrawn by now."""
    ours = and_(_C.id.in_([row.id for row in rows]), _C.taken_at.is_(None))
    ids = set(connection.execute(select(_C.id).where(ours).with_for_update()).scalars())
    connection.execute(update(AGENT_ORDERS).where(_C.id.in_(ids)).values(taken_at=db_time()))
    return [row for row in rows if row.id in ids]


def _waiting(campaign: str) -> Select[tuple[UUID, str, object, str | None]]:
    unread = and_(_C.campaign == campaign, _C.taken_at.is_(None))
    return select(_C.id, _C.kind, _C.payload, _C.agent).where(unread).order_by(_C.id)


def _read(connection: Connection, row: Any) -> Order | None:
    try:
        return decode(row.kind, row.payload)
    except Refused as unreadable:
        _refuse(connection, row.id, str(unreadable))
        return None


def _refuse(connection: Connection, order_id: UUID, why: str) -> None:
    connection.execute(update(AGENT_ORDERS).where(_C.id == order_id).values(refused=why))
