"""When a customer is due who asked in a flow to be called back."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from campaigns.spec.times import Windows
from campaigns.windows import known_zone, next_opening, zones_judged
from connectors.flows import FlowCallback

LATEST = 30 * 86400  # seconds; what a flow's file may say, too
_DAY = timedelta(days=1)
_HHMM = re.compile(r"([01][0-9]|2[0-3])[0-5][0-9]", re.ASCII)


def due(windows: Windows, zones: Sequence[str], wish: FlowCallback) -> datetime:
    """Within the campaign's hours, not before the wish, in UTC.

    A time of day is the next one on the called party's clock; of a number that may be in several
    zones, where it comes last; what is no time of day counts for none. Where the hours never open,
    the wish itself: the claim's rules see to it that nobody is called outside of them.
    """
    at = wish.at + timedelta(seconds=min(max(0, wish.after or 0), LATEST))
    if _HHMM.fullmatch(wish.time):
        at = _next(wish.time, zones_judged(windows, zones), wish.at)
    return next_opening(windows, zones, at) or at


def _next(hhmm: str, zones: Sequence[str], now: datetime) -> datetime:
    """A zone that nobody knows says nothing; without any other, at once."""
    wall = time(int(hhmm[:2]), int(hhmm[2:]))
    known = [found for zone in zones if (found := known_zone(zone)) is not None]
    return max((_next_in(zone, wall, now) for zone in known), default=now)


def _next_in(zone: ZoneInfo, wall: time, now: datetime) -> datetime:
    today = now.astimezone(zone).date()
    moments = (datetime.combine(today + n * _DAY, wall, zone) for n in range(2))
    return next(at.astimezone(UTC) for at in moments if at >= now)
