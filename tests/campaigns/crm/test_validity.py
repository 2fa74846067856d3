"""What is known of a number: every row of the tables, and which of them comes first."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.crm.validity import (
    BY_KIND,
    GIVEN_UP,
    LEAST,
    Told,
    Tried,
    Verdict,
    judge,
    why_invalid,
)
from campaigns.outcomes import Outcome

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)
NO_SUCH = "1 Unallocated (unassigned) number, SIP 404"


def tried(*outcomes: str, cause: str = "16") -> list[Tried]:
    """The latest first, a day between."""
    return [Tried(each, cause, NOW - timedelta(days=n)) for n, each in enumerate(outcomes)]


def test_a_number_of_no_plan_is_none() -> None:
    assert judge("", tried("connected"), NOW).verdict is Verdict.INVALID
    assert judge("", (), NOW).why == "syntax"


@pytest.mark.parametrize("kind", BY_KIND)
def test_a_kind_alone_is_no_verdict(kind: str) -> None:
    judged = judge(kind, (), NOW)
    assert (judged.score, judged.verdict, judged.why) == (
        BY_KIND[kind], Verdict.UNKNOWN, "line_type",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("outcome", "score"),
    [("connected", 100), ("heard", 98), ("abandoned", 95), ("machine", 80), ("screened", 85)],
)
def test_who_picked_up_is_there(outcome: str, score: int) -> None:
    judged = judge("mobile", tried(outcome, "invalid_number", "invalid_number"), NOW)
    assert (judged.score, judged.verdict, judged.why) == (score, Verdict.VALID, "answered")
    later = judge("mobile", tried(outcome), NOW + timedelta(days=91))
    assert later.score == score - 10


def test_no_such_number_is_believed_the_second_time() -> None:
    once = judge("mobile", tried("invalid_number", "connected", cause=NO_SUCH), NOW)
    assert (once.verdict, once.why) == (Verdict.UNREACHABLE, "sip_404")
    twice = judge("mobile", tried("invalid_number", "invalid_number", cause=NO_SUCH), NOW)
    assert (twice.score, twice.verdict, twice.why) == (0, Verdict.INVALID, "sip_404")


def test_nobody_answers_for_long() -> None:
    scores = [judge("mobile", tried(*["no_answer"] * n), NOW).score for n in range(1, GIVEN_UP + 1)]
    assert scores == sorted(scores, reverse=True)
    assert judge("mobile", tried(*["busy"] * (GIVEN_UP - 1)), NOW).verdict is Verdict.VALID
    last = judge("mobile", tried(*["no_answer"] * GIVEN_UP), NOW)
    assert (last.score, last.verdict, last.why) == (LEAST, Verdict.UNREACHABLE, "no_answer")


@pytest.mark.parametrize("outcome", ["congestion", "failed", "cancelled", "lost"])
def test_what_says_nothing_of_the_number_is_passed_over(outcome: str) -> None:
    assert judge("mobile", tried(outcome, outcome), NOW).why == "line_type"
    assert judge("mobile", tried(outcome, "connected"), NOW).why == "answered"


def test_the_newest_of_seen_and_told_counts() -> None:
    told = Told(Verdict.INVALID, NOW - timedelta(hours=12))
    assert judge("mobile", tried("connected"), NOW, told).verdict is Verdict.VALID
    older = [Tried("connected", "16", NOW - timedelta(days=2))]
    judged = judge("mobile", older, NOW, told)
    assert (judged.score, judged.verdict, judged.why) == (0, Verdict.INVALID, "checked")


@pytest.mark.parametrize(
    ("cause", "why"),
    [
        (NO_SUCH, "sip_404"),
        ("22 Number changed, SIP 410", "sip_410"),
        ("1 UNALLOCATED_NUMBER", "unallocated"),
        ("28", "format"),
        ("", "no_such_number"),
        ("SIP 4042", "no_such_number"),
    ],
)
def test_why_there_is_no_such_number(cause: str, why: str) -> None:
    assert why_invalid(cause) == why


@given(
    st.sampled_from(["", *BY_KIND, "strange"]),
    st.lists(st.sampled_from([*Outcome, "strange"]), max_size=20),
    st.none() | st.sampled_from(Verdict),
)
def test_a_score_is_of_a_hundred_and_goes_with_its_verdict(
    kind: str, outcomes: list[str], told: Verdict | None
) -> None:
    said = Told(told, NOW) if told else None
    judged = judge(kind, tried(*outcomes), NOW, said)
    assert 0 <= judged.score <= 100
    if judged.verdict is Verdict.INVALID:
        assert judged.score == 0
    if judged.verdict is Verdict.VALID:
        assert judged.score > LEAST
