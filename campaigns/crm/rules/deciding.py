"""What rules do about what has happened: which of them act. What they do is in the rule itself.

Theory. Everything that one request, call or rule has changed of a customer is one occasion, and a
rule acts at most once for it, however many of the changes set it off: a CRM that adds three tags
below the one that a rule waits for makes one reminder. All rules are asked about the customer as
it was when the occasion was taken up; what they do is another occasion, one deeper. So the order
of rules decides who writes last, and never who is asked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns.crm.rules.facts import UNTOLD, Seen
from campaigns.crm.rules.happening import Happened, sets_off
from campaigns.crm.rules.model import OnIdle, Rule
from campaigns.selection.holds import Fact, holds
from campaigns.selection.reader import read
from campaigns.selection.words import Before, Leaf, Tagged, Within, leaves

DEEPEST = 8
"""So many rules may have had to act, one upon another, for a change that rules still act on."""
TOO_DEEP = (
    f"no rule acts on it: {DEEPEST} rules have acted one upon another; "
    "see 'dialplane crm rules list' for which of them go round in a circle"
)


@dataclass(frozen=True, slots=True)
class Standing:
    """A rule that is switched on: it acts on what has been noted after `since`."""

    rule: Rule
    since: int = 0


@dataclass(frozen=True, slots=True)
class Occasion:
    """What changed of one customer at once. `first`, `last`: numbers of its changes; `depth`: how
    many rules had to act for it."""

    happened: tuple[Happened, ...]
    first: int
    last: int
    depth: int = 0


def awake(rules: Sequence[Standing], occasion: Occasion) -> list[Rule]:
    """Rules that an occasion sets off, whoever the customer is; none where it is too deep."""
    if occasion.depth >= DEEPEST:
        return []
    return [
        standing.rule
        for standing in rules
        if standing.since < occasion.last and sets_off(standing.rule.when, occasion.happened)
    ]


def decide(rules: Sequence[Standing], occasion: Occasion, seen: Seen, now: datetime) -> list[Rule]:
    """The rules that act, in their order."""
    return [rule for rule in awake(rules, occasion) if is_meant(rule, seen, now)]


def is_meant(rule: Rule, seen: Seen, now: datetime) -> bool:
    """Whether a rule's `if` is true of the customer."""
    return rule.if_ is None or holds(read(rule.if_), seen.facts, seen.tags, now)


def is_restless(rule: Rule) -> bool:
    """Whether a rule's `if` may become true of a customer without a change that is noted: as time
    passes, by a call that nobody answers, or by what is found out of a number."""
    asked = () if rule.if_ is None else leaves(read(rule.if_))
    return any(isinstance(each, Within | Before) or _field(each) in UNTOLD for each in asked)


def is_idle(rule: Rule, facts: Mapping[str, Fact], closed: frozenset[str], now: datetime) -> bool:
    """Whether nobody has seen to the customer for as long as the rule says. `closed`: the stages
    in which nothing more is to be done."""
    if not isinstance(rule.when, OnIdle):
        return False
    since, stage = facts.get("idle"), facts.get("stage")
    in_stage = stage in rule.when.stages if rule.when.stages else stage not in closed
    return in_stage and isinstance(since, datetime) and since <= idle_by(rule.when, now)


def _field(leaf: Leaf) -> str:
    return "" if isinstance(leaf, Tagged) else leaf.field


def idle_by(trigger: OnIdle, now: datetime) -> datetime:
    """Since when, or before, nobody must have seen to a customer."""
    return now - timedelta(seconds=trigger.idle)
