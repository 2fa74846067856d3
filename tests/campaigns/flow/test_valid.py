"""What may be keyed in: each rule, and the regular expression that says the same to a PBX."""

import re
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.flow.ranges import expression_of
from campaigns.flow.valid import Day, Digits, Range, TimeOfDay, Within

KINDS = [
    Digits(pattern="49XXZN"),
    Within(number=Range(at_least=0, at_most=0)),
    Within(number=Range(at_least=7, at_most=123)),
    Within(number=Range(at_least=1900, at_most=2020)),
    *(Day(date=order) for order in ("ddmm", "mmdd", "ddmmyyyy", "mmddyyyy", "yyyymmdd")),
    TimeOfDay(time="hhmm"),
]


@pytest.mark.parametrize("valid", KINDS, ids=str)
@settings(max_examples=100, deadline=None)
@given(entry=st.text("0123456789", max_size=9))
def test_a_rule_and_its_expression_agree(
    valid: Digits | Within | Day | TimeOfDay, entry: str
) -> None:
    assert bool(re.fullmatch(valid.expression(), entry)) is valid.allows(entry)


@pytest.mark.parametrize("valid", KINDS, ids=str)
def test_an_expression_has_nothing_that_a_dialplan_would_read(
    valid: Digits | Within | Day | TimeOfDay,
) -> None:
    assert re.fullmatch(r"[0-9|()\[\]*-]+", valid.expression())


@settings(max_examples=100, deadline=None)
@given(low=st.integers(0, 10**6), span=st.integers(0, 10**4), near=st.integers(-20, 20))
def test_a_range_has_its_numbers_and_no_others(low: int, span: int, near: int) -> None:
    high = low + span
    expression = re.compile(expression_of(low, high))
    for number in (low, high, low + near, high + near, (low + high) // 2):
        if number >= 0:
            assert bool(expression.fullmatch(str(number))) is (low <= number <= high)


def test_every_day_of_a_century_is_a_day_and_no_other() -> None:
    valid, day, known = Day(date="ddmmyyyy"), date(2000, 1, 1), set[str]()
    while day.year < 2100:
        known.add(f"{day:%d%m%Y}")
        day += timedelta(days=1)
    expression = re.compile(valid.expression())
    for year in ("1999", "2000", "2023", "2024", "2099", "2100"):
        for n in range(10_000):
            entry = f"{n:04}{year}"
            assert bool(expression.fullmatch(entry)) is (entry in known)


def test_the_29th_of_february_is_a_day_of_some_year() -> None:
    assert Day(date="mmdd").allows("0229")
    assert not Day(date="mmdd").allows("0230")
    assert not Day(date="yyyymmdd").allows("20230229")
