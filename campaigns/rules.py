"""Why a lead is not dialled now: named rules, in order; the first that refuses is the answer.

Storage asks this twice, when it fills the hopper and again inside the transaction that writes the
attempt, so that a number put on do-not-call in between, or a window that has closed, is never
dialled. Each refusal begins with its rule's name and a colon, then says what it judged. The same
table says when a rule lets the lead through again: what the claim puts a lead off by, and what
people are told.
"""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TypeAlias

from campaigns.spec.campaign import Campaign
from campaigns.spec.times import Windows
from campaigns.windows import closed_in, next_opening

OPEN = "ready"
"""The state of a lead that is dialled when it is due; any other state is refused by its name."""
ROLLING = timedelta(hours=24)
STEPS = 50


@dataclass(frozen=True, slots=True)
class LeadFacts:
    """What the rules judge. `zones`: IANA zones the number may be in; times in UTC.

    `placed`: the attempts on the number within the last 24 h, oldest first; older ones count for
    nothing. `selected`: whether the campaign's filter means the lead, until the first of `turns`;
    at each of these the answer turns round. `twin`: whether the number is also on a list of the
    mix that comes before this one by its name. `listed_until`: do-not-call; None: for good.
    """

    state: str
    next_at: datetime | None
    zones: tuple[str, ...]
    do_not_call: bool
    selected: bool
    twin: bool
    attempts_total: int
    placed: tuple[datetime, ...]
    last_attempt_at: datetime | None
    live_elsewhere: bool  # the number is on a call now, of this or of any campaign
    listed_until: datetime | None = None
    turns: tuple[datetime, ...] = ()


