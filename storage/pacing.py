"""Pacing decisions as they were made, so that they can be looked at and replayed."""

import math
from collections.abc import Sequence

from sqlalchemy import Connection
from sqlmodel import col
from sqlmodel import select as rows_of

from campaigns.effects import PacingDecided
from storage.bulk import insert_rows
from storage.engine import Store
from storage.tables.records import PACING_DECISIONS, PacingDecision


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


def latest(store: Store, campaign: str, limit: int = 100) -> list[PacingDecision]:
    """The latest decisions of a campaign, newest first."""
    query = rows_of(PacingDecision).where(col(PacingDecision.campaign) == campaign)
    with store.session() as session:
        return list(session.exec(query.order_by(col(PacingDecision.seq).desc()).limit(limit)))
