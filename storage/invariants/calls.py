"""One call at a time, one result, and one row for each call (I1, I2, I7)."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, true

from campaigns.call_life import CallState
from storage.dbtime import CLOCKS_APART
from storage.durations import SECOND, microseconds
from storage.invariants.sql import Breaks, Since, offence, recent, there
from storage.tables.attempts import ATTEMPT_EVENTS, ATTEMPTS
from storage.tables.inbound import INBOUND_CALLS
from storage.tables.people import LEADS, LeadState

_A, _E, _L, _I = ATTEMPTS.c, ATTEMPT_EVENTS.c, LEADS.c, INBOUND_CALLS.c
TOLD_WITHIN = 30  # seconds from the end of a call until its result is stored


def double_dials() -> Select[Any]:
    """Attempts during which the same number was called again, by whatever campaign."""
    return select(_A.id).where(_called_again())


def one_live(since: Since) -> Sequence[Breaks]:
    again = "its number was called again before it had ended"
    return [offence(_A.id, again, _called_again(), recent(_A.placed_at, since))]


def one_result(since: Since) -> Sequence[Breaks]:
    over, lately = _A.ended_at.is_not(None), recent(_A.placed_at, since)
    without = or_(_A.outcome == "", _A.disposition == "")
    return [
        offence(_A.id, "it has ended, and has no result", over, without, lately),
        offence(_A.id, "it has a result, and has not ended", ~over, _A.outcome != "", lately),
        _counted("its history does not tell of one end", CallState.ENDED, since, over),
        _told_late(since),
        offence(
            _L.id,
            "this lead is being dialled, and has no live attempt",
            _L.state == LeadState.DIALLING.value,
            ~there(_A.lead_id == _L.id, ~over),
            recent(_L.last_attempt_at, since),
        ),
        offence(
            _I.id,
            "this inbound call has a result before its end, or none after it",
            _I.ended_at.is_not(None) != (_I.outcome != ""),
            recent(_I.arrived_at, since),
        ),
    ]


def one_row(since: Since) -> Sequence[Breaks]:
    lately, live = recent(_A.placed_at, since), _A.ended_at.is_(None)
    dialling = there(_L.id == _A.lead_id, _L.state == LeadState.DIALLING.value)
    no_row = ~there(_A.id == _E.attempt_id)
    return [
        _counted("its history does not tell that it was placed once", CallState.PLACED, since),
        offence(_E.attempt_id, "it has a history, and no row", no_row, recent(_E.at, since)),
        offence(_A.id, "its id is an inbound call's too", there(_I.id == _A.id), lately),
        offence(_A.id, "it is live, and its lead is not being dialled", live, ~dialling, lately),
    ]


def _called_again() -> ColumnElement[bool]:
    later = ATTEMPTS.alias("later")
    no_sooner = later.c.placed_at >= _A.placed_at  # what the index of numbers is asked for
    follows = or_(later.c.placed_at > _A.placed_at, later.c.id > _A.id)
    still_on = or_(_A.ended_at.is_(None), later.c.placed_at < _A.ended_at)
    return there(later.c.number == _A.number, later.c.id != _A.id, no_sooner, follows, still_on)


def _counted(
    reason: str, what: CallState, since: Since, happened: ColumnElement[bool] | None = None
) -> Breaks:
    """Attempts whose history does not tell `what` once; or tells it, and it has not `happened`."""
    told = (
        select(_E.attempt_id, func.count().label("times"))
        .where(_E.what == what.value, _placed(since))
        .group_by(_E.attempt_id)
        .subquery()
    )
    due = 1 if happened is None else case((happened, 1), else_=0)
    wrong = func.coalesce(told.c.times, 0) != due
    query = offence(_A.id, reason, wrong, recent(_A.placed_at, since))
    return query.select_from(ATTEMPTS.outerjoin(told, told.c.attempt_id == _A.id))


def _placed(since: Since) -> ColumnElement[bool]:
    """Lines of those attempts alone, or all of history would be counted for the last hour's."""
    lately = select(_A.id).where(recent(_A.placed_at, since))
    return true() if since is None else _E.attempt_id.in_(lately)


def _told_late(since: Since) -> Breaks:
    """By the database's clock, the row lived so much longer than the call by the campaign's.

    Whatever the two clocks show thus cancels out; but where they were far apart when the call was
    placed, the campaign's is none that a second worker would go on with (a demo's, a test's), and
    nothing is said. A database that is away lets nobody tell; so it counts only where the campaign
    has placed further calls meanwhile.
    """
    ended = ATTEMPT_EVENTS.alias("ended")
    row_lived = microseconds(_A.stored_at, ended.c.stored_at)
    call_lived = microseconds(_A.placed_at, ended.c.at)
    apart = func.abs(microseconds(_A.placed_at, _A.stored_at))
    return offence(
        _A.id,
        f"its result was stored more than {TOLD_WITHIN} s after its end",
        row_lived - call_lived > TOLD_WITHIN * SECOND,
        apart <= CLOCKS_APART // timedelta(microseconds=1),
        _dialled_between(ended),
        recent(_A.placed_at, since),
    ).join(ended, and_(ended.c.attempt_id == _A.id, ended.c.what == CallState.ENDED.value))


def _dialled_between(ended: Any) -> ColumnElement[bool]:
    other = ATTEMPTS.alias("other")
    return there(
        other.c.campaign == _A.campaign,
        other.c.placed_at > ended.c.at,
        microseconds(ended.c.at, other.c.placed_at) > TOLD_WITHIN * SECOND,
        other.c.stored_at < ended.c.stored_at,
    )
