"""What leaves the database, and what it remembers about itself: outbox, pacing, meta."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from storage.columns import (
    FREE_TEXT,
    JSON_DATA,
    KEY,
    SERIAL,
    TOKEN_TEXT,
    UTC_TIME,
    WORD,
    Row,
    table_of,
)
from storage.ids import new_id

_UNSENT = text("delivered_at IS NULL AND dead_at IS NULL")
_UNSPREAD = text("spread_at IS NULL AND delivered_at IS NULL AND dead_at IS NULL")


class OutboxRow(Row, table=True):
    """Something to tell others, written in the transaction that made it true.

    `spread_at`: each receiver has a line of its own for it (`storage.tables.deliveries`).
    `delivered_at`: all of them have it; `dead_at`: it was given up for some.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("idempotency_key"),
        Index("ix_outbox_due", "next_at", "id", postgresql_where=_UNSENT, sqlite_where=_UNSENT),
        Index(
            "ix_outbox_unspread",
            "created_at",
            "id",
            postgresql_where=_UNSPREAD,
            sqlite_where=_UNSPREAD,
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    kind: str = Field(sa_type=WORD)
    idempotency_key: str = Field(sa_type=KEY)
    payload: dict[str, Any] = Field(sa_type=JSON_DATA)
    created_at: datetime = Field(sa_type=UTC_TIME)
    attempts: int = 0
    next_at: datetime = Field(sa_type=UTC_TIME)
    spread_at: datetime | None = Field(default=None, sa_type=UTC_TIME)
    delivered_at: datetime | None = Field(default=None, sa_type=UTC_TIME)
    dead_at: datetime | None = Field(default=None, sa_type=UTC_TIME)  # given up
    last_error: str = Field(default="", sa_type=FREE_TEXT)


class PacingDecision(Row, table=True):
    """One pacing decision and the figures it was made from."""

    __tablename__ = "pacing_decisions"
    __table_args__ = (Index("ix_pacing_decisions_campaign_at", "campaign", "at"),)

    seq: int | None = Field(default=None, primary_key=True, sa_type=SERIAL)
    campaign: str = Field(sa_type=TOKEN_TEXT)
    at: datetime = Field(sa_type=UTC_TIME)
    calls: int
    why: str = Field(sa_type=FREE_TEXT)
    view: dict[str, float | None] = Field(default_factory=dict, sa_type=JSON_DATA)


class Meta(Row, table=True):
    """Facts about the database itself."""

    __tablename__ = "meta"

    key: str = Field(primary_key=True, sa_type=TOKEN_TEXT)
    value: str = Field(sa_type=FREE_TEXT)


OUTBOX = table_of(OutboxRow)
PACING_DECISIONS = table_of(PacingDecision)
META = table_of(Meta)
