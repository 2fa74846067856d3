"""A machine's clock that steps, as when somebody or NTP sets it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def _machine() -> datetime:
    return datetime.now(UTC)


class SteppingClock:
    """Runs as `now` does (aware, UTC; by default the machine's clock), but for its steps."""

    def __init__(self, now: Callable[[], datetime] = _machine) -> None:
        self._now = now
        self._off = timedelta()

    def now(self) -> datetime:
        """May be earlier than it was before: that is the fault."""
        return self._now() + self._off

    def step(self, seconds: float) -> None:
        """Forward, or back where `seconds` is below 0."""
        self._off += timedelta(seconds=seconds)
