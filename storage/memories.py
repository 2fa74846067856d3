"""What pacing has learned of a campaign: one row, kept for whoever dials it next."""

from collections.abc import Sequence

from sqlalchemy import Connection

from campaigns.effects import PacingLearned
from storage.engine import Store
from storage.tables.campaigns import PACING_MEMORIES, PacingMemory
from storage.upsert import upsert


def write_memory(connection: Connection, campaign: str, told: Sequence[PacingLearned]) -> None:
    """The last that was told takes the place of what was there."""
    rows = [{"campaign": campaign, "at": last.at, "memory": last.memory} for last in told[-1:]]
    upsert(connection, PACING_MEMORIES, rows, ["campaign"])


def memory_of(store: Store, campaign: str) -> PacingLearned | None:
    """What was last told of a campaign. Its shape is for `campaigns.pacing.memory` to judge."""
    with store.session() as session:
        row = session.get(PacingMemory, campaign)
    return None if row is None else PacingLearned(row.at, row.memory)
