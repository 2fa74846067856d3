"""Calling windows, checked at every boundary minute, on both days of a clock change."""

from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from campaigns.spec.times import Windows
from campaigns.windows import HORIZON, closed_in, is_open, left_today, next_opening

MINUTE = timedelta(minutes=1)
ZONES = (
    "America/New_York",
    "America/Phoenix",
    "Europe/Berlin",
    "Asia/Kolkata",
    "Australia/Lord_Howe",  # its clock changes by half an hour
    "Pacific/Auckland",
    "Africa/Casablanca",
    "Asia/Shanghai",
)
# ordinary days, and both clock changes of 2026 in New York, Berlin, Lord Howe and Auckland
DAYS = tuple(
    date(2026, month, day)
    for month, day in (
        (1, 15),
        (3, 8),
        (3, 29),
        (4, 5),
        (7, 1),
        (9, 27),
        (10, 4),
        (10, 25),
        (11, 1),
    )
)
DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def windows(*hours: tuple[str, str], zone: str = "customer", days: Any = DAY_NAMES) -> Windows:
    entries = [{"days": days, "from": start, "to": end} for start, end in hours]
    return Windows.model_validate({"timezone": zone, "hours": entries})


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize("zone", ZONES)
def test_each_minute_of_a_day_is_judged_by_the_clock_on_the_wall(zone: str) -> None:
    rule = windows(("09:00", "12:30"), ("14:00", "20:00"))
    for day in DAYS:
        first = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
        for n in range(25 * 60):
            now = first + n * MINUTE
            wall = f"{now.astimezone(ZoneInfo(zone)):%H:%M}"
            expected = "09:00" <= wall < "12:30" or "14:00" <= wall < "20:00"
            assert is_open(rule, [zone], now) is expected, (zone, now, wall)


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        ("08:59:59.999999", False),
        ("09:00:00", True),
        ("09:00:00.000001", True),
        ("19:59:59.999999", True),
        ("20:00:00", False),
        ("20:00:00.000001", False),
    ],
)
def test_it_opens_at_its_first_instant_and_closes_at_its_last(local: str, expected: bool) -> None:
    rule = windows(("09:00", "20:00"))
    for zone, day in product(ZONES, DAYS):
        now = datetime.fromisoformat(f"{day} {local}").replace(tzinfo=ZoneInfo(zone))
        assert is_open(rule, [zone], now.astimezone(UTC)) is expected


def test_midnight_is_the_end_of_the_day() -> None:
    rule = windows(("22:00", "24:00"), days=["fri"])
    zone = ["Europe/Berlin"]
    friday = datetime(2026, 11, 20, 23, 59, 59, 999999, ZoneInfo("Europe/Berlin"))
    assert is_open(rule, zone, friday)
    assert not is_open(rule, zone, friday + timedelta(microseconds=1))


def test_two_entries_cross_midnight_without_a_gap() -> None:
    rule = windows(("22:00", "24:00"), ("00:00", "02:00"))
    midnight = datetime(2026, 11, 20, tzinfo=ZoneInfo("Asia/Kolkata"))
    assert all(is_open(rule, ["Asia/Kolkata"], midnight + n * MINUTE) for n in range(-120, 120))


def test_all_zones_must_be_open() -> None:
    rule = windows(("09:00", "20:00"))
    both = ["America/New_York", "America/Los_Angeles"]
    assert not is_open(rule, both, utc("2026-11-20 16:59"))  # 08:59 in Los Angeles
    assert is_open(rule, both, utc("2026-11-20 17:00"))
    assert is_open(rule, both, utc("2026-11-21 00:59"))
    assert not is_open(rule, both, utc("2026-11-21 01:00"))  # 20:00 in New York


def test_zones_that_are_never_open_together_are_never_called() -> None:
    rule = windows(("09:00", "12:00"))
    assert next_opening(rule, ["Pacific/Auckland", "America/New_York"], utc("2026-11-20")) is None


def test_an_unknown_zone_is_closed() -> None:
    always = windows(("00:00", "24:00"))
    now = utc("2026-11-20 12:00")
    for zones in ([], ["Nowhere/Atlantis"], ["Europe/Berlin", "../../etc/passwd"]):
        assert not is_open(always, zones, now)
        assert next_opening(always, zones, now) is None
        assert closed_in(always, zones, now) is not None


def test_the_campaigns_zone_stands_for_all() -> None:
    rule = windows(("09:00", "20:00"), zone="Europe/Berlin")
    assert is_open(rule, [], utc("2026-11-20 08:00"))
    assert is_open(rule, ["America/New_York"], utc("2026-11-20 08:00"))
    assert not is_open(rule, ["America/New_York"], utc("2026-11-20 19:00"))


def test_days_are_local_days() -> None:
    rule = windows(("00:00", "24:00"), days=["mon"])
    assert is_open(rule, ["Pacific/Auckland"], utc("2026-11-22 12:00"))  # Monday 01:00 there
    assert not is_open(rule, ["America/New_York"], utc("2026-11-23 04:59"))  # Sunday 23:59