Judge: TypeAlias = Callable[[LeadFacts, Campaign, datetime], str | None]
When: TypeAlias = Callable[[LeadFacts, Campaign, datetime], datetime | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """`refuses`: why, as a sentence; None: it does not. `again`: of a lead that it refuses, the
    moment from which on it would not; None: time alone does not change it."""

    refuses: Judge
    again: When


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says of a lead. `refusal`: None where it lets it through."""

    rule: str
    refusal: str | None
    again: datetime | None = None


def why_not(facts: LeadFacts, campaign: Campaign, now: datetime) -> str | None:
    """The refusal of the first rule that refuses, as `rule: sentence`; None: dial."""
    for name, rule in RULES.items():
        refusal = rule.refuses(facts, campaign, now)
        if refusal is not None:
            return f"{name}: {refusal}"
    return None


def rule_of(refusal: str) -> str:
    """The name of the rule that spoke."""
    return refusal.partition(":")[0]


def verdicts(facts: LeadFacts, campaign: Campaign, now: datetime) -> list[Verdict]:
    """What every rule says, in their order."""
    return [_verdict(name, rule, facts, campaign, now) for name, rule in RULES.items()]


def eligible_at(facts: LeadFacts, campaign: Campaign, now: datetime) -> datetime | None:
    """The first moment from `now` on at which no rule refuses, if nothing but time passes. None:
    time alone does not bring it, or not soon enough to say."""
    at = now
    for _ in range(STEPS):
        refusing = [each for each in verdicts(facts, campaign, at) if each.refusal is not None]
        if not refusing:
            return at
        moments = [each.again for each in refusing]
        later = [moment for moment in moments if moment is not None and moment > at]
        if len(later) < len(moments):
            return None
        at = max(later)
    return None


def _verdict(name: str, rule: Rule, facts: LeadFacts, campaign: Campaign, now: datetime) -> Verdict:
    refusal = rule.refuses(facts, campaign, now)
    return Verdict(name, refusal, None if refusal is None else rule.again(facts, campaign, now))


def _state(facts: LeadFacts, _campaign: Campaign, _now: datetime) -> str | None:
    return None if facts.state == OPEN else f"the lead is '{facts.state}', not '{OPEN}'"


def _do_not_call(facts: LeadFacts, _campaign: Campaign, now: datetime) -> str | None:
    until = facts.listed_until
    if not facts.do_not_call or (until is not None and now >= until):
        return None
    return f"the number is on the do-not-call list{f' until {_at(until)}' if until else ''}"


def _filter(facts: LeadFacts, _campaign: Campaign, now: datetime) -> str | None:
    turned = bool(bisect_right(facts.turns, now) % 2)
    return "the campaign's filter does not mean the lead" if facts.selected is turned else None


def _after_the_turn(facts: LeadFacts, _campaign: Campaign, now: datetime) -> datetime | None:
    return next((turn for turn in facts.turns if turn > now), None)


def _twin(facts: LeadFacts, _campaign: Campaign, _now: datetime) -> str | None:
    """Else whoever is on two lists would have twice the attempts, and be called after a result."""
    return "the number is on another list of the mix too, and called there" if facts.twin else None


def _live(facts: LeadFacts, _campaign: Campaign, _now: datetime) -> str | None:
    return "the number is on a call already" if facts.live_elsewhere else None


def _per_lead(facts: LeadFacts, campaign: Campaign, _now: datetime) -> str | None:
    cap = campaign.attempts.per_lead
    made = facts.attempts_total
    return f"{made} attempts made, at most {cap} for a lead" if made >= cap else None


def _per_day(facts: LeadFacts, campaign: Campaign, now: datetime) -> str | None:
    cap = campaign.attempts.per_day
    made = len(_recent(facts, now))
    return f"{made} attempts within 24 h, at most {cap}" if made >= cap else None


def _after_a_day(facts: LeadFacts, campaign: Campaign, now: datetime) -> datetime | None:
    """When so many of the last day's attempts are older than a day that one more fits."""
    recent = _recent(facts, now)
    return recent[len(recent) - campaign.attempts.per_day] + ROLLING


def _recent(facts: LeadFacts, now: datetime) -> list[datetime]:
    return [at for at in facts.placed if at > now - ROLLING]


def _min_gap(facts: LeadFacts, campaign: Campaign, now: datetime) -> str | None:
    free = _after_the_gap(facts, campaign, now)
    if facts.last_attempt_at is None or free is None or now >= free:
        return None
    return (
        f"the last attempt was at {_at(facts.last_attempt_at)}, the next is not before {_at(free)}"
    )


def _after_the_gap(facts: LeadFacts, campaign: Campaign, _now: datetime) -> datetime | None:
    last, gap = facts.last_attempt_at, timedelta(seconds=campaign.attempts.min_gap)
    return None if last is None else last + gap


def _due(facts: LeadFacts, _campaign: Campaign, now: datetime) -> str | None:
    if facts.next_at is None or now >= facts.next_at:
        return None
    return f"the lead is due at {_at(facts.next_at)}"


def _window(facts: LeadFacts, campaign: Campaign, now: datetime) -> str | None:
    shut = closed_in(campaign.windows, facts.zones, now)
    return None if shut is None else f"closed for the number: {shut}"


def _opening(facts: LeadFacts, campaign: Campaign, now: datetime) -> datetime | None:
    return _opens(campaign.windows, facts.zones, now)


@lru_cache(maxsize=1024)
def _opens(windows: Windows, zones: tuple[str, ...], now: datetime) -> datetime | None:
    """Of a list's leads, thousands have the same zones."""
    return next_opening(windows, zones, now)


def _not_by_time(_facts: LeadFacts, _campaign: Campaign, _now: datetime) -> None:
    return None


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


RULES: dict[str, Rule] = {
    "state": Rule(_state, _not_by_time),
    "do_not_call": Rule(_do_not_call, lambda facts, _campaign, _now: facts.listed_until),
    "filter": Rule(_filter, _after_the_turn),
    "twin": Rule(_twin, _not_by_time),
    "on_a_call": Rule(_live, _not_by_time),
    "attempts.per_lead": Rule(_per_lead, _not_by_time),
    "attempts.per_day": Rule(_per_day, _after_a_day),
    "attempts.min_gap": Rule(_min_gap, _after_the_gap),
    "not_due": Rule(_due, lambda facts, _campaign, _now: facts.next_at),
    "windows": Rule(_window, _opening),
}
