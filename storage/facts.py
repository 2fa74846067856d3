"""What the rules of dialling judge, read from the tables."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    exists,
    false,
    or_,
    select,
    true,
)

from campaigns.rules import ROLLING, LeadFacts
from campaigns.spec.campaign import Campaign
from storage.dnc import forbidden
from storage.selection.condition import meant
from storage.selection.turning import answered, turns
from storage.tables.attempts import ATTEMPTS
from storage.tables.people import CUSTOMERS, LEADS

_C, _L = ATTEMPTS.c, LEADS.c


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of some numbers, over all campaigns and lists.

    `forbidden`: until when; None: for good. `placed`: when each was called, ascending: within the
    last 24 h, and on live calls.
    """

    forbidden: dict[str, datetime | None]
    placed: dict[str, list[datetime]]
    live: frozenset[str]


def known_of(connection: Connection, campaign: str, numbers: Sequence[str], now: datetime) -> Known:
    """Read what is known of `numbers`, in two queries whatever their count."""
    if not numbers:
        return Known({}, {}, frozenset())
    recent = connection.execute(
        select(_C.number, _C.placed_at, _C.ended_at)
        .where(_C.number.in_(numbers))
        .where(or_(_C.placed_at > now - ROLLING, _C.ended_at.is_(None)))
        .order_by(_C.placed_at)
    ).all()
    placed: dict[str, list[datetime]] = defaultdict(list)
    for number, placed_at, _ in recent:
        placed[number].append(placed_at)
    live = frozenset(number for number, _, ended_at in recent if ended_at is None)
    return Known(forbidden(connection, campaign, numbers, now), placed, live)


def judged(campaign: Campaign) -> Select[Any]:
    """Leads, with what the rules judge of their rows, and their customers joined. To be run with
    the `moments` of the campaign's filter."""
    return select(
        _L.id,
        _L.number,
        _L.state,
        _L.next_at,
        _L.zones,
        _L.attempts_total,
        _L.last_attempt_at,
        meant(campaign.leads.filter).label("selected"),
        case((_has_twin(campaign.leads.lists), true()), else_=false()).label("twin"),
    ).join(CUSTOMERS, CUSTOMERS.c.id == _L.customer_id)


def has_twin(lists: Sequence[str], name: str) -> ColumnElement[bool]:
    """Whether the number of a lead on the list of this name is on one before it as well."""
    before = lists[: lists.index(name)]
    if not before:
        return false()
    twin = LEADS.alias("twin")
    return exists().where(twin.c.number == _L.number, twin.c.list_name.in_(before))


def _has_twin(lists: Sequence[str]) -> ColumnElement[bool]:
    """The same of a lead on any of them."""
    each = (and_(_L.list_name == name, has_twin(lists, name)) for name in lists[1:])
    return or_(false(), *each)


def facts_of(lead: Any, known: Known, now: datetime) -> LeadFacts:
    """The facts of one lead: a row with the columns of `judged`."""
    placed = known.placed.get(lead.number, [])
    return LeadFacts(
        state=lead.state,
        next_at=lead.next_at,
        zones=split_zones(lead.zones),
        do_not_call=lead.number in known.forbidden,
        selected=lead.selected,
        twin=lead.twin,
        attempts_total=lead.attempts_total,
        placed=tuple(at for at in placed if at > now - ROLLING),
        last_attempt_at=_latest([*placed, lead.last_attempt_at]),
        live_elsewhere=lead.number in known.live,
        listed_until=known.forbidden.get(lead.number),
    )


def facts_in_time(lead: Any, known: Known, campaign: Campaign, now: datetime) -> LeadFacts:
    """The same, with what time will change: of a row of `judged_in_time`."""
    facts = facts_of(lead, known, now)
    turning = turns(campaign.leads.filter, lead, now)
    return replace(facts, turns=turning) if turning else facts


def judged_in_time(campaign: Campaign) -> Select[Any]:
    """`judged`, and what the campaign's filter says of each lead later on."""
    return answered(judged(campaign), campaign.leads.filter)


def split_zones(zones: str) -> tuple[str, ...]:
    return tuple(zones.split(",")) if zones else ()


def join_zones(zones: Iterable[str]) -> str:
    return ",".join(sorted(set(zones)))


def _latest(moments: Iterable[datetime | None]) -> datetime | None:
    return max((at for at in moments if at is not None), default=None)
