"""A list as a campaign would find it now: how many leads may be dialled, and why others not."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from campaigns.rules import LeadFacts, rule_of, why_not
from campaigns.spec.campaign import Campaign
from storage.engine import Store
from storage.facts import facts_of, judged, known_of
from storage.selection.condition import moments
from storage.tables.people import LEADS

BATCH = 1000
_C = LEADS.c


@dataclass(slots=True)
class Survey:
    """Every lead of the list, judged by the rules of dialling.

    `refused`: leads by the rule that refused them. `zones`: every combination of time zones
    that a lead may be in.
    """

    leads: int = 0
    callable_now: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    zones: set[tuple[str, ...]] = field(default_factory=set)


def survey(store: Store, campaign: Campaign, now: datetime) -> Survey:
    """Ask every rule about every lead of the campaign's list. Reads only."""
    found = Survey()
    with store.looking() as connection:
        for rows in _batches(connection, campaign, now):
            known = known_of(connection, campaign.name, [row.number for row in rows], now)
            for row in rows:
                _judge(found, facts_of(row, known, now), campaign, now)
    return found


def _judge(found: Survey, facts: LeadFacts, campaign: Campaign, now: datetime) -> None:
    found.leads += 1
    found.zones.add(facts.zones)
    refusal = why_not(facts, campaign, now)
    if refusal is None:
        found.callable_now += 1
        return
    found.refused[rule_of(refusal)] += 1


def _batches(connection: Connection, campaign: Campaign, now: datetime) -> Iterator[Sequence[Any]]:
    # by number, which the unique index of a list has in order
    query = judged(campaign).order_by(_C.number).limit(BATCH)
    at = moments(campaign.leads.filter, now)
    for name in campaign.leads.lists:
        of_list = query.where(_C.list_name == name)
        rows = connection.execute(of_list, at).all()
        while rows:
            yield rows
            rows = connection.execute(of_list.where(_C.number > rows[-1].number), at).all()
