"""What must never be found in the tables, as queries that must come back empty.

They are asked of simulations, tests and sites at work alike; each answer other than 0 is a
defect of the program, or somebody has written to the tables by hand.
"""

from typing import Any

from sqlalchemy import Select, and_, exists, func, or_, select

from storage.engine import Store
from storage.tables.attempts import ATTEMPTS
from storage.tables.inbound import INBOUND_CALLS
from storage.tables.people import LEADS, LeadState

_A, _L = ATTEMPTS.c, LEADS.c


def broken(store: Store) -> dict[str, int]:
    """How often each rule is broken; only those that are. Empty: all is well."""
    with store.reading() as connection:
        found = {
            rule: connection.execute(
                select(func.count()).select_from(query.subquery())
            ).scalar_one()
            for rule, query in _RULES.items()
        }
    return {rule: count for rule, count in found.items() if count}


def double_dials() -> Select[Any]:
    """Attempts during which the same number was called again, by whatever campaign."""
    later = ATTEMPTS.alias("later")
    follows = or_(
        later.c.placed_at > _A.placed_at,
        and_(later.c.placed_at == _A.placed_at, later.c.id > _A.id),
    )
    still_on = or_(_A.ended_at.is_(None), later.c.placed_at < _A.ended_at)
    same = and_(later.c.number == _A.number, later.c.id != _A.id, follows, still_on)
    return select(_A.id).where(exists().where(same))


def _older_tokens() -> Select[Any]:
    highest = func.max(_A.token).over(partition_by=_A.campaign, order_by=_A.id, rows=(None, -1))
    seen = select(_A.token, highest.label("highest")).subquery()
    return select(seen.c.token).where(seen.c.token < seen.c.highest)


def _without_result() -> Select[Any]:
    ended = _A.ended_at.is_not(None)
    return select(_A.id).where(ended, or_(_A.outcome == "", _A.disposition == ""))


def _result_too_soon() -> Select[Any]:
    return select(_A.id).where(_A.ended_at.is_(None), _A.outcome != "")


def _dialling_nothing() -> Select[Any]:
    live = exists().where(_A.lead_id == _L.id, _A.ended_at.is_(None))
    return select(_L.id).where(_L.state == LeadState.DIALLING.value, ~live)


def _dialled_in_secret() -> Select[Any]:
    lead = exists().where(_L.id == _A.lead_id, _L.state == LeadState.DIALLING.value)
    return select(_A.id).where(_A.ended_at.is_(None), ~lead)


def _caller_without_result() -> Select[Any]:
    ended = INBOUND_CALLS.c.ended_at.is_not(None)
    return select(INBOUND_CALLS.c.id).where(ended != (INBOUND_CALLS.c.outcome != ""))


_RULES: dict[str, Select[Any]] = {
    "a number is on one call at a time": double_dials(),
    "no attempt under a token lower than one already seen": _older_tokens(),
    "an attempt that has ended has its result": _without_result(),
    "an attempt that has a result has ended": _result_too_soon(),
    "a lead that is being dialled has a live attempt": _dialling_nothing(),
    "an inbound call has its result once it has ended, and no sooner": _caller_without_result(),
    "the lead of a live attempt is being dialled": _dialled_in_secret(),
}
