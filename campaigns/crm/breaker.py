"""The circuit breaker of one receiver: whether it is worth trying now.

Theory. A receiver that answers nothing useful three batches in a row is left alone for a while,
which doubles up to a minute; then a few messages try it. One that says how long it wants to be left
alone is obeyed. Messages keep their own waits besides: the breaker only stops more of them from
being tried in vain.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class State(StrEnum):
    CLOSED = "closed"  # all is well
    OPEN = "open"  # it is left alone
    PROBING = "probing"  # a few messages are on their way to see


class Event(StrEnum):
    ARRIVED = "arrived"  # it has taken something, or said what is wrong with it
    FAILED = "failed"  # a batch of which nothing arrived
    FAILED_AGAIN = "failed again"  # as many in a row as are enough
    BUSY = "busy"  # it asks to be left alone for so long
    DUE = "due"  # the wait is over


S, E = State, Event
NEXT: Mapping[tuple[State, Event], State] = {
    (S.CLOSED, E.ARRIVED): S.CLOSED,
    (S.CLOSED, E.FAILED): S.CLOSED,
    (S.CLOSED, E.FAILED_AGAIN): S.OPEN,
    (S.CLOSED, E.BUSY): S.OPEN,
    (S.OPEN, E.ARRIVED): S.CLOSED,  # one that was on its way as it opened
    (S.OPEN, E.FAILED): S.OPEN,
    (S.OPEN, E.FAILED_AGAIN): S.OPEN,
    (S.OPEN, E.BUSY): S.OPEN,
    (S.OPEN, E.DUE): S.PROBING,
    (S.PROBING, E.ARRIVED): S.CLOSED,
    (S.PROBING, E.FAILED): S.OPEN,
    (S.PROBING, E.FAILED_AGAIN): S.OPEN,
    (S.PROBING, E.BUSY): S.OPEN,
    (S.PROBING, E.DUE): S.PROBING,  # who tried has not come back
}
ENOUGH = 3  # failed batches in a row
FIRST_WAIT, LONGEST_WAIT = 5.0, 60.0
LONGEST_ASKED = 3600.0  # seconds that a receiver may ask for
PROBE_SECONDS = 120.0  # then somebody else tries
PROBES = 3  # messages that try


@dataclass(frozen=True, slots=True)
class Breaker:
    """`fails`: batches in a row of which nothing arrived. `until`: of one that is not closed."""

    state: State = State.CLOSED
    fails: int = 0
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Why one message has not arrived: for good, or `wait` seconds as the receiver asks."""

    for_good: bool = False
    wait: float = 0.0


def admit(breaker: Breaker, now: datetime, most: int) -> tuple[Breaker, int]:
    """How many messages may be tried now, of at most `most`; and the breaker from then on."""
    if breaker.state is State.CLOSED:
        return breaker, most
    if breaker.until is not None and now < breaker.until:
        return breaker, 0
    until = now + timedelta(seconds=PROBE_SECONDS)
    return Breaker(NEXT[breaker.state, Event.DUE], breaker.fails, until), min(PROBES, most)


def after(breaker: Breaker, arrived: int, failed: Sequence[Outcome], now: datetime) -> Breaker:
    """The breaker once a batch is back, of which so many arrived and these did not."""
    asked = min(LONGEST_ASKED, max((each.wait for each in failed), default=0.0))
    if asked > 0:
        return _moved(breaker, Event.BUSY, breaker.fails, now, asked)
    if arrived or any(each.for_good for each in failed) or not failed:
        return _moved(breaker, Event.ARRIVED, 0, now, 0.0)
    fails = breaker.fails + 1
    event = Event.FAILED_AGAIN if fails >= ENOUGH else Event.FAILED
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(10, max(0, fails - ENOUGH)))
    return _moved(breaker, event, fails, now, wait)


def _moved(breaker: Breaker, event: Event, fails: int, now: datetime, wait: float) -> Breaker:
    state = NEXT[breaker.state, event]
    return Breaker(state, fails, None if state is State.CLOSED else now + timedelta(seconds=wait))
