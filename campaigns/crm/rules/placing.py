"""Whether a rule may put a customer on a campaign's list, and what becomes of a lead there."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from campaigns.crm.rules.model import AddToCampaign
from campaigns.outcomes import Outcome
from campaigns.retry import DEFAULTS
from campaigns.spec.campaign import Campaign


class How(StrEnum):
    """What becomes of it. Only of the first three a lead is written."""

    NEW = "added"
    AGAIN = "called again"
    SOONER = "moved forward"  # it waits already, with a lower priority
    THERE = "there already"
    NOT = "not added"


@dataclass(frozen=True, slots=True)
class Reach:
    """What is known of the customer. `forbidden`: on the do-not-call list; `consent`: the last
    word about calls for the purpose that the rule names (or any), None: nothing that counts."""

    number: str | None
    forbidden: bool
    consent: bool | None


@dataclass(frozen=True, slots=True)
class ThatLead:
    """The lead of that number on the list."""

    state: str
    rank: int
    attempts_total: int
    last_attempt_at: datetime | None
    last_outcome: str


@dataclass(frozen=True, slots=True)
class Place:
    """`at`: when the lead is due. `why`: in words, for people."""

    how: How
    why: str = ""
    at: datetime | None = None


def place(
    action: AddToCampaign, campaign: Campaign, reach: Reach, lead: ThatLead | None, now: datetime
) -> Place:
    """What becomes of it: never a second lead of a number, and none of who is not to be called."""
    if (why := _why_not(action, reach)) is not None:
        return Place(How.NOT, why)
    if lead is None:
        return Place(How.NEW, at=now)
    if lead.state == "suppressed":
        return Place(How.NOT, "asked not to be called again")
    if lead.state == "done":
        return _once_more(action, campaign, lead, now)
    if lead.state == "ready" and -action.priority < lead.rank:
        return Place(How.SOONER)
    return Place(How.THERE, "waits there, or is being called")


def _why_not(action: AddToCampaign, reach: Reach) -> str | None:
    if reach.number is None:
        return "has no number"
    if reach.forbidden:
        return "is not to be called"
    if reach.consent is False:
        return "has not allowed calls"
    if action.needs_consent is not None and reach.consent is None:
        return f"has not allowed calls for the purpose '{action.needs_consent}'"
    return None


def _once_more(action: AddToCampaign, campaign: Campaign, lead: ThatLead, now: datetime) -> Place:
    most = campaign.attempts.per_lead
    if not action.again:
        return Place(How.THERE, "is done, and the rule leaves it so")
    if lead.attempts_total >= most:
        return Place(How.THERE, f"has had {lead.attempts_total} attempts; at most {most} are made")
    return Place(How.AGAIN, at=max(now, _not_before(campaign, lead, now)))


def _not_before(campaign: Campaign, lead: ThatLead, now: datetime) -> datetime:
    """Who was called and got nobody is left alone for as long as the law, or the campaign, says:
    a rule is no reason to call sooner."""
    if lead.last_outcome != Outcome.ABANDONED or lead.last_attempt_at is None:
        return now
    abandoned = Outcome.ABANDONED
    rule = campaign.retry.outcomes.get(abandoned, DEFAULTS[abandoned])
    return lead.last_attempt_at + timedelta(seconds=rule.delay)
