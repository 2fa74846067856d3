"""Whether numbers may ring now, and when next. The strictest zone decides.

A number may be in several time zones; it is called only while all of them are open. Hours are
wall-clock hours: on a day with a clock change the window opens and closes when the clock on the
called party's wall says so, be that day 23 or 25 hours long.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from campaigns.spec.times import Hours, Windows
from campaigns.spec.types import ALL_DAYS

HORIZON = timedelta(days=8)  # a week and a day: every weekly opening comes up, clock change or not
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


def is_open(windows: Windows, zones: Sequence[str], now: datetime) -> bool:
    """Whether a number that may be in any of `zones` (IANA) may ring at `now`.

    The campaign's own zone, if it names one, stands for all. A number in no known zone is never
    called: there is no telling what time it is there.
    """
    judged = zones_judged(windows, zones)
    return bool(judged) and all(_open_in(windows, zone, now) for zone in judged)


def next_opening(windows: Windows, zones: Sequence[str], now: datetime) -> datetime | None:
    """The first instant from `now` on at which `is_open`, in UTC; None within `HORIZON`."""
    judged = zones_judged(windows, zones)
    places = [place for zone in judged if (place := known_zone(zone)) is not None]
    if not judged or len(places) < len(judged):
        return None
    moments = {now, *(m for place in places for m in _moments(windows, place, now))}
    due = sorted(m for m in moments if now <= m <= now + HORIZON)
    return next((m.astimezone(UTC) for m in due if is_open(windows, zones, m)), None)


def closes(windows: Windows, zones: Sequence[str], now: datetime) -> datetime | None:
    """When the opening that `now` lies in ends, in UTC, in the first of `zones` to close.

    None outside of any. It is found from the instants of the openings, not from the clock on the
    wall as `is_open` is, so that each can be checked by the other; an hour that a clock change
    takes away or brings twice is open as a whole.
    """
    judged = zones_judged(windows, zones)
    ends = [_closes_in(windows, zone, now) for zone in judged]
    known = [end for end in ends if end is not None]
    return min(known) if judged and len(known) == len(ends) else None


def zone_of_day(windows: Windows) -> ZoneInfo:
    """The zone by whose clock the campaign's days are; UTC where each customer's clock counts."""
    return ZoneInfo("UTC" if windows.timezone == "customer" else windows.timezone)


def left_today(windows: Windows, now: datetime) -> float:
    """Seconds of today's openings that are still to come, by the clock of the campaign's day.

    Where each customer's clock decides, the day is UTC's (as the guard has it); after its last
    opening some zone may be open still, until the day is over.
    """
    place = zone_of_day(windows)
    day = now.astimezone(place).date()
    midnight = _instant(day + _DAY, time(), place)
    left, at = 0.0, now.astimezone(UTC)
    for start, end in sorted(_openings(windows, day, place)):
        at = max(at, start)
        left += max(0.0, (end - at).total_seconds())
        at = max(at, end)
    if windows.timezone == "customer" and not left:
        return (midnight - now).total_seconds()
    return left


def zones_judged(windows: Windows, zones: Sequence[str]) -> tuple[str, ...]:
    """The zones that decide: the campaign's own if it names one, else the number's."""
    return tuple(zones) if windows.timezone == "customer" else (windows.timezone,)


def closed_in(windows: Windows, zones: Sequence[str], now: datetime) -> str | None:
    """The first zone that is closed, with its local time, in words; None when all are open."""
    judged = zones_judged(windows, zones)
    if not judged:
        return "no known time zone"
    shut = next((zone for zone in judged if not _open_in(windows, zone, now)), None)
    if shut is None:
        return None
    place = known_zone(shut)
    return f"{now.astimezone(place):%a %H:%M} {shut}" if place else f"unknown time zone {shut}"


def _open_in(windows: Windows, zone: str, now: datetime) -> bool:
    place = known_zone(zone)
    if place is None:
        return False
    local = now.astimezone(place)
    day, wall = ALL_DAYS[local.weekday()], local.time()
    return any(day in h.days and _within(h, wall) for h in windows.hours)


def _closes_in(windows: Windows, zone: str, now: datetime) -> datetime | None:
    place = known_zone(zone)
    if place is None:
        return None
    openings = _openings_about(windows, zone, now.astimezone(place).date())
    return max((end for start, end in openings if start <= now < end), default=None)


@lru_cache(maxsize=4096)
def _openings_about(windows: Windows, zone: str, day: date) -> list[tuple[datetime, datetime]]:
    """Those that any instant of a day may lie in."""
    place = ZoneInfo(zone)
    return [
        (
            min(_instants(day, hours.start, place)),
            max(_instants(_end_day(day, hours), _wall(hours), place)),
        )
        for hours in windows.hours
        if ALL_DAYS[day.weekday()] in hours.days
    ]


def _end_day(day: date, hours: Hours) -> date:
    return day + _DAY if isinstance(hours.end, str) else day


def _openings(windows: Windows, day: date, place: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    for hours in windows.hours:
        if ALL_DAYS[day.weekday()] in hours.days:
            end = _instant(_end_day(day, hours), _wall(hours), place)
            yield _instant(day, hours.start, place), end


def _wall(hours: Hours) -> time:
    """When it closes, by the clock; midnight is that of the next day."""
    return time() if isinstance(hours.end, str) else hours.end


def _instant(day: date, wall: time, place: ZoneInfo) -> datetime:
    return datetime.combine(day, wall, place).astimezone(UTC)


def _instants(day: date, wall: time, place: ZoneInfo) -> tuple[datetime, datetime]:
    """Of a clock that may be changed in that moment: two, where it is."""
    moment = datetime.combine(day, wall, place)
    return moment.astimezone(UTC), moment.replace(fold=1).astimezone(UTC)


def _within(hours: Hours, wall: time) -> bool:
    return hours.start <= wall and (isinstance(hours.end, str) or wall < hours.end)


@lru_cache(maxsize=1024)
def known_zone(zone: str) -> ZoneInfo | None:
    """A time zone by its name; None: there is none of that name."""
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _moments(windows: Windows, place: ZoneInfo, now: datetime) -> Iterator[datetime]:
    """Every instant at which the zone may open: starts of openings, and changes of its clock."""
    first = now.astimezone(place).date() - _DAY
    starts = {h.start for h in windows.hours}
    for n in range(HORIZON.days + 3):
        day = first + n * _DAY
        for start in starts:
            wall = datetime.combine(day, start, place)
            yield wall.astimezone(UTC)
            yield wall.replace(fold=1).astimezone(UTC)  # the hour that comes twice in autumn
        yield from _clock_change(datetime.combine(day, time(), UTC), place)


def _clock_change(day: datetime, place: ZoneInfo) -> Iterator[datetime]:
    """The instant, to the second, at which the zone's clock is changed within the UTC day."""
    before, after = day, day + _DAY
    old = before.astimezone(place).utcoffset()
    if after.astimezone(place).utcoffset() == old:
        return
    while after - before > _SECOND:
        middle = before + (after - before) // (2 * _SECOND) * _SECOND
        if middle.astimezone(place).utcoffset() == old:
            before = middle
        else:
            after = middle
    yield after
