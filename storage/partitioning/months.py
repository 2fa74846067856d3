"""Months as ranges of ids: an id of version 7 begins with the time at which it was made."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

AHEAD = 3  # months after the present one that are always to be there


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A month of the calendar, in UTC."""

    year: int
    month: int

    @property
    def name(self) -> str:
        """As the names of its partitions end."""
        return f"{self.year:04}_{self.month:02}"

    @property
    def begins(self) -> datetime:
        return datetime(self.year, self.month, 1, tzinfo=UTC)

    @property
    def first(self) -> UUID:
        """The lowest id that can have been made in it."""
        return lowest_id(self.begins)

    @property
    def next(self) -> "Month":
        return Month(self.year + self.month // 12, self.month % 12 + 1)


def lowest_id(at: datetime) -> UUID:
    """The lowest id that can have been made at a moment or later: its milliseconds, then zeros."""
    return UUID(int=int(at.timestamp() * 1000) << 80)


def made_at(identity: UUID) -> datetime:
    """When an id of version 7 was made. Of any other id it is some time or other."""
    return datetime.fromtimestamp((identity.int >> 80) / 1000, UTC)


def month_of(at: datetime) -> Month:
    at = at.astimezone(UTC)
    return Month(at.year, at.month)


def wanted(now: datetime, ahead: int = AHEAD) -> list[Month]:
    """The present month, and those that are to be there before they begin."""
    months = [month_of(now)]
    for _ in range(ahead):
        months.append(months[-1].next)
    return months
