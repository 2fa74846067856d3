"""The days over which the limit is kept."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.periods import Period, begins, day_of, days, period_of, shifted
from campaigns.spec.pacing import Abandonment
from campaigns.spec.times import Windows

MICROSECOND = timedelta(microseconds=1)
ZONES = sorted(zone for zone in available_timezones() if "/" in zone)
THIS_CENTURY = st.dates(date(2012, 1, 1), date(2090, 12, 31))


def windows(zone: str) -> Windows:
    hours = [{"from": "00:00", "to": "24:00"}]
    return Windows.model_validate({"timezone": zone, "hours": hours})


def blocks(days: int = 30, start: str = "2026-11-02") -> Abandonment:
    return Abandonment.model_validate({"window": {"days": days, "from": start}})


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        ("2026-11-02", "2026-11-02", "2026-12-01"),
        ("2026-12-01", "2026-11-02", "2026-12-01"),
        ("2026-12-02", "2026-12-02", "2026-12-31"),
        ("2027-01-01", "2027-01-01", "2027-01-30"),
        ("2028-02-29", "2028-02-25", "2028-03-25"),  # a leap day counts as any other
        ("2026-11-01", "2026-10-03", "2026-11-01"),  # before the first day: backwards
        ("2026-10-02", "2026-09-03", "2026-10-02"),
    ],
)
def test_blocks_follow_one_another_and_go_back(day: str, first: str, last: str) -> None:
    assert period_of(blocks(), day) == Period(first, last)


def test_each_day_is_a_period_unless_the_campaign_says_otherwise() -> None:
    period = period_of(Abandonment(), "2026-11-20")
    assert period == Period("2026-11-20", "2026-11-20")
    assert period.is_day
    assert period_of(blocks(1), "2026-11-20") == period
    assert not period_of(blocks(2), "2026-11-20").is_day


@given(THIS_CENTURY, THIS_CENTURY, st.integers(1, 30))
def test_every_day_is_in_exactly_one_block(day: date, start: date, length: int) -> None:
    rules = blocks(length, start.isoformat())
    period = period_of(rules, day.isoformat())
    assert day.isoformat() in period
    assert len(period.days) == length
    assert {period_of(rules, each) for each in period.days} == {period}
    assert shifted(period.first, -1) not in period
    assert shifted(period.last, 1) not in period
    assert (date.fromisoformat(period.first) - start).days % length == 0


@given(THIS_CENTURY, st.sampled_from(ZONES))
def test_a_day_begins_at_the_first_instant_that_bears_its_date(day: date, zone: str) -> None:
    place, start = windows(zone), begins(windows(zone), day.isoformat())
    assert start.utcoffset() == timedelta(0)
    assert day_of(place, start) == day.isoformat()
    assert day_of(place, start - MICROSECOND) < day.isoformat()


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("America/New_York", "2026-11-01", 25),
        ("America/New_York", "2026-03-08", 23),
        ("America/Havana", "2026-11-01", 25),  # midnight comes twice
        ("Africa/Cairo", "2026-04-24", 23),  # there is no midnight
        ("customer", "2026-11-01", 24),
    ],
)
def test_days_with_a_clock_change(zone: str, day: str, hours: int) -> None:
    place = windows(zone)
    start, end = begins(place, day), begins(place, shifted(day, 1))
    assert end - start == timedelta(hours=hours)
    assert {day_of(place, start + n * timedelta(minutes=30)) for n in range(2 * hours)} == {day}


def test_a_block_over_a_clock_change_ends_by_the_clock_on_the_wall() -> None:
    place, period = windows("America/New_York"), period_of(blocks(30, "2026-10-20"), "2026-10-20")
    end = begins(place, shifted(period.last, 1))
    assert end == datetime(2026, 11, 19, 5, tzinfo=UTC)
    assert end - begins(place, period.first) == timedelta(days=30, hours=1)


def test_the_days_of_a_period() -> None:
    assert days("2026-11-29", "2026-12-02") == [
        "2026-11-29", "2026-11-30", "2026-12-01", "2026-12-02"
    ]  # fmt: skip
    assert days("2026-12-02", "2026-12-01") == []


def test_an_instant_is_of_the_day_in_the_campaigns_zone() -> None:
    at: Any = datetime(2026, 11, 2, 3, tzinfo=UTC)
    assert day_of(windows("America/New_York"), at) == "2026-11-01"
    assert day_of(windows("customer"), at) == "2026-11-02"
    assert day_of(windows("Asia/Tokyo"), at.astimezone(ZoneInfo("Asia/Tokyo"))) == "2026-11-02"
