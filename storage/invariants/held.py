"""The half of I7 that no table shows: what the PBX nodes hold, beside the rows."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from campaigns.call_life import CallState
from storage.dbtime import db_time
from storage.engine import Store
from storage.invariants.calls import TOLD_WITHIN
from storage.tables.attempts import ATTEMPT_EVENTS, ATTEMPTS
from storage.tables.inbound import INBOUND_CALLS

_A, _E = ATTEMPTS.c, ATTEMPT_EVENTS.c
PLACED_BY_US = 7
"""The version of the UUIDs of attempts. A test call (`dialplane pbx originate`) has another."""


def ghosts(store: Store, held: Collection[UUID]) -> set[UUID]:
    """Calls that a PBX holds and that no row tells of. To be asked after the PBX: the row of a
    call is there before the call."""
    ours = {call for call in held if call.version == PLACED_BY_US}
    with store.reading() as connection:
        for calls in (ATTEMPTS, INBOUND_CALLS):
            known = connection.execute(select(calls.c.id).where(calls.c.id.in_(ours)))
            ours -= set(known.scalars())
    return ours


def not_held(store: Store, node: str, held: Collection[UUID]) -> set[UUID]:
    """Attempts on a node that are live by their rows, and not among the calls it holds.

    Those of the last seconds, by the database's clock, may be on their way there.
    """
    placed = (_E.attempt_id == _A.id) & (_E.what == CallState.PLACED.value)
    live = (
        select(_A.id)
        .join(ATTEMPT_EVENTS, placed)
        .where(_A.ended_at.is_(None), _A.node == node, _E.stored_at < db_time(-TOLD_WITHIN))
    )
    with store.reading() as connection:
        return set(connection.execute(live).scalars()) - set(held)
