"""What the hopper is filled with: leads that are due, in the campaign's order.

A candidate is not claimed; the claim asks every rule again. This is the quick sieve in front:
leads that are ready and due, under the campaign's cap, not on do-not-call, and in time zones
that are open now. What it lets through wrongly the claim refuses, and puts off (`deferral`).
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    ScalarSelect,
    Select,
    and_,
    exists,
    func,
    select,
)

from campaigns.leads import Candidate
from campaigns.spec.campaign import Campaign
from campaigns.windows import is_open, next_opening
from storage.dnc import in_force
from storage.engine import Store
from storage.facts import split_zones
from storage.selection.condition import only
from storage.tables.attempts import ATTEMPTS
from storage.tables.lists import DO_NOT_CALL
from storage.tables.people import LEADS, LeadState

_C = LEADS.c
_SOON = timedelta(seconds=5)
_ORDERS: dict[str, tuple[Any, ...]] = {
    # within a priority: who has been due the longest, be it a new lead or a retry
    "priority": (_C.rank, _C.next_at, _C.id),
    "fifo": (_C.id,),
    "lifo": (_C.id.desc(),),
}


def candidates(
    store: Store,
    campaign: Campaign,
    limit: int,
    exclude: frozenset[UUID],
    now: datetime,
    plenty: frozenset[frozenset[str]] = frozenset(),
) -> list[Candidate]:
    """At most `limit` leads that may be dialled at `now`, besides those in `exclude`, and those
    that want one of the sets of skills in `plenty`."""
    with store.reading() as connection:
        allowed = _in_open_zones(connection, campaign, now)
        if allowed is None:
            return []
        query = due_leads(campaign, now).where(*allowed, *_besides(plenty))
        query = query.limit(limit + len(exclude))
        rows = connection.execute(query).all()
    return [_candidate(row) for row in rows if row.id not in exclude][:limit]


def next_due(
    store: Store, campaign: Campaign, now: datetime, exclude: frozenset[UUID] = frozenset()
) -> datetime | None:
    """When the next lead besides `exclude` may be dialled: `now` or later. None: none is left.

    Leads on do-not-call, at the campaign's cap, or in zones that never open do not count. A
    lead that is being dialled may come back: then the answer is a few seconds ahead at most.
    """
    with store.reading() as connection:
        query = select(_C.zones, func.min(_C.next_at).label("at")).group_by(_C.zones)
        query = _sieved(query, campaign, now).where(_C.id.not_in(exclude))
        moments = [_opening(campaign, row.zones, row.at, now) for row in connection.execute(query)]
        if _dialling(connection, campaign):
            moments.append(now + _SOON)
    return min((at for at in moments if at is not None), default=None)


def count_due(store: Store, campaign: Campaign, most: int, now: datetime, within: timedelta) -> int:
    """How many leads may be dialled until `within` from now, in hours that are open now; counted
    to `most`."""
    with store.reading() as connection:
        allowed = _in_open_zones(connection, campaign, now)
        if allowed is None:
            return 0
        due = _sieved(select(_C.id), campaign, now).where(_C.next_at <= now + within, *allowed)
        query = select(func.count()).select_from(due.limit(most).subquery())
        return int(connection.execute(query).scalar_one())


def due_leads(campaign: Campaign, now: datetime) -> Select[Any]:
    """The query behind `candidates`, before the time zones."""
    query: Select[Any] = select(_C.id, _C.number, _C.rank, _C.segment, _C.skills)
    query = _sieved(query, campaign, now).where(_C.next_at <= now)
    return query.order_by(*_ORDERS[campaign.leads.order])


def _besides(plenty: frozenset[frozenset[str]]) -> list[ColumnElement[bool]]:
    """Skills are stored sorted (`lead_rows`), so that equal sets are equal values."""
    return [_C.skills != sorted(skills) for skills in plenty]


def _sieved(query: Select[Any], campaign: Campaign, now: datetime) -> Select[Any]:
    listed = exists().where(DO_NOT_CALL.c.number == _C.number, in_force(campaign.name, now))
    under_cap = _C.attempts_total < campaign.attempts.per_lead
    return only(query.where(_ready(campaign), under_cap, ~listed), campaign.leads.filter, now)


def _ready(campaign: Campaign) -> ColumnElement[bool]:
    return and_(_C.list_name == campaign.leads.list, _C.state == LeadState.READY.value)


def _in_open_zones(
    connection: Connection, campaign: Campaign, now: datetime
) -> list[ColumnElement[bool]] | None:
    """The condition on a lead's zones: none when all are open; None when none is."""
    windows = campaign.windows
    if windows.timezone != "customer":
        return [] if is_open(windows, (), now) else None
    zones = _zones_of_list(connection, campaign)
    open_now = [zone for zone in zones if is_open(windows, split_zones(zone), now)]
    if len(open_now) == len(zones):
        return []
    return [_C.zones.in_(open_now)] if open_now else None


def _zones_of_list(connection: Connection, campaign: Campaign) -> list[str]:
    """The distinct zones of a list's ready leads, one step along the index for each."""
    walk = select(func.min(_C.zones).label("zones")).where(_ready(campaign)).cte(recursive=True)
    step: ScalarSelect[str] = (
        select(func.min(_C.zones))
        .where(_ready(campaign), _C.zones > walk.c.zones)
        .correlate(walk)
        .scalar_subquery()
    )
    walk = walk.union_all(select(step).where(walk.c.zones.is_not(None)))
    query = select(walk.c.zones).where(walk.c.zones.is_not(None))
    return list(connection.execute(query).scalars())


def _opening(campaign: Campaign, zones: str, due: datetime, now: datetime) -> datetime | None:
    at = max(due, now)
    known = split_zones(zones)
    return at if is_open(campaign.windows, known, at) else next_opening(campaign.windows, known, at)


def _dialling(connection: Connection, campaign: Campaign) -> bool:
    query = (
        select(_C.id)
        .join(ATTEMPTS, ATTEMPTS.c.lead_id == _C.id)
        .where(ATTEMPTS.c.ended_at.is_(None), _C.list_name == campaign.leads.list)
    )
    return connection.execute(query.limit(1)).first() is not None


def _candidate(row: Any) -> Candidate:
    return Candidate(row.id, row.number, -row.rank, row.segment, frozenset(row.skills))
