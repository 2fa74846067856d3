"""Attempts as they are read: the open ones for a takeover, the others to look at."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col
from sqlmodel import select as rows_of

from campaigns.flow.needs import Needs
from campaigns.leads import Attempt, Candidate, DialOrder, OpenAttempt
from campaigns.outcomes import Outcome
from storage.engine import Store
from storage.errors import NotThere
from storage.particulars import COLUMNS, particulars
from storage.tables.attempts import ATTEMPTS, AttemptRow
from storage.tables.people import LEADS

_C = ATTEMPTS.c
OF_TALK = (
    _C.answered_at,
    _C.classified_at,
    _C.asked_at,
    _C.connected_at,
    _C.disposition,
    _C.disposed_at,
)
"""What tells how a conversation counts: `waited`, `filed`."""


def open_attempts(
    store: Store, campaign: str, needs: Needs | None = None, token: int | None = None
) -> list[OpenAttempt]:
    """The attempts of a campaign whose end nobody has recorded, oldest first.

    `needs`: of its flow; then each is told what the flow asks for. `token`: of a lease; then
    those alone that were claimed under it.
    """
    under = () if token is None else (_C.token == token,)
    query = (
        select(ATTEMPTS, LEADS.c.rank, LEADS.c.segment, LEADS.c.skills, *COLUMNS)
        .outerjoin(LEADS, LEADS.c.id == _C.lead_id)
        .where(_C.campaign == campaign, _C.ended_at.is_(None), *under)
        .order_by(_C.placed_at, _C.id)
    )
    with store.reading() as connection:
        return [_open(row, needs) for row in connection.execute(query)]


def show(store: Store, attempt_id: UUID) -> AttemptRow:
    """One attempt. Raises `NotThere`."""
    with store.session() as session:
        attempt = session.get(AttemptRow, attempt_id)
    if attempt is None:
        raise NotThere(f"There is no attempt with the id {attempt_id}")
    return attempt


def page(
    store: Store,
    campaign: str | None = None,
    limit: int = 50,
    number: str | None = None,
    outcome: Outcome | None = None,
) -> list[AttemptRow]:
    """The latest attempts, newest first: all, or those of a campaign, number or outcome."""
    wanted = {AttemptRow.campaign: campaign, AttemptRow.number: number, AttemptRow.outcome: outcome}
    query = rows_of(AttemptRow)
    for column, value in wanted.items():
        if value is not None:
            query = query.where(col(column) == value)
    with store.looking_session() as session:
        return list(session.exec(query.order_by(col(AttemptRow.placed_at).desc()).limit(limit)))


def waited(row: Any) -> float | None:
    """Seconds from the end of the greeting, in a flow from when an agent was asked for, until one
    was there; more than the law allows is as good as abandoned. None: no agent ever was."""
    if row.connected_at is None:
        return None
    live_at = row.asked_at or row.classified_at or row.answered_at or row.connected_at
    return float(max(0.0, (row.connected_at - live_at).total_seconds()))


def filed(row: Any) -> str:
    """The disposition that an agent has chosen; a default is nobody's word."""
    return str(row.disposition) if row.disposed_at is not None else ""


def _open(row: Any, needs: Needs | None) -> OpenAttempt:
    candidate = Candidate(
        row.lead_id, row.number, -(row.rank or 0), row.segment or "", frozenset(row.skills or ())
    )
    order = DialOrder(candidate, row.node, row.trunk, row.caller_id, row.agent)
    attempt = Attempt(row.id, order, row.placed_at, particulars(row, needs))
    live_at = row.classified_at if needs is None else row.asked_at
    return OpenAttempt(
        attempt,
        row.answered_at,
        row.connected_at,
        row.agent,
        live_at,
        row.state,
        row.recording,
        filed(row),
    )
