"""The half of I7 that no table shows: what the PBX nodes hold, beside the rows."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import and_, select

from storage.dbtime import db_time
from storage.engine import Store
from storage.invariants.calls import TOLD_WITHIN
from storage.tables.attempts import ATTEMPTS
from storage.tables.inbound import INBOUND_CALLS

_A = ATTEMPTS.c
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
    old = and_(_A.node == node, _A.stored_at < db_time(-TOLD_WITHIN))
    live = select(_A.id).where(_A.ended_at.is_(None), old)
    with store.reading() as connection:
        return set(connection.execute(live).scalars()) - set(held)
