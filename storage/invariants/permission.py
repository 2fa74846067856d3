"""What may be dialled, and when (I3, I4, I6)."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import CTE, ColumnElement, and_, func, or_, select, true

from campaigns.rules import ROLLING
from storage.durations import SECOND, microseconds
from storage.invariants.sql import TERMS, Breaks, Since, of_version, offence, recent
from storage.tables.attempts import ATTEMPTS
from storage.tables.lists import DO_NOT_CALL, EVERYWHERE

_A, _D = ATTEMPTS.c, DO_NOT_CALL.c
KNOWN_WITHIN = 1  # seconds from when an entry could be seen until nobody dials its number
_ROLLING = ROLLING // timedelta(microseconds=1)


def in_hours(since: Since) -> Sequence[Breaks]:
    closed = "it was placed outside of its campaign's hours"
    lately = recent(_A.placed_at, since)
    return [offence(_A.id, closed, _A.placed_at >= _A.open_until, lately)]


def not_listed(since: Since) -> Sequence[Breaks]:
    """Both times are the database's own: when the entry could be seen by all, and when the claim
    had yet to ask for it. The second between them is for a clock that is slewed back."""
    listed = f"its number had been on the do-not-call list for more than {KNOWN_WITHIN} s"
    in_force = or_(_D.expires_at.is_(None), _D.expires_at > _A.placed_at)
    known = microseconds(_D.stored_at, _A.stored_at) > KNOWN_WITHIN * SECOND
    scope = or_(_D.scope == EVERYWHERE, _D.scope == _A.campaign)
    query = offence(
        _A.id, listed, _A.stored_at > _D.stored_at, known, in_force, recent(_A.placed_at, since)
    )
    return [query.join(DO_NOT_CALL, and_(_D.number == _A.number, scope)).distinct()]


def under_caps(since: Since) -> Sequence[Breaks]:
    lately = true() if since is None else _A.placed_at >= since - ROLLING
    numbers = _counted("numbers", _A.number, lately)
    leads = _counted("leads", _A.lead_id, _A.lead_id.in_(_dialled(since)))
    return [
        _too_often(leads, since),
        _too_often_a_day(numbers, since),
        _too_soon(numbers, since),
        _too_soon(leads, since),
    ]


def _dialled(since: Since) -> Any:
    return select(_A.lead_id).where(recent(_A.placed_at, since))


def _counted(name: str, whose: ColumnElement[Any], which: ColumnElement[bool]) -> CTE:
    """Attempts, with the one before to the same lead or number, and how many there have been."""
    along: dict[str, Any] = {"partition_by": whose, "order_by": (_A.placed_at, _A.id)}
    nth = func.row_number().over(**along).label("nth")
    before = func.lag(_A.placed_at).over(**along).label("before")
    named = (_A.id, whose.label("whose"), _A.placed_at, _A.campaign, _A.campaign_version)
    return select(*named, nth, before).where(which).cte(name)


def _too_often(leads: CTE, since: Since) -> Breaks:
    reason = "its lead had been called as often as it may be"
    return _under_terms(leads, since, reason, leads.c.nth > TERMS.c.per_lead)


def _too_often_a_day(numbers: CTE, since: Since) -> Breaks:
    reason = "its number had been called as often as it may be in 24 h"
    these, first = numbers.c, numbers.alias("first")
    within = microseconds(first.c.placed_at, these.placed_at) < _ROLLING
    counted_from = and_(first.c.whose == these.whose, first.c.nth == these.nth - TERMS.c.per_day)
    return _under_terms(numbers, since, reason, within).join(first, counted_from)


def _too_soon(attempts: CTE, since: Since) -> Breaks:
    reason = "its number had been called too short a time before"
    gap = microseconds(attempts.c.before, attempts.c.placed_at)
    return _under_terms(attempts, since, reason, gap < TERMS.c.min_gap * SECOND)


def _under_terms(attempts: CTE, since: Since, reason: str, breaks: ColumnElement[bool]) -> Breaks:
    query = offence(attempts.c.id, reason, breaks, recent(attempts.c.placed_at, since))
    return query.select_from(attempts).join(TERMS, of_version(attempts.c))
