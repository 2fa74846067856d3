"""Refusals: each rule alone, the order among them, and what their sentences name."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from campaigns.rules import RULES, LeadFacts, eligible_at, rule_of, verdicts, why_not

NOON = datetime(2026, 11, 20, 17, tzinfo=UTC)  # 12:00 in New York
DAY, HOUR, MINUTE, SECOND = (timedelta(seconds=n) for n in (86400, 3600, 60, 1))
FINE = LeadFacts(
    state="ready",
    next_at=None,
    zones=("America/New_York",),
    do_not_call=False,
    selected=True,
    twin=False,
    attempts_total=0,
    placed=(),
    last_attempt_at=None,
    live_elsewhere=False,
)
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "state": ({"state": "closed"}, "state: the lead is 'closed', not 'ready'"),
    "do_not_call": ({"do_not_call": True}, "do_not_call: the number is on the do-not-call list"),
    "filter": ({"selected": False}, "filter: the campaign's filter does not mean the lead"),
    "twin": (
        {"twin": True},
        "twin: the number is on another list of the mix too, and called there",
    ),
    "on_a_call": ({"live_elsewhere": True}, "on_a_call: the number is on a call already"),
    "attempts.per_lead": (
        {"attempts_total": 8},
        "attempts.per_lead: 8 attempts made, at most 8 for a lead",
    ),
    "attempts.per_day": (
        {"placed": (NOON - DAY + SECOND, NOON - HOUR, NOON - MINUTE)},
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
    "attempts.per_day": {"placed": (NOON - DAY, NOON - HOUR, NOON - MINUTE)},
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


AGAIN: dict[str, datetime | None] = {
    **dict.fromkeys(("state", "do_not_call", "filter", "on_a_call", "attempts.per_lead")),
    "attempts.per_day": NOON + SECOND,
    "attempts.min_gap": NOON + SECOND,
    "not_due": NOON + SECOND,
}


@pytest.mark.parametrize("name", AGAIN)
def test_a_lead_is_eligible_again_when_the_rule_that_refuses_it_says_so(
    name: str, make_campaign: Any
) -> None:
    campaign, facts = make_campaign(), replace(FINE, **REFUSED[name][0])
    assert eligible_at(facts, campaign, NOON) == AGAIN[name]
    [refusing] = [each for each in verdicts(facts, campaign, NOON) if each.refusal is not None]
    assert (refusing.rule, refusing.again) == (name, AGAIN[name])
    if (at := AGAIN[name]) is not None:
        assert why_not(facts, campaign, at) is None
        assert why_not(facts, campaign, at - SECOND) is not None


def test_who_is_listed_until_a_day_is_called_from_then_on(make_campaign: Any) -> None:
    campaign, day = make_campaign(), NOON + DAY
    listed = replace(FINE, do_not_call=True, listed_until=day)
    told = "do_not_call: the number is on the do-not-call list until 2026-11-21 17:00:00 UTC"
    assert why_not(listed, campaign, NOON) == told
    assert eligible_at(listed, campaign, NOON) == day
    assert why_not(listed, campaign, day) is None


def test_a_filter_that_goes_by_time_turns(make_campaign: Any) -> None:
    """Meant for an hour, a day later again; but not while it waits for its time."""
    campaign, turns = make_campaign(), (NOON + HOUR, NOON + DAY)
    turning = replace(FINE, turns=turns)
    assert eligible_at(turning, campaign, NOON) == NOON
    assert eligible_at(replace(turning, next_at=NOON + MINUTE), campaign, NOON) == NOON + MINUTE
    assert eligible_at(replace(turning, next_at=NOON + 2 * HOUR), campaign, NOON) == turns[1]
    not_yet = replace(turning, selected=False)
    assert eligible_at(not_yet, campaign, NOON) == turns[0]
    assert eligible_at(replace(not_yet, next_at=NOON + 2 * DAY), campaign, NOON) is None


def test_rules_that_refuse_one_after_the_other_are_waited_for_in_turn(make_campaign: Any) -> None:
    """Due at night, so not before the window opens; and then only once a day's call is old."""
    window = {"timezone": "customer", "hours": [{"from": "09:00", "to": "20:00"}]}
    campaign = make_campaign(windows=window, attempts={"per_day": 1, "min_gap": 60})
    night = NOON + timedelta(hours=10)  # 22:00 in New York
    opens = NOON + timedelta(hours=21)
    due = replace(FINE, next_at=night)
    assert eligible_at(due, campaign, NOON) == opens
    called = NOON - timedelta(hours=1)
    both = replace(due, placed=(called,), last_attempt_at=called)
    assert eligible_at(both, campaign, NOON) == called + DAY
    assert eligible_at(replace(both, zones=()), campaign, NOON) is None
