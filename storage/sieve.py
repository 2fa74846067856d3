"""The quick sieve in front of the hopper, as conditions of SQL.

Leads that are ready, under the campaign's cap, meant by its filter, not on do-not-call, and in time
zones that are open now. The rules themselves are `campaigns.rules`, which every claim asks; here
are those of them that a query can answer without counting.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    ScalarSelect,
    Select,
    and_,
    exists,
    func,
    select,
)

from campaigns.spec.campaign import Campaign
from campaigns.windows import is_open
from storage.dnc import in_force
from storage.facts import has_twin, split_zones
from storage.selection.condition import only
from storage.selection.turning import only_in_time
from storage.tables.lists import DO_NOT_CALL
from storage.tables.people import LEADS, LeadState

_C = LEADS.c
SIEVED = frozenset(
    {"state", "do_not_call", "filter", "twin", "attempts.per_lead", "not_due", "windows"}
)
"""The rules that it knows: a lead that one of these refuses is not offered again."""


def sieved(query: Select[Any], campaign: Campaign, name: str, now: datetime) -> Select[Any]:
    """A query over leads, kept to those of a list that may be dialled once they are due. To be run
    with the `moments` of the campaign's filter."""
    return only(_waiting(query, campaign, name, now), campaign.leads.filter)


def sieved_in_time(query: Select[Any], campaign: Campaign, name: str, now: datetime) -> Select[Any]:
    """The same, and those whom the filter may come to mean as time passes."""
    return only_in_time(_waiting(query, campaign, name, now), campaign.leads.filter)


def _waiting(query: Select[Any], campaign: Campaign, name: str, now: datetime) -> Select[Any]:
    listed = exists().where(DO_NOT_CALL.c.number == _C.number, in_force(campaign.name, now))
    under_cap = _C.attempts_total < campaign.attempts.per_lead
    return query.where(ready(name), under_cap, ~listed, ~has_twin(campaign.leads.lists, name))


def in_zones(zones: tuple[str, ...] | None) -> list[ColumnElement[bool]]:
    """The condition on a lead that it is in one of these, as `open_zones` tells them."""
    return [] if zones is None else [_C.zones.in_(zones)]


def open_zones(
    connection: Connection, campaign: Campaign, name: str, now: datetime
) -> tuple[str, ...] | None:
    """The zones of a list's leads, as leads have them, that may be called now; None: all."""
    windows = campaign.windows
    if windows.timezone != "customer":
        return None if is_open(windows, (), now) else ()
    walk = zones_of_list(name)
    zones = list(connection.execute(select(walk).where(walk.c.zones.is_not(None))).scalars())
    open_now = tuple(zone for zone in zones if is_open(windows, split_zones(zone), now))
    return None if len(open_now) == len(zones) else open_now


def ready(name: str) -> ColumnElement[bool]:
    """The condition on the leads of a list that wait to be called."""
    return and_(_C.list_name == name, _C.state == LeadState.READY.value)


def zones_of_list(name: str) -> CTE:
    """The distinct `zones` of a list's ready leads, one step along the index for each; and a row
    with None at the end."""
    walk = select(func.min(_C.zones).label("zones")).where(ready(name)).cte(recursive=True)
    step: ScalarSelect[str] = (
        select(func.min(_C.zones))
        .where(ready(name), _C.zones > walk.c.zones)
        .correlate(walk)
        .scalar_subquery()
    )
    return walk.union_all(select(step).where(walk.c.zones.is_not(None)))
