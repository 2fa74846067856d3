"""What a campaign dialled in a period, and what its agents did meanwhile: as it was stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from storage.attempts import filed, waited
from storage.engine import Store
from storage.tables.agents import AGENT_STATES
from storage.tables.attempts import ATTEMPTS
from storage.tables.people import LEADS

_A, _S = ATTEMPTS.c, AGENT_STATES.c
_SHIFT = timedelta(days=1)  # nobody is at work for longer


@dataclass(frozen=True, slots=True)
class Dialled:
    """One attempt that has ended. `waited`: seconds, of one that an agent took."""

    segment: str
    version: int
    placed_at: datetime
    ringing_at: datetime | None
    answered_at: datetime | None
    classified_at: datetime | None
    connected_at: datetime | None
    ended_at: datetime
    outcome: str
    reason: str
    party: str
    filed: str
    waited: float | None


@dataclass(frozen=True, slots=True)
class Changed:
    """An agent's change of state."""

    agent: str
    at: datetime
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class Traffic:
    """Both in the order of time; the changes begin a day earlier, to tell who was there."""

    attempts: Sequence[Dialled]
    changes: Sequence[Changed]


def traffic(store: Store, campaign: str, since: datetime, until: datetime) -> Traffic:
    """The attempts placed from `since` and before `until` that have ended."""
    attempts = (
        select(ATTEMPTS, LEADS.c.segment)
        .outerjoin(LEADS, LEADS.c.id == _A.lead_id)
        .where(_A.campaign == campaign, _A.placed_at >= since, _A.placed_at < until)
        .where(_A.ended_at.is_not(None))
        .order_by(_A.placed_at, _A.id)
    )
    changes = (
        select(_S.agent, _S.at, _S.state, _S.reason)
        .where(_S.campaign == campaign, _S.at >= since - _SHIFT, _S.at < until)
        .order_by(_S.at, _S.seq)
    )
    with store.looking() as connection:
        return Traffic(
            [_dialled(row) for row in connection.execute(attempts)],
            [Changed(*row) for row in connection.execute(changes)],
        )


def last_placed(store: Store, campaign: str) -> datetime | None:
    """When a campaign last placed a call; None: it never has."""
    query = select(func.max(_A.placed_at)).where(_A.campaign == campaign)
    with store.reading() as connection:
        found: datetime | None = connection.execute(query).scalar_one()
    return found


def _dialled(row: Any) -> Dialled:
    return Dialled(
        segment=row.segment or "",
        version=row.campaign_version,
        placed_at=row.placed_at,
        ringing_at=row.ringing_at,
        answered_at=row.answered_at,
        classified_at=row.classified_at,
        connected_at=row.connected_at,
        ended_at=row.ended_at,
        outcome=row.outcome,
        reason=row.reason,
        party=row.party,
        filed=filed(row),
        waited=waited(row),
    )
