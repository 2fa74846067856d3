"""Opening hours as one regular expression over a clock that is written as digits.

The clock is the day of the week (0: Sunday), a 1, hours and minutes, as `strftime` writes
`%w1%H%M`: 511700 is Friday, 17:00. The 1 keeps the zeros of the hours.
"""

from collections.abc import Iterable
from datetime import time

from campaigns.flow.ranges import expression_of
from campaigns.spec.times import Hours

DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_ONE = 10_000


def clock_of(openings: Iterable[Hours]) -> str:
    """What matches every minute in which it is open, and no other one."""
    return "|".join(map(_opening, openings))


def _opening(hours: Hours) -> str:
    days = "".join(sorted(str(DAYS.index(day)) for day in hours.days))
    last = 2359 if isinstance(hours.end, str) else _before(hours.end)
    return f"[{days}]({expression_of(_ONE + _digits(hours.start), _ONE + last)})"


def _digits(clock: time) -> int:
    """09:30 as 930."""
    return clock.hour * 100 + clock.minute


def _before(clock: time) -> int:
    """The minute before: 17:00 as 1659."""
    minutes = clock.hour * 60 + clock.minute - 1
    return minutes // 60 * 100 + minutes % 60
