"""Where a pull begins: a while before the last one's end, in the CRM's own form."""

import pytest

from crm_sync.marks import Mark, earlier


@pytest.mark.parametrize(
    ("at", "before"),
    [
        ("2026-11-28T09:00:00+00:00", "2026-11-28T08:59:00+00:00"),
        ("2026-11-28T09:00:00.123456", "2026-11-28T08:59:00.123456"),
        ("2026-11-28 09:00:00", "2026-11-28 08:59:00"),
        ("2026-11-28T09:00:00.120Z", "2026-11-28T08:59:00.120Z"),
        ("1764320400", "1764320340"),
        ("1764320400000", "1764320340000"),
        ("version 12", "version 12"),
        ("0001-01-01T00:00:00", "0001-01-01T00:00:00"),
        ("", ""),
    ],
)
def test_a_minute_before(at: str, before: str) -> None:
    assert earlier(Mark(at, "7" if before != at else ""), 60).at == before


def test_it_begins_with_the_first_row_of_that_time() -> None:
    assert earlier(Mark("2026-11-28T09:00:00", "7"), 60).id == ""
    assert earlier(Mark("2026-11-28T09:00:00", "7"), 0) == Mark("2026-11-28T09:00:00", "7")
