"""Calls that came in. No foreign keys, as with attempts."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field

from storage.columns import (
    BIG,
    FREE_TEXT,
    NUMBER_TEXT,
    TOKEN_TEXT,
    UTC_TIME,
    WORD,
    Row,
    table_of,
)

OPEN = text("ended_at IS NULL")


class InboundRow(Row, table=True):
    """One inbound call; its id is the call's id on the PBX. Open until `ended_at` is known.

    Whoever has put the row there first serves the call: one campaign, and no other.
    """

    __tablename__ = "inbound_calls"
    __table_args__ = (
        Index("ix_inbound_calls_open", "campaign", postgresql_where=OPEN, sqlite_where=OPEN),
        Index("ix_inbound_calls_campaign_arrived_at", "campaign", "arrived_at"),
        Index("ix_inbound_calls_caller", "caller"),
    )

    id: UUID = Field(primary_key=True)
    campaign: str = Field(sa_type=TOKEN_TEXT)
    campaign_version: int
    node: str = Field(sa_type=TOKEN_TEXT)
    line: str = Field(sa_type=TOKEN_TEXT)
    caller: str = Field(default="", sa_type=NUMBER_TEXT)  # E.164; empty: not known
    lead_id: UUID | None = None  # the caller's, on the campaign's list
    token: int = Field(sa_type=BIG)  # the lease's fencing token under which it was admitted
    state: str = Field(sa_type=WORD)
    arrived_at: datetime = Field(sa_type=UTC_TIME)
    asked_at: datetime | None = Field(default=None, sa_type=UTC_TIME)  # for an agent, in a flow
    opted_out_at: datetime | None = Field(default=None, sa_type=UTC_TIME)  # likewise
    callback_at: datetime | None = Field(default=None, sa_type=UTC_TIME)  # when it is due
    connected_at: datetime | None = Field(default=None, sa_type=UTC_TIME)
    ended_at: datetime | None = Field(default=None, sa_type=UTC_TIME)
    disposed_at: datetime | None = Field(default=None, sa_type=UTC_TIME)
    outcome: str = Field(default="", sa_type=WORD)
    disposition: str = Field(default="", sa_type=TOKEN_TEXT)
    reason: str = Field(default="", sa_type=WORD)
    cause: str = Field(default="", sa_type=FREE_TEXT)  # the PBX's raw words
    agent: str | None = Field(default=None, sa_type=TOKEN_TEXT)
    recording: str | None = Field(default=None, sa_type=FREE_TEXT)
    note: str = Field(default="", sa_type=FREE_TEXT)


INBOUND_CALLS = table_of(InboundRow)
