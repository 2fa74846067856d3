"""Months as ranges of ids."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from storage.ids import new_id
from storage.partitioning.months import Month, lowest_id, made_at, month_of, wanted


def test_an_id_lies_in_the_month_it_was_made_in() -> None:
    made, before = new_id(), datetime.now(UTC)
    assert abs(made_at(made) - before) < timedelta(minutes=1)
    month = month_of(made_at(made))
    assert month.first <= made < month.next.first


@pytest.mark.parametrize(
    ("month", "name", "after"),
    [(Month(2026, 11), "2026_11", Month(2026, 12)), (Month(2026, 12), "2026_12", Month(2027, 1))],
)
def test_a_month_is_followed_by_the_next(month: Month, name: str, after: Month) -> None:
    assert (month.name, month.next) == (name, after)
    assert made_at(month.next.first) == after.begins
    assert lowest_id(after.begins - timedelta(milliseconds=1)) < after.first


def test_months_are_those_of_utc() -> None:
    in_shanghai = datetime(2026, 12, 1, 7, 59, tzinfo=timezone(timedelta(hours=8)))
    assert month_of(in_shanghai) == Month(2026, 11)


def test_the_months_ahead_come_after_the_present_one() -> None:
    assert wanted(datetime(2026, 11, 30, 23, 59, tzinfo=UTC), 2) == [
        Month(2026, 11),
        Month(2026, 12),
        Month(2027, 1),
    ]
