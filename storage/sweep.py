"""What lost events and dead workers leave behind, for the sweeper to ring the bell about."""

from sqlalchemy import ColumnElement, exists, or_, select

from campaigns.orders import CampaignState
from storage.engine import Store
from storage.leases import has_lapsed
from storage.tables.attempts import ATTEMPTS
from storage.tables.campaigns import CAMPAIGNS, LEASES
from storage.tables.inbound import INBOUND_CALLS

_C = CAMPAIGNS.c
_AT_WORK = [CampaignState.RUNNING.value, CampaignState.PAUSED.value]


def without_worker(store: Store) -> list[str]:
    """Campaigns that nobody runs although somebody should.

    They are wanted; or were at work when their worker was lost; or have attempts, or inbound
    calls, left open.
    """
    with store.reading() as connection:
        return list(connection.execute(_WITHOUT_WORKER).scalars())


def _needs_worker() -> ColumnElement[bool]:
    left_open = [
        exists().where(calls.c.campaign == _C.name, calls.c.ended_at.is_(None))
        for calls in (ATTEMPTS, INBOUND_CALLS)
    ]
    return or_(_C.wanted.in_(_AT_WORK), _C.actual.in_(_AT_WORK), *left_open)


# Asked every second: making the statement takes longer than what the database does with it.
_WITHOUT_WORKER = (
    select(_C.name)
    .outerjoin(LEASES, LEASES.c.campaign == _C.name)
    .where(_needs_worker(), or_(LEASES.c.campaign.is_(None), has_lapsed()))
    .order_by(_C.name)
)
