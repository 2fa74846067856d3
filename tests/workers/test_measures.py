import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from campaigns.effects import AttemptEnded, PacingDecided
from campaigns.outcomes import Outcome
from connectors.calls import EndReason
from workers.lateness import Lateness
from workers.measures import Lag, Measures, foreseen, idle

Soon = Callable[..., Awaitable[None]]
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
LOOKED = {"free": 2, "busy": 8, "waiting": 1, "freed": 3.5, "answered": 1.5, "seconds": 12.0}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The monotonic time that lags are kept by."""
    at = [1000.0]
    monkeypatch.setattr("workers.measures.time.monotonic", lambda: at[0])
    return at


def test_the_worst_is_seen_for_half_a_minute_at_least_and_for_a_minute_at_most(
    clock: list[float],
) -> None:
    lag = Lag()
    for seconds in (0.1, 0.7, 0.2):
        lag.see(seconds)
    assert (lag.count, lag.worst) == (3, 0.7)
    clock[0] += 30
    assert lag.worst == 0.7
    lag.see(0.3)
    clock[0] += 29.9
    assert lag.worst == 0.7
    clock[0] += 0.2
    assert lag.worst == 0.3
    clock[0] += 300
    assert lag.worst == 0.0


@pytest.mark.parametrize(
    ("agents", "share"),
    [
        ({"ready": 1, "talking": 2, "wrap_up": 1, "paused": 9, "offline": 9}, 0.25),
        ({"ready": 3}, 1.0),
        ({"paused": 3}, None),
        ({}, None),
    ],
)
def test_who_is_paused_is_not_idle(agents: dict[str, int], share: float | None) -> None:
    assert idle(agents) == share


@pytest.mark.parametrize(
    ("view", "share"),
    [
        (LOOKED, 0.3),
        ({**LOOKED, "answered": 9.0}, 0.0),
        ({**LOOKED, "free": 0, "busy": 0}, None),
        ({"free": 3, "waiting": 0}, None),
    ],
)
def test_what_a_decision_expected(view: dict[str, float], share: float | None) -> None:
    assert foreseen(view) == share


def told(seen: Measures, seconds: float) -> Any:
    return seen.told({"ready": 1, "talking": 1}, NOW + timedelta(seconds=seconds))


def test_what_was_expected_is_told_when_its_time_has_come() -> None:
    seen = Measures(Lag(), Lateness())
    seen.seen(PacingDecided(NOW, 1, "why", LOOKED))
    assert told(seen, 11.9)["idle"] == {"actual": 0.5, "predicted": None}
    assert told(seen, 12)["idle"] == {"actual": 0.5, "predicted": 0.3}
    assert told(seen, 73)["idle"]["predicted"] is None


def test_attempts_are_counted_by_outcome() -> None:
    seen, one = Measures(Lag(), Lateness()), UUID(int=1)
    for outcome in (Outcome.BUSY, Outcome.CONNECTED, Outcome.BUSY):
        end = AttemptEnded(
            one, one, "+12125550100", outcome, "none", EndReason.BUSY, "17", "", NOW, NOW
        )
        seen.seen(end)
    assert told(seen, 0)["ended"] == {"busy": 2, "connected": 1}


async def test_a_loop_that_is_held_up_is_seen_to_be_late(soon: Soon) -> None:
    seen = Measures(Lag(), Lateness())
    task = asyncio.create_task(seen.keep_time())
    await asyncio.sleep(0)
    time.sleep(0.4)  # noqa: ASYNC251 - this is what holds it up
    await soon(lambda: told(seen, 0)["loop_lag"] >= 0.25)
    task.cancel()
