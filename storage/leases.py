"""The right to run a campaign: a lease of a few seconds with a fencing token that only rises.

Theory. A worker may stall for any time between a look at its lease and its next write. So the
look is part of the write: `hold` locks the lease's row inside the writer's transaction, and a
takeover waits for that transaction. After a takeover the token is higher, and every write of
the earlier holder finds that out and is refused. The database's clock judges; a lease that was
renewed in that clock's future (the clock was set back) counts as lapsed, so a set-back clock
delays nothing, and a takeover too many is harmless.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, cast, func, or_, select, update

from storage.bulk import insert_absent
from storage.dbtime import db_time
from storage.engine import Store
from storage.errors import LeaseLapsed, LeaseLost, NotThere
from storage.tables.campaigns import CAMPAIGNS, LEASES
from storage.tables.records import META

TTL = 3.0  # seconds; renewed each second, so a killed worker is replaced within five
_SLACK = 1.0  # seconds by which the database's clock may be slewed back unnoticed
BASE = "token_base"
"""In the table META: every first token is above it. A restore raises it, as a campaign that is made
anew may be one that has been lost, and its calls may still be known by their tokens elsewhere."""
_C = LEASES.c


@dataclass(frozen=True, slots=True)
class Lease:
    """What the holder shows at every write. `token` is higher than every earlier holder's."""

    campaign: str
    holder: str
    token: int


@dataclass(frozen=True, slots=True)
class LeaseSeen:
    """A lease as others see it. `expires_at` by the database's clock."""

    lease: Lease
    expires_at: datetime
    lapsed: bool


def acquire(store: Store, campaign: str, holder: str, ttl: float = TTL) -> Lease | None:
    """Take the lease if nobody has it, or its holder has let it lapse. None: somebody has it.

    `ttl` in seconds. The new token is one above the last, the first one above `BASE`. The same
    holder is refused as anybody else while its lease is valid.
    """
    with store.writing() as connection:
        times = {"renewed_at": db_time(), "expires_at": db_time(ttl)}
        lapsed = update(LEASES).where(_C.campaign == campaign, has_lapsed())
        taken = connection.execute(lapsed.values(holder=holder, token=_C.token + 1, **times))
        if not taken.rowcount:
            first = {"campaign": campaign, "holder": holder}
            theirs: dict[str, ColumnElement[Any]] = {"token": base() + 1, **times}
            if not insert_absent(connection, LEASES, [first], ["campaign"], theirs):
                return None
        token = select(_C.token).where(_C.campaign == campaign)
        return Lease(campaign, holder, connection.execute(token).scalar_one())


def renew(store: Store, lease: Lease, ttl: float = TTL) -> bool:
    """Hold the lease for another `ttl` seconds. False: it has passed to somebody else.

    A lease that has lapsed while nobody wanted it is still its holder's.
    """
    with store.writing() as connection:
        changed = connection.execute(
            update(LEASES)
            .where(_C.campaign == lease.campaign, _C.token == lease.token)
            .values(renewed_at=db_time(), expires_at=db_time(ttl))
        )
        return changed.rowcount == 1


def release(store: Store, lease: Lease) -> None:
    """Let the lease lapse now, so that the next worker need not wait. Harmless when it is lost."""
    with store.writing() as connection:
        connection.execute(
            update(LEASES)
            .where(_C.campaign == lease.campaign, _C.token == lease.token)
            .values(expires_at=_C.renewed_at)
        )


def look(store: Store, campaign: str) -> LeaseSeen | None:
    """Who holds, or last held, the lease of a campaign."""
    with store.reading() as connection:
        row = connection.execute(
            select(_C.holder, _C.token, _C.expires_at, has_lapsed().label("lapsed")).where(
                _C.campaign == campaign
            )
        ).first()
    if row is None:
        return None
    return LeaseSeen(Lease(campaign, row.holder, row.token), row.expires_at, bool(row.lapsed))


def held(store: Store) -> list[Lease]:
    """Every lease that somebody holds now, by campaign."""
    query = select(_C.campaign, _C.holder, _C.token).where(~has_lapsed()).order_by(_C.campaign)
    with store.reading() as connection:
        return [Lease(row.campaign, row.holder, row.token) for row in connection.execute(query)]


def hold(connection: Connection, lease: Lease, unexpired: bool = True) -> str:
    """Lock the lease and what is wanted of its campaign until the transaction ends; the latter.

    Raises `LeaseLost` when the token has moved on; with `unexpired` also `LeaseLapsed`. A claim
    calls it first, before it reads anything; what only records calls it last, and before it
    touches the campaign, which is locked in this order.
    """
    row = connection.execute(
        select(_C.token, has_lapsed().label("lapsed"), CAMPAIGNS.c.wanted)
        .join(CAMPAIGNS, CAMPAIGNS.c.name == _C.campaign)
        .where(_C.campaign == lease.campaign)
        .with_for_update(of=[LEASES, CAMPAIGNS], key_share=True)
    ).first()
    if row is None:
        raise NotThere(f"There is no campaign '{lease.campaign}' that has ever been run")
    if row.token != lease.token:
        raise LeaseLost(
            f"Campaign '{lease.campaign}' is run by another worker now; "
            "this one stops dialling and has written nothing"
        )
    if unexpired and row.lapsed:
        raise LeaseLapsed(
            f"The lease of campaign '{lease.campaign}' has lapsed before it was renewed; "
            "nothing was written"
        )
    return str(row.wanted)


def base() -> ColumnElement[int]:
    """What every first token is above: 0 where nothing was ever restored."""
    kept = select(cast(META.c.value, BigInteger)).where(META.c.key == BASE).scalar_subquery()
    return func.coalesce(kept, 0)


def has_lapsed() -> ColumnElement[bool]:
    """The lease is free to be taken, by the database's clock."""
    return or_(_C.expires_at <= db_time(), _C.renewed_at > db_time(_SLACK))
