"""What may be dialled, and when (I3, I4, I6)."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Subquery, and_, func, or_, select, true

from campaigns.call_life import CallState
from campaigns.due_again import ROLLING
from storage.durations import SECOND, microseconds
from storage.invariants.sql import Breaks, Since, of_version, offence, recent, spec
from storage.tables.attempts import ATTEMPT_EVENTS, ATTEMPTS
from storage.tables.campaigns import CAMPAIGN_VERSIONS
from storage.tables.lists import DO_NOT_CALL, EVERYWHERE

_A, _D = ATTEMPTS.c, DO_NOT_CALL.c
KNOWN_WITHIN = 1  # seconds from the storing of a do-not-call entry until nobody dials it any more
_ROLLING = ROLLING // timedelta(microseconds=1)


def in_hours(since: Since) -> Sequence[Breaks]:
    closed = "it was placed outside of its campaign's hours"
    lately = recent(_A.placed_at, since)
    return [offence(_A.id, closed, _A.placed_at >= _A.open_until, lately)]


def not_listed(since: Since) -> Sequence[Breaks]:
    """Both times are the database's own."""
    placed = ATTEMPT_EVENTS.alias("placed")
    listed = f"its number had been on the do-not-call list for more than {KNOWN_WITHIN} s"
    in_force = or_(_D.expires_at.is_(None), _D.expires_at > _A.placed_at)
    known = microseconds(_D.stored_at, placed.c.stored_at) > KNOWN_WITHIN * SECOND
    scope = or_(_D.scope == EVERYWHERE, _D.scope == _A.campaign)
    query = offence(_A.id, listed, in_force, known, recent(_A.placed_at, since))
    return [
        query.join(DO_NOT_CALL, and_(_D.number == _A.number, scope))
        .join(placed, and_(placed.c.attempt_id == _A.id, placed.c.what == CallState.PLACED.value))
        .distinct()
    ]


def under_caps(since: Since) -> Sequence[Breaks]:
    lately = true() if since is None else _A.placed_at >= since - ROLLING
    numbers = _counted(_A.number, lately)
    leads = _counted(_A.lead_id, _A.lead_id.in_(_dialled(since)))
    return [_too_often(leads, since), _too_often_a_day(numbers, since)] + [
        _too_soon(attempts, since) for attempts in (numbers, leads)
    ]


def _dialled(since: Since) -> Any:
    return select(_A.lead_id).where(recent(_A.placed_at, since))


def _counted(whose: ColumnElement[Any], which: ColumnElement[bool]) -> Subquery:
    """Attempts with how many there have been to the same lead or number, the one before, and the
    caps under which they were placed."""
    along: dict[str, Any] = {"partition_by": whose, "order_by": (_A.placed_at, _A.id)}
    return (
        select(
            _A.id,
            whose.label("whose"),
            _A.placed_at,
            func.row_number().over(**along).label("nth"),
            func.lag(_A.placed_at).over(**along).label("before"),
            spec("attempts", "per_lead").label("per_lead"),
            spec("attempts", "per_day").label("per_day"),
            spec("attempts", "min_gap").label("min_gap"),
        )
        .join(CAMPAIGN_VERSIONS, of_version(_A), isouter=True)
        .where(which)
        .subquery()
    )


def _too_often(leads: Subquery, since: Since) -> Breaks:
    reason = "its lead had been called as often as it may be"
    these = leads.c
    return offence(these.id, reason, these.nth > these.per_lead, recent(these.placed_at, since))


def _too_often_a_day(numbers: Subquery, since: Since) -> Breaks:
    reason = "its number had been called as often as it may be in 24 h"
    these, first = numbers.c, numbers.alias("first")
    within = microseconds(first.c.placed_at, these.placed_at) < _ROLLING
    query = offence(these.id, reason, within, recent(these.placed_at, since))
    counted_from = and_(first.c.whose == these.whose, first.c.nth == these.nth - these.per_day)
    return query.join(first, counted_from)


def _too_soon(attempts: Subquery, since: Since) -> Breaks:
    reason = "its number had been called too short a time before"
    these = attempts.c
    gap = microseconds(these.before, these.placed_at)
    return offence(these.id, reason, gap < these.min_gap * SECOND, recent(these.placed_at, since))
