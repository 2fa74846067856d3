"""Lines of Master.csv: ours are records, and nothing hostile breaks the reader."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.asterisk.cdr import CAUSES, detail_of

CALL = "0190c0de-0000-7000-8000-000000000001"
LINE = (
    '"dialplane-call","","hold","dialplane-answered","""Ann, or Bob"" <4930123456>",'
    '"PJSIP/carrier-00000001","","Wait","60","2026-11-28 08:00:00","2026-11-28 08:00:04",'
    f'"2026-11-28 08:00:10",10,6,"ANSWERED","DOCUMENTATION","{CALL}",""'
)


def test_a_record_of_ours() -> None:
    detail = detail_of(LINE)
    assert detail is not None
    assert (detail.call_id, detail.cause, detail.sip) == (UUID(CALL), "16", "")
    assert detail.answered_at == datetime(2026, 11, 28, 8, 0, 4, tzinfo=UTC)
    assert detail.ended_at == datetime(2026, 11, 28, 8, 0, 10, tzinfo=UTC)


@pytest.mark.parametrize("end", CAUSES)
def test_each_end_has_a_cause(end: str) -> None:
    line = LINE.replace("ANSWERED", end).replace("2026-11-28 08:00:04", "")
    detail = detail_of(line)
    assert detail is not None
    assert (detail.cause, detail.answered_at) == (CAUSES[end], None)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("dialplane-call", "dialplane-agent"),
        ("dialplane-call", ""),
        (CALL, "1764320400.12"),
        ("2026-11-28 08:00:10", ""),
        ("2026-11-28 08:00:10", "yesterday"),
        ('"ANSWERED"', '"SOMETHING"'),
        (',"DOCUMENTATION"', ""),
        ('"" <49', '" <49'),
    ],
)
def test_what_is_none_of_ours_is_none(old: str, new: str) -> None:
    assert old in LINE
    assert detail_of(LINE.replace(old, new)) is None


@given(st.text(max_size=300) | st.text(max_size=40).map(lambda text: LINE.replace("hold", text)))
def test_no_line_breaks_the_reader(line: str) -> None:
    detail = detail_of(line)
    assert detail is None or detail.call_id == UUID(CALL)
