"""Pacing decisions as they were made, so that they can be looked at and replayed."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select
from sqlmodel import col
from sqlmodel import select as rows_of

from campaigns.effects import PacingDecided
from storage.bulk import insert_rows
from storage.engine import Store
from storage.tables.records import PACING_DECISIONS, PacingDecision

KEPT = timedelta(days=30)
PORTION = 5_000


def write_decisions(
    connection: Connection, campaign: str, decisions: Sequence[PacingDecided]
) -> None:
    """Add decisions. A figure that is no number (an endless one) becomes null."""
    rows = [
        {
            "campaign": campaign,
            "at": decision.at,
            "calls": decision.calls,
            "why": decision.why,
            "view": {
                name: value if math.isfinite(value) else None
                for name, value in decision.view.items()
            },
        }
        for decision in decisions
    ]
    insert_rows(connection, PACING_DECISIONS, rows)


def at_or_before(
    store: Store, campaign: str, moment: datetime | None, limit: int = 1
) -> list[PacingDecision]:
    """The last decisions made by `moment` (or ever), newest first."""
    query = rows_of(PacingDecision).where(col(PacingDecision.campaign) == campaign)
    if moment is not None:
        query = query.where(col(PacingDecision.at) <= moment)
    newest = col(PacingDecision.at).desc(), col(PacingDecision.seq).desc()
    with store.session() as session:
        return list(session.exec(query.order_by(*newest).limit(limit)))


def after(store: Store, campaign: str, moment: datetime, limit: int) -> list[PacingDecision]:
    """The first decisions made after `moment`, newest first."""
    at = col(PacingDecision.at)
    query = rows_of(PacingDecision).where(col(PacingDecision.campaign) == campaign, at > moment)
    with store.session() as session:
        found = session.exec(query.order_by(at, col(PacingDecision.seq)).limit(limit))
        return list(found)[::-1]


def forget(store: Store, before: datetime, most: int = PORTION) -> int:
    """Let go of decisions made before a moment, the oldest first; how many are gone.

    At most `most` at a time, so that nobody waits for the lock.
    """
    seq, at = PACING_DECISIONS.c.seq, PACING_DECISIONS.c.at
    oldest = select(seq).order_by(seq).limit(most).subquery()
    with store.writing() as connection:
        last = connection.execute(select(func.max(oldest.c.seq))).scalar_one()
        if last is None:
            return 0
        gone = connection.execute(delete(PACING_DECISIONS).where(seq <= last, at < before))
    return int(gone.rowcount)
