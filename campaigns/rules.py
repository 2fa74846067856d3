"""Why a lead is not dialled now: named rules, in order; the first that refuses is the answer.

Storage asks this twice, when it fills the hopper and again inside the transaction that writes the
attempt, so that a number put on do-not-call in between, or a window that has closed, is never
dialled. Each refusal begins with its rule's name and a colon, then says what it judged.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from campaigns.spec.campaign import Campaign
from campaigns.windows import closed_in

OPEN = "ready"
"""The state of a lead that is dialled when it is due; any other state is refused by its name."""


@dataclass(frozen=True, slots=True)
class LeadFacts:
    """What the rules judge. `zones`: IANA zones the number may be in; times in UTC."""

    state: str
    next_at: datetime | None
    zones: tuple[str, ...]
    do_not_call: bool
    attempts_total: int
    attempts_last_24h: int
    last_attempt_at: datetime | None
    live_elsewhere: bool  # the number is on a call now, of this or of any campaign


Rule: TypeAlias = Callable[[LeadFacts, Campaign, datetime], str | None]


def why_not(facts: LeadFacts, campaign: Campaign, now: datetime) -> str | None:
    """The refusal of the first rule that refuses, as `rule: sentence`; None: dial."""
    for name, rule in RULES.items():
        refusal = rule(facts, campaign, now)
        if refusal is not None:
            return f"{name}: {refusal}"
    return None


def rule_of(refusal: str) -> str:
    """The name of the rule that spoke."""
    return refusal.partition(":")[0]


def _state(facts: LeadFacts, _campaign: Campaign, _now: datetime) -> str | None:
    return None if facts.state == OPEN else f"the lead is '{facts.state}', not '{OPEN}'"


def _do_not_call(facts: LeadFacts, _campaign: Campaign, _now: datetime) -> str | None:
    return "the number is on the do-not-call list" if facts.do_not_call else None


def _live(facts: LeadFacts, _campaign: Campaign, _now: datetime) -> str | None:
    return "the number is on a call already" if facts.live_elsewhere else None


def _per_lead(facts: LeadFacts, campaign: Campaign, _now: datetime) -> str | None:
    cap = campaign.attempts.per_lead
    made = facts.attempts_total
    return f"{made} attempts made, at most {cap} for a lead" if made >= cap else None


def _per_day(facts: LeadFacts, campaign: Campaign, _now: datetime) -> str | None:
    cap = campaign.attempts.per_day
    made = facts.attempts_last_24h
    return f"{made} attempts within 24 h, at most {cap}" if made >= cap else None


def _min_gap(facts: LeadFacts, campaign: Campaign, now: datetime) -> str | None:
    if facts.last_attempt_at is None:
        return None
    free = facts.last_attempt_at + timedelta(seconds=campaign.attempts.min_gap)
    if now >= free:
        return None
    return (
        f"the last attempt was at {_at(facts.last_attempt_at)}, the next is not before {_at(free)}"
    )


def _due(facts: LeadFacts, _campaign: Campaign, now: datetime) -> str | None:
    if facts.next_at is None or now >= facts.next_at:
        return None
    return f"the lead is due at {_at(facts.next_at)}"


def _window(facts: LeadFacts, campaign: Campaign, now: datetime) -> str | None:
    shut = closed_in(campaign.windows, facts.zones, now)
    return None if shut is None else f"closed for the number: {shut}"


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


RULES: dict[str, Rule] = {
    "state": _state,
    "do_not_call": _do_not_call,
    "on_a_call": _live,
    "attempts.per_lead": _per_lead,
    "attempts.per_day": _per_day,
    "attempts.min_gap": _min_gap,
    "not_due": _due,
    "windows": _window,
}
