"""What people find who pick up: an agent, or the message, and soon (I5, I9)."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Subquery,
    TextClause,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)

from campaigns.call_life import CallState
from campaigns.outcomes import Outcome
from connectors.calls import EndReason, Party
from storage.durations import SECOND, microseconds
from storage.history import AGENT_LOST
from storage.invariants.sql import TERMS, Breaks, Since, of_version, offence, recent, there
from storage.tables.attempts import ATTEMPT_EVENTS, ATTEMPTS, HEARD, PICKED_UP

_A, _E = ATTEMPTS.c, ATTEMPT_EVENTS.c
LONGEST_PERIOD = timedelta(days=61)  # of a campaign's abandonment limit, and a day
_TIMER_LATE = 0.5  # seconds
_ROUNDING = 1e-6
_GREETED = func.coalesce(_A.classified_at, _A.answered_at)
_LIVE_AT = func.coalesce(_A.asked_at, _GREETED)
_WITHIN = TERMS.c.answer_within
_LATE = microseconds(_LIVE_AT, _A.connected_at) > _WITHIN * SECOND


def few_abandoned(since: Since) -> Sequence[Breaks]:
    """Counted along the answers of each period; a call that a vanished agent was to take is none
    of the abandoned."""
    calls = _answers(since)
    along: dict[str, Any] = {
        "partition_by": (calls.c.campaign, calls.c.period),
        "order_by": (calls.c.at, calls.c.id),
        "rows": (None, 0),
    }
    abandoned = func.sum(calls.c.abandoned).over(**along).label("abandoned_so_far")
    live = func.count().over(**along).label("live_so_far")
    so_far = select(calls, abandoned, live).subquery().c
    above = so_far.abandoned_so_far > so_far.cap * so_far.live_so_far + _ROUNDING
    reason = "with it more of the period's answers were abandoned than the limit allows"
    lately = recent(so_far.placed_at, since)
    return [offence(so_far.id, reason, so_far.abandoned == 1, above, lately)]


def in_time(since: Since) -> Sequence[Breaks]:
    """A result that was only inferred tells of no time. What a flow plays first is a message: who
    asks for an agent later has had it, and waits by choice."""
    seen = _A.reason != EndReason.PBX_LOST.value
    given_up = _A.outcome == Outcome.ABANDONED.value
    ends = microseconds(_E.at, _A.ended_at) > (_WITHIN + _TIMER_LATE) * SECOND
    plays = microseconds(_GREETED, _E.at) > (_WITHIN + _TIMER_LATE) * SECOND
    played = ATTEMPT_EVENTS.alias("played")
    message = there(played.c.attempt_id == _A.id, played.c.what == CallState.MESSAGE.value)
    lately = recent(_A.placed_at, since)
    outside = _A.asked_at.is_(None)
    begun = there(_E.attempt_id == _A.id, _E.what == CallState.FLOW.value)
    return [
        _judged(offence(_A.id, "its agent came too late", _LATE, outside, lately).where(PICKED_UP)),
        _alone("its message began too late", CallState.MESSAGE, given_up, plays, lately),
        _alone("neither agent nor message came", CallState.WAITING, ends, seen, ~message, lately),
        _judged(offence(_A.id, "its flow began too late", begun, ~_begun_in_time(), lately)),
    ]


def _begun_in_time() -> ColumnElement[bool]:
    """It may be told again when an agent was asked for in vain; the first time counts."""
    soon = microseconds(_GREETED, _E.at) <= (_WITHIN + _TIMER_LATE) * SECOND
    return there(_E.attempt_id == _A.id, _E.what == CallState.FLOW.value, soon)


def _alone(reason: str, what: CallState, *conditions: ColumnElement[bool]) -> Breaks:
    """Of the calls that no agent took, and of one event of theirs."""
    query = offence(_A.id, reason, _A.connected_at.is_(None), *conditions)
    its = and_(_E.attempt_id == _A.id, _E.what == what.value)
    return _judged(query).join(ATTEMPT_EVENTS, its)


def _judged(query: Breaks) -> Breaks:
    """By the version of the campaign under which the attempt was placed."""
    return query.select_from(ATTEMPTS).join(TERMS, of_version(_A))


def _answers(since: Since) -> Subquery:
    """The live answers, from the beginning of each period that is asked about."""
    lost = there(_E.attempt_id == _A.id, _E.what == AGENT_LOST)
    unlawful = and_(or_(_A.connected_at.is_(None), _LATE), ~lost)
    asked = _live(case((unlawful, 1), else_=0), since, PICKED_UP)
    heard = _live(literal(0), since, HEARD).where(_A.party == Party.HUMAN.value)
    return union_all(asked, heard).subquery()


def _live(abandoned: ColumnElement[int], since: Since, of: TextClause) -> Any:
    """Each kind of live answer by its own index."""
    query = select(
        _A.id,
        _A.campaign,
        _A.period,
        _A.placed_at,
        func.coalesce(_A.connected_at, _LIVE_AT, _A.placed_at).label("at"),
        abandoned.label("abandoned"),
        TERMS.c.limit.label("cap"),
    ).where(of, _A.period.is_not(None))
    bound = true() if since is None else _A.placed_at >= since - LONGEST_PERIOD
    return _judged(query.where(bound))
