"""When a filter turns round about somebody, though nothing happens but time.

Only `within` and `before` go by the clock, and each turns once: as the time that it asks has become
older than it says. From then on `within` is false and `before` true, for good.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

from campaigns.selection.words import (
    All,
    Any,
    Before,
    Empty,
    Filter,
    Not,
    Within,
    leaves,
)

Answer: TypeAlias = bool | datetime | None
"""To one question: of `within` and `before` the time that they ask, None where there is none; of
any other, whether it is true."""
_INSTANT = timedelta(microseconds=1)  # what databases tell apart


def goes_by_time(filter_: Filter) -> bool:
    """Whether it turns round at all."""
    return any(isinstance(leaf, Within | Before) for leaf in leaves(filter_))


def turns(filter_: Filter, answers: Sequence[Answer], now: datetime) -> tuple[datetime, ...]:
    """The moments after `now` from which on it says the opposite of before, ascending.

    `answers`: to all that it asks, as `leaves` has it.
    """
    found, said = list[datetime](), _says(filter_, iter(answers), now)
    for moment in sorted(set(_moments(filter_, answers))):
        if moment > now and _says(filter_, iter(answers), moment) is not said:
            found.append(moment)
            said = not said
    return tuple(found)


def in_time(filter_: Filter) -> Filter:
    """Who is meant now, or may come to be as time passes: perhaps some too many, nobody too few."""
    return _bounded(filter_, at_most=True)


def _moments(filter_: Filter, answers: Sequence[Answer]) -> Iterator[datetime]:
    """When each question turns."""
    for leaf, at in zip(leaves(filter_), answers, strict=True):
        if isinstance(leaf, Within | Before) and isinstance(at, datetime):
            try:
                yield at + leaf.ago + _INSTANT
            except OverflowError:  # not before the year 9999
                continue


def _says(filter_: Filter, answers: Iterator[Answer], at: datetime) -> bool:
    match filter_:
        case Not(part):
            return not _says(part, answers, at)
        case All(parts) | Any(parts):
            said = [_says(part, answers, at) for part in parts]  # each takes its answers
            return all(said) if isinstance(filter_, All) else any(said)
        case Within(ago=ago):
            when = next(answers)
            return isinstance(when, datetime) and when >= at - ago
        case Before(ago=ago):
            when = next(answers)
            return isinstance(when, datetime) and when < at - ago
        case _:
            return bool(next(answers))


def _bounded(filter_: Filter, *, at_most: bool) -> Filter:
    """What is true whenever the filter comes to be true; or, not `at_most`, only where it stays
    so. `within` can only become false, and `before` only true."""
    match filter_:
        case Not(part):
            return Not(_bounded(part, at_most=not at_most))
        case All(parts):
            return All(tuple(_bounded(part, at_most=at_most) for part in parts))
        case Any(parts):
            return Any(tuple(_bounded(part, at_most=at_most) for part in parts))
        case Within() if not at_most:
            return All((Empty(filter_.field, filter_.at), _filled(filter_)))  # of nobody
        case Before() if at_most:
            return _filled(filter_)
        case _:
            return filter_


def _filled(leaf: Within | Before) -> Filter:
    return Not(Empty(leaf.field, leaf.at))
