"""When a refused lead comes up again, so that the hopper is not offered it over and over."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import Connection, bindparam, update

from campaigns.leads import Refusal
from campaigns.rules import LeadFacts, rule_of
from campaigns.spec import Campaign
from storage.facts import ROLLING, Known, facts_of
from storage.tables.people import LEADS, LeadState

A_MINUTE = timedelta(minutes=1)
SIEVED = frozenset({"state", "do_not_call", "attempts.per_lead", "not_due", "windows"})
"""Rules that the sieve in front of the hopper knows too: such a lead is not offered again."""

When: TypeAlias = Callable[[LeadFacts, list[datetime], Campaign, datetime], datetime]


def put_off(
    connection: Connection,
    campaign: Campaign,
    refusals: Sequence[Refusal],
    leads: Mapping[UUID, Any],
    known: Known,
    now: datetime,
) -> None:
    """Set when each refused lead of `leads` is due next, by the rule that refused it."""
    rows = []
    for refusal in refusals:
        lead, rule = leads.get(refusal.order.candidate.lead_id), rule_of(refusal.why)
        if lead is None or rule in SIEVED:
            continue
        facts, placed = facts_of(lead, known, now), known.placed.get(lead.number, [])
        at = _WHEN.get(rule, _in_a_minute)(facts, placed, campaign, now)
        rows.append({"lead": lead.id, "at": at})
    if rows:
        connection.execute(_PUT_OFF, rows)


def _in_a_minute(
    _facts: LeadFacts, _placed: list[datetime], _campaign: Campaign, now: datetime
) -> datetime:
    return now + A_MINUTE


def _after_a_day(
    _facts: LeadFacts, placed: list[datetime], campaign: Campaign, now: datetime
) -> datetime:
    """When so many of the last day's attempts are older than a day that one more fits."""
    recent = [at for at in placed if at > now - ROLLING]
    surplus = len(recent) - campaign.attempts.per_day
    return recent[surplus] + ROLLING if 0 <= surplus < len(recent) else now + A_MINUTE


def _after_the_gap(
    facts: LeadFacts, _placed: list[datetime], campaign: Campaign, now: datetime
) -> datetime:
    last = facts.last_attempt_at or now
    return last + timedelta(seconds=campaign.attempts.min_gap)


_WHEN: dict[str, When] = {
    "attempts.per_day": _after_a_day,
    "attempts.min_gap": _after_the_gap,
}
_PUT_OFF = (
    update(LEADS)
    .where(LEADS.c.id == bindparam("lead"), LEADS.c.state == LeadState.READY.value)
    .values(next_at=bindparam("at"))
)
