"""When a refused lead comes up again, so that the hopper is not offered it over and over."""

from datetime import datetime, timedelta

from campaigns.rules import RULES, LeadFacts, rule_of
from campaigns.spec.campaign import Campaign

A_MINUTE = timedelta(minutes=1)


def due_again(refusal: str, facts: LeadFacts, campaign: Campaign, now: datetime) -> datetime:
    """By the rule that refused it; in a minute, where that is nobody's rule or cannot say."""
    rule = RULES.get(rule_of(refusal))
    if rule is None or rule.refuses(facts, campaign, now) is None:
        return now + A_MINUTE
    return rule.again(facts, campaign, now) or now + A_MINUTE
