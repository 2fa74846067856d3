"""When somebody is due who asked in a flow to be called back."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from campaigns.call_back import LATEST, due
from campaigns.spec.times import Windows
from connectors.flows import FlowCallback

AT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)  # a Friday; 10:00 in New York, 16:00 in Berlin
OPEN = {"hours": [{"from": "00:00", "to": "24:00"}]}
OFFICE = {"hours": [{"days": ["mon", "fri"], "from": "09:00", "to": "17:00"}]}
NEW_YORK, BERLIN = "America/New_York", "Europe/Berlin"


def asked(after: int | None = None, time: str = "") -> FlowCallback:
    return FlowCallback(UUID(int=1), AT, after, time)


@pytest.mark.parametrize(
    ("hours", "zones", "wish", "expected"),
    [
        (OPEN, (BERLIN,), asked(), AT),
        (OPEN, (BERLIN,), asked(7200), datetime(2026, 11, 20, 17, 0, tzinfo=UTC)),
        (OPEN, (NEW_YORK,), asked(time="1745"), datetime(2026, 11, 20, 22, 45, tzinfo=UTC)),
        (OPEN, (BERLIN,), asked(time="0930"), datetime(2026, 11, 21, 8, 30, tzinfo=UTC)),
        # of two zones, where that hour comes last
        (OPEN, (BERLIN, NEW_YORK), asked(time="1745"), datetime(2026, 11, 20, 22, 45, tzinfo=UTC)),
        # within the campaign's hours: on Monday at nine
        (OFFICE, (BERLIN,), asked(7200), datetime(2026, 11, 23, 8, 0, tzinfo=UTC)),
        (OFFICE, (BERLIN,), asked(time="2000"), datetime(2026, 11, 23, 8, 0, tzinfo=UTC)),
        (OPEN | {"timezone": NEW_YORK}, (BERLIN,), asked(time="1100"),
         datetime(2026, 11, 20, 16, 0, tzinfo=UTC)),
        # what nobody can be called by
        (OPEN, (), asked(), AT),
        (OPEN, ("Nowhere/Land",), asked(time="1100"), AT),
        (OPEN, (BERLIN,), asked(time="2561"), AT),
        (OPEN, (BERLIN,), asked(time="x"), AT),
        (OPEN, (BERLIN,), asked(-5), AT),
    ],
)  # fmt: skip
def test_when_it_is_due(
    hours: dict[str, object], zones: tuple[str, ...], wish: FlowCallback, expected: datetime
) -> None:
    assert due(Windows.model_validate(hours), zones, wish) == expected


def test_nobody_waits_for_ever() -> None:
    found = due(Windows.model_validate(OPEN), (BERLIN,), asked(10**18))
    assert (found - AT).total_seconds() == LATEST
