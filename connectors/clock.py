"""The clock that the effects layer is given: real, or running faster than the wall."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time (aware, UTC, never stepping back) and sleeps by it."""

    def now(self) -> datetime: ...

    async def sleep(self, seconds: float) -> None: ...


class RunningClock:
    """Starts at the wall's time and runs `speed` times as fast, on the monotonic clock.

    A step of the machine's clock (NTP, an operator) therefore neither stretches nor shortens
    a timer. `speed` 1 is real time.
    """

    def __init__(self, speed: float = 1.0) -> None:
        if speed <= 0:
            raise ValueError(f"a clock's speed must be above 0, not {speed}")
        self.speed = speed
        self._wall = datetime.now(UTC)
        self._mono = time.monotonic()

    def now(self) -> datetime:
        return self._wall + timedelta(seconds=(time.monotonic() - self._mono) * self.speed)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds) / self.speed)