def test_closed_in_names_the_zone_and_its_time() -> None:
    rule = windows(("09:00", "20:00"))
    now = utc("2026-11-20 10:00")
    assert (
        closed_in(rule, ["Europe/Berlin", "America/New_York"], now) == "Fri 05:00 America/New_York"
    )
    assert closed_in(rule, ["Europe/Berlin"], now) is None


@pytest.mark.parametrize(
    ("zone", "hours", "now", "expected"),
    [
        # open already
        ("Europe/Berlin", ("09:00", "20:00"), "2026-11-20 09:30", "2026-11-20 09:30"),
        # spring forward in Berlin, 29 March 2026: 02:00 becomes 03:00 at 01:00 UTC
        ("Europe/Berlin", ("02:30", "04:00"), "2026-03-28 22:00", "2026-03-29 01:00"),
        ("Europe/Berlin", ("09:00", "20:00"), "2026-03-28 20:00", "2026-03-29 07:00"),
        # fall back in Berlin, 25 October 2026: 03:00 becomes 02:00 at 01:00 UTC
        ("Europe/Berlin", ("02:15", "02:30"), "2026-10-25 00:30", "2026-10-25 01:15"),
        ("Europe/Berlin", ("00:00", "02:10"), "2026-10-25 00:30", "2026-10-25 01:00"),
        ("Europe/Berlin", ("09:00", "20:00"), "2026-10-24 20:00", "2026-10-25 08:00"),
        # New York, 8 March and 1 November 2026
        ("America/New_York", ("02:00", "03:00"), "2026-03-08 06:00", "2026-03-09 06:00"),
        ("America/New_York", ("09:00", "20:00"), "2026-11-01 05:00", "2026-11-01 14:00"),
        # half an hour on Lord Howe, 4 October 2026: 02:00 becomes 02:30 at 15:30 UTC
        ("Australia/Lord_Howe", ("02:10", "04:00"), "2026-10-03 12:00", "2026-10-03 15:30"),
    ],
)
def test_the_next_opening(zone: str, hours: tuple[str, str], now: str, expected: str) -> None:
    assert next_opening(windows(hours), [zone], utc(now)) == utc(expected)


def test_the_next_opening_is_the_first_open_minute_found_by_search() -> None:
    rule = Windows.model_validate(
        {
            "hours": [
                {"days": ["mon", "wed", "fri"], "from": "09:00", "to": "12:00"},
                {"days": ["sun"], "from": "01:30", "to": "03:30"},
            ]
        }
    )
    for zone, day, hour in product(ZONES, DAYS, (0, 7, 13, 22)):
        now = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
        minutes = (now + n * MINUTE for n in range(HORIZON // MINUTE + 1))
        searched = next((m for m in minutes if is_open(rule, [zone], m)), None)
        assert next_opening(rule, [zone], now) == searched, (zone, now)


def test_a_weekly_opening_is_found_a_whole_week_ahead() -> None:
    rule = windows(("09:00", "10:00"), days=["mon"])
    assert next_opening(rule, ["Asia/Shanghai"], utc("2026-11-23 02:00")) == utc("2026-11-30 01:00")


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        ("2026-06-02T05:00", 9.5),  # 07:00 in Berlin, all of the day ahead
        ("2026-06-02T09:00", 7.5),
        ("2026-06-02T11:00", 6.0),  # between two openings
        ("2026-06-02T17:30", 0.5),
        ("2026-06-02T18:00", 0.0),
        ("2026-06-02T22:30", 9.5),  # past midnight there: the next day
    ],
)
def test_what_is_left_of_the_day_is_what_is_still_to_open(now: str, hours: float) -> None:
    rule = windows(("09:00", "12:30"), ("14:00", "20:00"), zone="Europe/Berlin")
    assert left_today(rule, utc(now)) == hours * 3600


def test_openings_that_overlap_are_counted_once() -> None:
    rule = windows(("09:00", "12:00"), ("10:00", "11:00"), ("11:30", "13:00"), zone="UTC")
    assert left_today(rule, utc("2026-06-02T00:00")) == 4 * 3600


def test_a_day_without_an_end_is_over_at_midnight() -> None:
    rule = windows(("00:00", "24:00"), zone="America/New_York")
    assert left_today(rule, utc("2026-06-02T01:00")) == 3 * 3600
    assert left_today(rule, utc("2026-03-08T05:00")) == 23 * 3600  # the clock is put forward


def test_no_opening_on_this_day() -> None:
    rule = windows(("09:00", "20:00"), zone="UTC", days=["mon"])
    assert left_today(rule, utc("2026-06-02T10:00")) == 0


def test_where_customers_clocks_decide_some_may_be_open_until_the_day_is_over() -> None:
    rule = windows(("09:00", "20:00"))
    assert left_today(rule, utc("2026-06-02T19:00")) == 3600
    assert left_today(rule, utc("2026-06-02T21:00")) == 3 * 3600
