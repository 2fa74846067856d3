"""What was dialled. No foreign keys, so that these tables can be partitioned by time."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field

from storage.columns import (
    BIG,
    FREE_TEXT,
    NUMBER_TEXT,
    SERIAL,
    TOKEN_TEXT,
    UTC_TIME,
    WORD,
    Row,
    table_of,
)

LIVE = text("ended_at IS NULL")
PICKED_UP = text("(connected_at IS NOT NULL OR outcome = 'abandoned')")
"""What may be a live answer. Word for word as the index has it, or no database would use that."""

HEARD = text("outcome = 'heard'")
"""Who went through a flow and needed no agent, likewise word for word."""


class AttemptRow(Row, table=True):
    """One attempt; its id is the call's id on the PBX. Live until `ended_at` is known."""

    __tablename__ = "attempts"
    __table_args__ = (
        # at most one live attempt on a number, whatever the campaign or the list
        Index(
            "uq_attempts_live_number",
            "number",
            unique=True,
            postgresql_where=LIVE,
            sqlite_where=LIVE,
        ),
        Index("ix_attempts_live_campaign", "campaign", postgresql_where=LIVE, sqlite_where=LIVE),
        Index("ix_attempts_number_placed_at", "number", "placed_at"),
        Index("ix_attempts_campaign_placed_at", "campaign", "placed_at"),
        Index("ix_attempts_lead_id", "lead_id"),
        # a tenth of the attempts: what the guard counts at a takeover, of up to sixty days
        Index(
            "ix_attempts_picked_up",
            "campaign",
            "placed_at",
            postgresql_where=PICKED_UP,
            sqlite_where=PICKED_UP,
        ),
        Index(
            "ix_attempts_heard",
            "campaign",
            "placed_at",
            postgresql_where=HEARD,
            sqlite_where=HEARD,
        ),
    )

    id: UUID = Field(primary_key=True)
    campaign: str = Field(sa_type=TOKEN_TEXT)
    campaign_version: int
    lead_id: UUID
    customer_id: UUID
    number: str = Field(sa_type=NUMBER_TEXT)
    node: str = Field(sa_type=TOKEN_TEXT)
    trunk: str = Field(sa_type=TOKEN_TEXT)
    caller_id: str = Field(sa_type=NUMBER_TEXT)
    token: int = Field(sa_type=BIG)  # the lease's fencing token under which it was placed
    state: str = Field(sa_type=WORD)
    placed_at: datetime = Field(sa_type=UTC_TIME)
    stored_at: datetime | None = Field(default=None, sa_type=UTC_TIME)  # by the database's clock
    open_until: datetime | None = Field(default=None, sa_type=UTC_TIME)  # where it was dialled
    period: str | None = Field(default=None, sa_type=WORD)  # the limit's: its first day
    asked_at: datetime | None = Field(default=None, sa_type=UTC_TIME)  # for an agent, in a flow
    opted_out_at: datetime | None = Field(default=None, sa_type=UTC_TIME)  # likewise
    callback_at: datetime | None = Field(default=None, sa_type=UTC_TIME)  # when it is due
    ringing_at: datetime | None = Field(default=None, sa_type=UTC_TIME)
    answered_at: datetime | None = Field(default=None, sa_type=UTC_TIME)
    classified_at: datetime | None = Field(default=None, sa_type=UTC_TIME)
    connected_at: datetime | None = Field(default=None, sa_type=UTC_TIME)
    ended_at: datetime | None = Field(default=None, sa_type=UTC_TIME)
    disposed_at: datetime | None = Field(default=None, sa_type=UTC_TIME)
    outcome: str = Field(default="", sa_type=WORD)
    disposition: str = Field(default="", sa_type=TOKEN_TEXT)
    intent: str | None = Field(default=None, sa_type=TOKEN_TEXT)  # how likely they are to buy
    reason: str = Field(default="", sa_type=WORD)
    cause: str = Field(default="", sa_type=FREE_TEXT)  # the PBX's raw words
    party: str = Field(default="", sa_type=WORD)
    agent: str | None = Field(default=None, sa_type=TOKEN_TEXT)
    recording: str | None = Field(default=None, sa_type=FREE_TEXT)
    note: str = Field(default="", sa_type=FREE_TEXT)


class AttemptEvent(Row, table=True):
    """The history of attempts. Triggers keep it append-only."""

    __tablename__ = "attempt_events"
    __table_args__ = (Index("ix_attempt_events_attempt_id", "attempt_id"),)

    seq: int | None = Field(default=None, primary_key=True, sa_type=SERIAL)
    attempt_id: UUID
    at: datetime = Field(sa_type=UTC_TIME)
    what: str = Field(sa_type=WORD)
    token: int = Field(sa_type=BIG)
    stored_at: datetime | None = Field(default=None, sa_type=UTC_TIME)  # by the database's clock
    detail: str = Field(default="", sa_type=FREE_TEXT)


ATTEMPTS = table_of(AttemptRow)
ATTEMPT_EVENTS = table_of(AttemptEvent)
