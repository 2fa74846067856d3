"""How far a CRM's customers have been pulled, as its own clock tells it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from campaigns.crm.mapping import moment

AHEAD = timedelta(days=1)  # of our clock, that a CRM's may be: it may tell local times
_MILLISECONDS = 100_000_000_000  # seconds since 1970 have no such size for a long time


@dataclass(frozen=True, slots=True)
class Mark:
    """When the last row changed, and its id; empty: nothing was pulled yet. Rows of the same time
    come by their ids."""

    at: str = ""
    id: str = ""


def possible(marks: Sequence[Mark]) -> list[Mark]:
    """Those of them that a pull may go on from: one row of the year 2099 would be the last that was
    ever pulled. Where no time can be read, whatever there is."""
    until = datetime.now(UTC) + AHEAD
    times = [moment(each.at) for each in marks]
    if not any(times):
        return list(marks)
    return [each for each, at in zip(marks, times, strict=True) if at is not None and at <= until]


def is_before(one: Mark, other: Mark) -> bool:
    """Whether a mark is of a time before the other's, as far as their times can be read."""
    here, there = moment(one.at), moment(other.at)
    return here is not None and there is not None and here < there


def earlier(mark: Mark, seconds: float) -> Mark:
    """A mark so much before, in the form that the CRM's times have. One whose form is not known
    stays as it is."""
    if not mark.at or not seconds:
        return mark
    if mark.at.isascii() and mark.at.isdigit():
        number = int(mark.at)
        back = seconds * (1000 if number > _MILLISECONDS else 1)
        return Mark(str(max(0, number - int(back))))
    try:
        at = datetime.fromisoformat(mark.at) - timedelta(seconds=seconds)
    except (ValueError, OverflowError):
        return mark
    return Mark(_alike(at, mark.at))


def _alike(at: datetime, before: str) -> str:
    """Texts are compared as texts: the same separator, the same digits, the same zone."""
    separator = before[10] if len(before) > 10 else "T"
    digits = len(before.partition(".")[2].partition("+")[0].rstrip("Zz"))
    timespec = "seconds" if not digits else "milliseconds" if digits <= 3 else "microseconds"
    text = at.isoformat(separator, timespec)
    return text.replace("+00:00", "Z") if before.endswith("Z") else text
