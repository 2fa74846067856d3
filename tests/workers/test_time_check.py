import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from campaigns.orders import CampaignState
from connectors.clock import RunningClock
from workers import dial
from workers.context import use
from workers.dialling import Dialling
from workers.leaving import CLOCK_JUMPED
from workers.time_check import ClockWrong, compare_with_database, has_jumped

Soon = Callable[..., Awaitable[None]]


def off_by(seconds: float, speed: float = 1.0) -> RunningClock:
    clock = RunningClock(speed)
    clock._wall += timedelta(seconds=seconds)
    return clock


@pytest.mark.parametrize(("seconds", "jumped"), [(0, False), (3, False), (6, True), (-3600, True)])
def test_a_clock_that_went_another_way_than_the_machines(seconds: float, jumped: bool) -> None:
    assert has_jumped(off_by(seconds)) is jumped
    assert not has_jumped(off_by(seconds, speed=10))


@pytest.mark.parametrize(
    ("seconds", "said"), [(60, r"60 s ahead of the database's"), (-3600, r"3600 s behind")]
)
def test_a_machine_that_disagrees_with_the_database_may_not_dial(
    make_site: Callable[..., Any], database_url: str, seconds: float, said: str
) -> None:
    store = make_site(database_url).store
    compare_with_database(store, off_by(0))
    compare_with_database(store, off_by(seconds, speed=10))
    with pytest.raises(ClockWrong, match=said):
        compare_with_database(store, off_by(seconds))


async def test_after_a_jump_a_campaign_is_taken_over_anew(
    make_site: Callable[..., Any], soon: Soon
) -> None:
    site = make_site(pbx="fake://demo?seed=5")
    site.campaign(leads=20, agents=1)
    worker = Dialling(site.context(), site.stored(), site.lease())
    task = asyncio.create_task(worker.run())
    await soon(lambda: site.stored().actual is CampaignState.RUNNING)

    assert isinstance(worker._clock, RunningClock)
    worker._clock._wall -= timedelta(hours=8)  # as if the machine had slept so long
    async with asyncio.timeout(10):
        assert await task == CLOCK_JUMPED
    assert site.stored().actual is CampaignState.RUNNING


def test_a_wrong_clock_is_told_where_the_campaign_is_shown(
    make_site: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Late(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> "Late":
            return cls.fromtimestamp(datetime.now(UTC).timestamp() - 120, tz)

    monkeypatch.setattr("connectors.clock.datetime", Late)
    monkeypatch.setattr(dial, "TROUBLE_SECONDS", 0.1)
    site = make_site(pbx="fake://demo?seed=5")
    site.campaign(leads=1, agents=1)
    use(site.context())
    dial.run_campaign("spring")
    assert "120 s behind the database's" in site.stored().why
    assert site.attempts() == []
