"""What each receiver has still to get of the outbox, and how it stands with each CRM."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field

from storage.columns import BIG, FREE_TEXT, KEY, TOKEN_TEXT, UTC_TIME, WORD, Row, table_of

_OPEN = text("dead_at IS NULL")


class Delivery(Row, table=True):
    """A message that one receiver has not got yet, or was given up for it. Gone once it has it.

    `subject`: whose it is; of one subject a receiver gets the messages in the order in which they
    were written. `held_until`: somebody has it in hand.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        Index(
            "ix_deliveries_due",
            "receiver",
            "next_at",
            postgresql_where=_OPEN,
            sqlite_where=_OPEN,
        ),
        Index("ix_deliveries_order", "receiver", "subject", "written_at", "message_id"),
        Index("ix_deliveries_dead_at", "dead_at"),
    )

    message_id: UUID = Field(primary_key=True)
    receiver: str = Field(primary_key=True, sa_type=TOKEN_TEXT)
    subject: str = Field(sa_type=KEY)
    written_at: datetime = Field(sa_type=UTC_TIME)
    tries: int = 0
    next_at: datetime = Field(sa_type=UTC_TIME)
    held_until: datetime | None = Field(default=None, sa_type=UTC_TIME)
    dead_at: datetime | None = Field(default=None, sa_type=UTC_TIME)
    last_error: str = Field(default="", sa_type=FREE_TEXT)


class ReceiverState(Row, table=True):
    """One receiver's circuit breaker, and what it has had."""

    __tablename__ = "receivers"

    name: str = Field(primary_key=True, sa_type=TOKEN_TEXT)
    state: str = Field(sa_type=WORD)
    fails: int = 0
    until: datetime | None = Field(default=None, sa_type=UTC_TIME)
    arrived: int = Field(default=0, sa_type=BIG)
    arrived_at: datetime | None = Field(default=None, sa_type=UTC_TIME)
    last_error: str = Field(default="", sa_type=FREE_TEXT)


class Pull(Row, table=True):
    """How far the customers of a CRM have been pulled: `mark_at` and `mark_id` of the last row, as
    the CRM told them. `asked_id`: up to whom it was asked whether they are still there."""

    __tablename__ = "pulls"

    source: str = Field(primary_key=True, sa_type=TOKEN_TEXT)
    mark_at: str = Field(default="", sa_type=KEY)
    mark_id: str = Field(default="", sa_type=KEY)
    marked_at: datetime | None = Field(
        default=None, sa_type=UTC_TIME
    )  # it moved last, by our clock
    next_at: datetime = Field(sa_type=UTC_TIME)
    held_until: datetime | None = Field(default=None, sa_type=UTC_TIME)
    pulled_at: datetime | None = Field(default=None, sa_type=UTC_TIME)
    rows: int = Field(default=0, sa_type=BIG)
    fails: int = 0
    last_error: str = Field(default="", sa_type=FREE_TEXT)
    asked_id: str = Field(default="", sa_type=KEY, sa_column_kwargs={"server_default": text("''")})


DELIVERIES = table_of(Delivery)
RECEIVERS = table_of(ReceiverState)
PULLS = table_of(Pull)
