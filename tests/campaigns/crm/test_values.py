"""Values of a site's own fields. Whole numbers take a short way, and come to the same."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.crm.values import BadValue, FieldType, millionths, value_of

LARGEST = 9_000_000_000_000
WRITTEN = st.integers(-LARGEST * 2, LARGEST * 2) | st.decimals(allow_nan=False, places=3)


@given(WRITTEN.flatmap(lambda n: st.sampled_from([n, str(n), f" {n} ", f"0{n}"])))
def test_a_number_is_what_it_says_or_refused(raw: Any) -> None:
    try:
        meant = Decimal(str(raw).strip())
    except ArithmeticError:
        meant = Decimal(LARGEST + 1)  # such as 0-5
    if not meant.is_finite() or abs(meant) > LARGEST:
        with pytest.raises(BadValue):
            value_of(FieldType.NUMBER, raw)
        with pytest.raises(BadValue):
            millionths(raw)
        return
    value = value_of(FieldType.NUMBER, raw)
    assert value == (int(meant) if meant == meant.to_integral_value() else float(meant))
    assert millionths(raw) == meant * 1_000_000


@pytest.mark.parametrize("raw", [True, "1e400", "²", "٣x", "", "1,200", "9" * 40, "NaN", [1]])
def test_what_is_no_number_is_refused(raw: Any) -> None:
    with pytest.raises(BadValue):
        millionths(raw)


@pytest.mark.parametrize(
    ("raw", "day"),
    [
        ("2026-11-28", "2026-11-28"),
        ("2026/1/5", "2026-01-05"),
        (" 2026.12.31 ", "2026-12-31"),
        ("2026年1月5日", "2026-01-05"),
        ("2026/2/30", None),
        ("5/1/2026", None),
        ("26/1/5", None),
        ("2026/1/5 9:30", None),
    ],
)
def test_a_date_as_spreadsheets_and_people_write_it(raw: str, day: str | None) -> None:
    if day is not None:
        assert value_of(FieldType.DATE, raw) == day
        return
    with pytest.raises(BadValue):
        value_of(FieldType.DATE, raw)


@pytest.mark.parametrize(
    ("raw", "at"),
    [
        ("2026-11-28T09:00:00+08:00", "2026-11-28T01:00:00+00:00"),
        ("2026/1/5 9:30+08:00", "2026-01-05T01:30:00+00:00"),
        ("2026年1月5日 19:30:05Z", "2026-01-05T19:30:05+00:00"),
        ("2026/1/5 9:30", None),
        ("2026/1/5 25:00Z", None),
        ("1/5/2026 9:30Z", None),
    ],
)
def test_a_time_as_spreadsheets_and_people_write_it(raw: str, at: str | None) -> None:
    if at is not None:
        assert value_of(FieldType.TIME, raw) == at
        return
    with pytest.raises(BadValue):
        value_of(FieldType.TIME, raw)
