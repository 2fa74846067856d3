"""Refusals: each rule alone, the order among them, and what their sentences name."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from campaigns.rules import RULES, LeadFacts, rule_of, why_not

NOON = datetime(2026, 11, 20, 17, tzinfo=UTC)  # 12:00 in New York
FINE = LeadFacts(
    state="ready",
    next_at=None,
    zones=("America/New_York",),
    do_not_call=False,
    attempts_total=0,
    attempts_last_24h=0,
    last_attempt_at=None,
    live_elsewhere=False,
)
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "state": ({"state": "closed"}, "state: the lead is 'closed', not 'ready'"),
    "do_not_call": ({"do_not_call": True}, "do_not_call: the number is on the do-not-call list"),
    "on_a_call": ({"live_elsewhere": True}, "on_a_call: the number is on a call already"),
    "attempts.per_lead": (
        {"attempts_total": 8},
        "attempts.per_lead: 8 attempts made, at most 8 for a lead",
    ),
    "attempts.per_day": (
        {"attempts_last_24h": 3},
        "attempts.per_day: 3 attempts within 24 h, at most 3",
    ),
    "attempts.min_gap": (
        {"last_attempt_at": NOON - timedelta(seconds=59)},
        "attempts.min_gap: the last attempt was at 2026-11-20 16:59:01 UTC, "
        "the next is not before 2026-11-20 17:00:01 UTC",
    ),
    "not_due": (
        {"next_at": NOON + timedelta(seconds=1)},
        "not_due: the lead is due at 2026-11-20 17:00:01 UTC",
    ),
    "windows": (
        {"zones": ("America/New_York", "Asia/Shanghai")},
        "windows: closed for the number: Sat 01:00 Asia/Shanghai",
    ),
}
ALLOWED: dict[str, dict[str, Any]] = {
    "attempts.per_lead": {"attempts_total": 7},
    "attempts.per_day": {"attempts_last_24h": 2},
    "attempts.min_gap": {"last_attempt_at": NOON - timedelta(seconds=60)},
    "not_due": {"next_at": NOON},
}


def test_a_lead_with_nothing_against_it_is_dialled(make_campaign: Any) -> None:
    assert why_not(FINE, make_campaign(), NOON) is None


def test_every_rule_has_a_refused_example() -> None:
    assert set(REFUSED) == set(RULES)


@pytest.mark.parametrize("name", REFUSED)
def test_each_rule_refuses_and_says_what_it_saw(name: str, make_campaign: Any) -> None:
    changes, sentence = REFUSED[name]
    refusal = why_not(replace(FINE, **changes), make_campaign(), NOON)
    assert refusal == sentence
    assert rule_of(sentence) == name


@pytest.mark.parametrize("name", ALLOWED)
def test_each_limit_itself_is_allowed(name: str, make_campaign: Any) -> None:
    assert why_not(replace(FINE, **ALLOWED[name]), make_campaign(), NOON) is None


def test_the_first_rule_that_refuses_is_the_answer(make_campaign: Any) -> None:
    facts = FINE
    for name in reversed(list(RULES)):
        facts = replace(facts, **REFUSED[name][0])
        refusal = why_not(facts, make_campaign(), NOON)
        assert refusal is not None
        assert rule_of(refusal) == name
