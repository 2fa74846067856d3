"""The days over which the limit on abandonment is kept: each by itself, or blocks of them.

Days are the campaign's (`zone_of_day`), as ISO dates: as text they sort as days do.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from campaigns.spec.pacing import Abandonment
from campaigns.spec.times import Windows
from campaigns.windows import zone_of_day

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """From its first day to its last."""

    first: str
    last: str

    def __contains__(self, day: str) -> bool:
        return self.first <= day <= self.last

    @property
    def is_day(self) -> bool:
        return self.first == self.last

    @property
    def days(self) -> list[str]:
        return days(self.first, self.last)


@lru_cache(maxsize=1024)
def period_of(abandonment: Abandonment, day: str) -> Period:
    """The one period that has this day. Those before the first block are counted backwards."""
    blocks = abandonment.window
    if blocks is None:
        return Period(day, day)
    gone = (date.fromisoformat(day) - blocks.start).days % blocks.days
    return Period(shifted(day, -gone), shifted(day, blocks.days - 1 - gone))


def day_of(windows: Windows, at: datetime) -> str:
    """The law's day of an instant, in the campaign's zone (UTC where each customer's is)."""
    return at.astimezone(zone_of_day(windows)).date().isoformat()


def begins(windows: Windows, day: str) -> datetime:
    """The first instant of a day, in UTC."""
    midnight = datetime.combine(date.fromisoformat(day), time(), zone_of_day(windows))
    return midnight.astimezone(UTC)


def shifted(day: str, by: int) -> str:
    """So many days later."""
    return (date.fromisoformat(day) + by * _DAY).isoformat()


def days(first: str, last: str) -> list[str]:
    """Each of them, in order."""
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    return [(start + n * _DAY).isoformat() for n in range((end - start).days + 1)]
