"""Agents, what they did when, and the orders on their way to running campaigns."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, false, text
from sqlmodel import Field

from storage.columns import (
    FREE_TEXT,
    JSON_DATA,
    SERIAL,
    TOKEN_TEXT,
    UTC_TIME,
    WORD,
    Row,
    table_of,
)
from storage.ids import new_id

_WAITING = text("taken_at IS NULL")


class AgentRow(Row, table=True):
    """An agent, and the state that a campaign's worker last told of."""

    __tablename__ = "agents"

    name: str = Field(primary_key=True, sa_type=TOKEN_TEXT)
    label: str = Field(default="", sa_type=FREE_TEXT)
    phone: str = Field(sa_type=TOKEN_TEXT)  # in the PBX's directory
    node: str = Field(sa_type=TOKEN_TEXT)
    teams: list[str] = Field(default_factory=list, sa_type=JSON_DATA)
    skills: list[str] = Field(default_factory=list, sa_type=JSON_DATA)
    created_at: datetime = Field(sa_type=UTC_TIME)
    campaign: str | None = Field(default=None, sa_type=TOKEN_TEXT)  # logged in to
    state: str = Field(default="offline", sa_type=WORD)
    reason: str = Field(default="", sa_type=FREE_TEXT)
    since: datetime = Field(sa_type=UTC_TIME)
    leg_id: UUID | None = None
    attempt_id: UUID | None = None
    shared: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    bound: str | None = Field(default=None, sa_type=TOKEN_TEXT)  # asked to move to
    told_at: datetime | None = Field(default=None, sa_type=UTC_TIME)  # where to work: shared ones


class AgentStateRow(Row, table=True):
    """One change of an agent's state."""

    __tablename__ = "agent_states"
    __table_args__ = (
        Index("ix_agent_states_campaign_at", "campaign", "at"),
        Index("ix_agent_states_agent_at", "agent", "at"),
    )

    seq: int | None = Field(default=None, primary_key=True, sa_type=SERIAL)
    agent: str = Field(sa_type=TOKEN_TEXT)
    campaign: str = Field(sa_type=TOKEN_TEXT)
    at: datetime = Field(sa_type=UTC_TIME)
    before: str = Field(sa_type=WORD)
    state: str = Field(sa_type=WORD)
    reason: str = Field(default="", sa_type=FREE_TEXT)
    attempt_id: UUID | None = None


class AgentOrderRow(Row, table=True):
    """An order to a running campaign, waiting until its worker takes it."""

    __tablename__ = "agent_orders"
    __table_args__ = (
        Index(
            "ix_agent_orders_waiting",
            "campaign",
            "id",
            postgresql_where=_WAITING,
            sqlite_where=_WAITING,
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    campaign: str = Field(sa_type=TOKEN_TEXT)
    agent: str | None = Field(default=None, sa_type=TOKEN_TEXT)
    kind: str = Field(sa_type=WORD)
    payload: dict[str, Any] = Field(sa_type=JSON_DATA)
    created_at: datetime = Field(sa_type=UTC_TIME)
    taken_at: datetime | None = Field(default=None, sa_type=UTC_TIME)
    refused: str | None = Field(default=None, sa_type=FREE_TEXT)  # why; None: carried out


AGENTS = table_of(AgentRow)
AGENT_STATES = table_of(AgentStateRow)
AGENT_ORDERS = table_of(AgentOrderRow)
