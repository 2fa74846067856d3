"""When a refused lead comes up again, so that the hopper is not offered it over and over."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

from campaigns.rules import LeadFacts, rule_of
from campaigns.spec.campaign import Campaign

A_MINUTE = timedelta(minutes=1)
ROLLING = timedelta(hours=24)

When: TypeAlias = Callable[[LeadFacts, Sequence[datetime], Campaign, datetime], datetime]


def due_again(
    refusal: str, facts: LeadFacts, placed: Sequence[datetime], campaign: Campaign, now: datetime
) -> datetime:
    """By the rule that refused it. `placed`: the attempts on the number so far, oldest first."""
    return _WHEN.get(rule_of(refusal), _in_a_minute)(facts, placed, campaign, now)


def _in_a_minute(
    _facts: LeadFacts, _placed: Sequence[datetime], _campaign: Campaign, now: datetime
) -> datetime:
    return now + A_MINUTE


def _after_a_day(
    _facts: LeadFacts, placed: Sequence[datetime], campaign: Campaign, now: datetime
) -> datetime:
    """When so many of the last day's attempts are older than a day that one more fits."""
    recent = [at for at in placed if at > now - ROLLING]
    surplus = len(recent) - campaign.attempts.per_day
    return recent[surplus] + ROLLING if 0 <= surplus < len(recent) else now + A_MINUTE


def _after_the_gap(
    facts: LeadFacts, _placed: Sequence[datetime], campaign: Campaign, now: datetime
) -> datetime:
    last = facts.last_attempt_at or now
    return last + timedelta(seconds=campaign.attempts.min_gap)


_WHEN: dict[str, When] = {
    "attempts.per_day": _after_a_day,
    "attempts.min_gap": _after_the_gap,
}
