"""Retries: the outcome's rule, the campaign's word over it, the disposition's over both."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from campaigns.outcomes import Outcome
from campaigns.retry import DEFAULTS, LONGEST_WAIT, Retrying, after, refiled, tried

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def wait(retrying: Retrying) -> float:
    assert retrying.at is not None
    return (retrying.at - NOW).total_seconds()


def test_every_outcome_has_a_rule() -> None:
    assert set(DEFAULTS) == set(Outcome)


@pytest.mark.parametrize("outcome", Outcome)
def test_each_rule_gives_its_attempts_and_no_more(outcome: Outcome, make_campaign: Any) -> None:
    campaign = make_campaign(attempts={"per_lead": 100})
    rule = DEFAULTS[outcome]
    for times in range(1, rule.attempts + 3):
        got = after(campaign, outcome, "", tries={outcome.value: times}, total=times, now=NOW)
        assert got.final is (times > rule.attempts)
        assert (got.at is None) is got.final
        if not got.final:
            assert wait(got) == rule.delay * rule.growth ** (times - 1)


def test_a_busy_number_is_tried_after_10_20_and_40_minutes(make_campaign: Any) -> None:
    campaign = make_campaign()
    waits = [
        wait(after(campaign, Outcome.BUSY, "", tries={"busy": n}, total=n, now=NOW))
        for n in (1, 2, 3)
    ]
    assert waits == [600, 1200, 2400]


def test_an_abandoned_call_is_locked_out_for_72_hours(make_campaign: Any) -> None:
    got = after(make_campaign(), Outcome.ABANDONED, "", tries={"abandoned": 1}, total=1, now=NOW)
    assert got.at == NOW + timedelta(hours=72)


def test_the_campaigns_rule_replaces_the_built_in_one(make_campaign: Any) -> None:
    campaign = make_campaign(retry={"outcomes": {"busy": {"attempts": 1, "delay": "5m"}}})
    tries = {"busy": 1, "no_answer": 3}
    assert wait(after(campaign, Outcome.BUSY, "", tries=tries, total=4, now=NOW)) == 300
    assert after(campaign, Outcome.BUSY, "", tries={"busy": 2}, total=5, now=NOW).final
    assert wait(after(campaign, Outcome.NO_ANSWER, "", tries=tries, total=4, now=NOW)) == 3600


def test_the_cap_per_lead_is_above_every_rule(make_campaign: Any) -> None:
    campaign = make_campaign(attempts={"per_lead": 3})
    tries = {"no_answer": 1}
    assert not after(campaign, Outcome.NO_ANSWER, "", tries=tries, total=2, now=NOW).final
    assert after(campaign, Outcome.NO_ANSWER, "", tries=tries, total=3, now=NOW).final


def test_no_retry_comes_before_the_least_gap(make_campaign: Any) -> None:
    campaign = make_campaign(
        attempts={"min_gap": "1h"}, retry={"outcomes": {"busy": {"attempts": 1, "delay": 0}}}
    )
    assert wait(after(campaign, Outcome.BUSY, "", tries={"busy": 1}, total=1, now=NOW)) == 3600


def test_no_growth_leaves_the_calendar(make_campaign: Any) -> None:
    rule = {"attempts": 100, "delay": "366d", "growth": 10}
    campaign = make_campaign(attempts={"per_lead": 1000}, retry={"outcomes": {"busy": rule}})
    got = after(campaign, Outcome.BUSY, "", tries={"busy": 100}, total=100, now=NOW)
    assert wait(got) == LONGEST_WAIT


def test_a_conversation_is_final_unless_its_disposition_says_again(make_campaign: Any) -> None:
    campaign = make_campaign()

    def ends(disposition: str, times: int = 1) -> Retrying:
        tries = {"connected": times, disposition: times}
        return after(campaign, Outcome.CONNECTED, disposition, tries=tries, total=times, now=NOW)

    assert ends("") == ends("connected") == Retrying(True, None)
    assert ends("sale") == Retrying(True, None, success=True)
    assert ends("stop-calling") == Retrying(True, None, do_not_call=True)
    assert [wait(ends("callback", n)) for n in (1, 2)] == [86400, 172800]
    assert ends("callback", 3).final
    assert wait(ends("maybe")) == 86400


def test_a_dispositions_tries_are_its_own(make_campaign: Any) -> None:
    tries = {"connected": 5, "callback": 1, "no_answer": 1}
    got = after(make_campaign(), Outcome.CONNECTED, "callback", tries=tries, total=6, now=NOW)
    assert not got.final


def test_tries_are_counted_by_outcome_and_by_disposition() -> None:
    once = tried({}, Outcome.BUSY, "busy")
    assert once == {"busy": 1}
    assert tried(once, Outcome.CONNECTED, "sale") == {"busy": 1, "connected": 1, "sale": 1}
    assert tried(once, Outcome.BUSY, "") == {"busy": 2}


def test_filing_anew_moves_one_try() -> None:
    tries = {"busy": 1, "connected": 1, "none": 1}
    assert refiled(tries, Outcome.CONNECTED, "none", "sale") == {
        "busy": 1,
        "connected": 1,
        "sale": 1,
    }
    assert refiled({"connected": 1}, Outcome.CONNECTED, "connected", "sale") == {
        "connected": 1,
        "sale": 1,
    }
