"""A list as a campaign would find it now: how many leads may be dialled, and why others not."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from campaigns.rules import RULES, LeadFacts, eligible_at, rule_of, why_not
from campaigns.spec.campaign import Campaign
from campaigns.windows import next_opening
from storage.engine import Store
from storage.facts import facts_in_time, judged_in_time, known_of
from storage.selection.condition import moments
from storage.tables.people import LEADS

BATCH = 1000
_C = LEADS.c
_LAST = frozenset({"not_due", "windows"})
"""The last rules: whom one of these refuses first, no other one refuses later."""


@dataclass(slots=True)
class Survey:
    """Every lead of the list, judged by the rules of dialling.

    `refused`: leads by the rule that refused them. `zones`: every combination of time zones
    that a lead may be in. `next_at`: when the first lead may be called, if nothing but time passes;
    None: time alone brings none.
    """

    leads: int = 0
    callable_now: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    zones: set[tuple[str, ...]] = field(default_factory=set)
    next_at: datetime | None = None


Tell = Callable[[int], None]
_Waiting = dict[tuple[str, ...], datetime]


def survey(
    store: Store, campaign: Campaign, now: datetime, tell: Tell = lambda _judged: None
) -> Survey:
    """Ask every rule about every lead of the campaign's lists. Reads only, a thousand at a time.

    `tell`: hears of how many more leads have been judged.
    """
    found, waiting = Survey(), _Waiting()
    with store.looking() as connection:
        for rows in _batches(connection, campaign, now):
            known = known_of(connection, campaign.name, [row.number for row in rows], now)
            for row in rows:
                facts = facts_in_time(row, known, campaign, now)
                refusal = _judge(found, facts, campaign, now)
                if refusal is not None and not found.callable_now:
                    _look_ahead(found, waiting, facts, rule_of(refusal), campaign, now)
            tell(len(rows))
    found.next_at = _soonest(found, waiting, campaign, now)
    return found


def _judge(found: Survey, facts: LeadFacts, campaign: Campaign, now: datetime) -> str | None:
    found.leads += 1
    found.zones.add(facts.zones)
    refusal = why_not(facts, campaign, now)
    if refusal is None:
        found.callable_now += 1
    else:
        found.refused[rule_of(refusal)] += 1
    return refusal


def _look_ahead(
    found: Survey,
    waiting: _Waiting,
    facts: LeadFacts,
    rule: str,
    campaign: Campaign,
    now: datetime,
) -> None:
    """Note when a lead may be called, if that may be sooner than all that is known. Those that only
    wait are many: of each zone the first that is due will do."""
    if rule in _LAST and not facts.turns:
        due = max(facts.next_at or now, now)
        waiting[facts.zones] = min(due, waiting.get(facts.zones, due))
        return
    soonest, again = found.next_at, RULES[rule].again(facts, campaign, now)
    if again is not None and (soonest is None or again < soonest):
        found.next_at = _first(soonest, eligible_at(facts, campaign, now))


def _soonest(
    found: Survey, waiting: _Waiting, campaign: Campaign, now: datetime
) -> datetime | None:
    if found.callable_now:
        return now
    openings = (next_opening(campaign.windows, zones, due) for zones, due in waiting.items())
    return _first(found.next_at, *openings)


def _first(*moments_: datetime | None) -> datetime | None:
    return min((at for at in moments_ if at is not None), default=None)


def _batches(connection: Connection, campaign: Campaign, now: datetime) -> Iterator[Sequence[Any]]:
    # by number, which the unique index of a list has in order
    query = judged_in_time(campaign).order_by(_C.number).limit(BATCH)
    at = moments(campaign.leads.filter, now)
    for name in campaign.leads.lists:
        of_list = query.where(_C.list_name == name)
        rows = connection.execute(of_list, at).all()
        while rows:
            yield rows
            rows = connection.execute(of_list.where(_C.number > rows[-1].number), at).all()
