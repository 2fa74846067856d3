"""Whether the clock that a campaign is dialled by can be trusted: calling hours hang on it.

A campaign runs on a monotonic clock, so that a step of the machine's clock stretches no timer.
But after such a step, or after the machine has slept, that clock no longer tells the time of
day. Then the campaign is taken over anew, by a new clock. And that one is compared with the
database's, which all workers share.
"""

from datetime import UTC, datetime, timedelta

from connectors.clock import Clock, RunningClock
from storage.dbtime import CLOCKS_APART, read_db_time
from storage.engine import Store

JUMP = timedelta(seconds=5)


class ClockWrong(Exception):
    """A sentence: how far this machine's clock is off, and what to do."""


def tells_real_time(clock: Clock) -> bool:
    """Not so in a demo or a test that runs faster than life."""
    return isinstance(clock, RunningClock) and clock.speed == 1.0


def has_jumped(clock: Clock) -> bool:
    """Whether the machine's clock has gone another way than `clock` since that was made."""
    return tells_real_time(clock) and abs(datetime.now(UTC) - clock.now()) > JUMP


def compare_with_database(store: Store, clock: Clock) -> None:
    """Raises `ClockWrong` where this machine and the database disagree about the time."""
    if not tells_real_time(clock):
        return
    with store.reading() as connection:
        off = clock.now() - read_db_time(connection)
    if abs(off) > CLOCKS_APART:
        way = "ahead of" if off > timedelta() else "behind"
        raise ClockWrong(
            f"this machine's clock is {abs(off).total_seconds():.0f} s {way} the database's, and "
            "calling hours hang on it; set the clocks right (NTP) before it may dial"
        )
