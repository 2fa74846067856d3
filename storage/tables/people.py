"""Whom we may call: customers, and their leads, one per list and number."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from storage.columns import (
    FREE_TEXT,
    JSON_DATA,
    NUMBER_TEXT,
    TOKEN_TEXT,
    UTC_TIME,
    WORD,
    ZONES,
    Row,
    table_of,
)
from storage.ids import new_id

_READY = text("state = 'ready'")
_IN_A_BLOCK = text("block IS NOT NULL")
_CALLED_BACK = text("state = 'ready' AND callback_at IS NOT NULL")


class LeadState(StrEnum):
    READY = "ready"  # may be dialled from `next_at` on
    DIALLING = "dialling"  # has a live attempt
    DONE = "done"  # a final outcome or disposition, or no attempt left
    SUPPRESSED = "suppressed"  # asked not to be called again


class Customer(Row, table=True):
    """A person or firm. Decisions about a number lock the row of whose it is, on every list.

    All of it but `last_attempt_at` to `contacts`, which calls write, changes in one place:
    `storage.customers.changing`. `fields`: the site's own, by name.
    """

    __tablename__ = "customers"
    __table_args__ = (
        UniqueConstraint("number"),
        Index("ix_customers_stage_idle_since", "stage", "idle_since", "id"),
        Index("ix_customers_owner_next_action_at", "owner", "next_action_at", "id"),
        Index("ix_customers_updated_at", "updated_at", "id"),
        # few sites look for those who are alike, and not all customers have a company
        Index(
            "ix_customers_block",
            "block",
            "id",
            postgresql_where=_IN_A_BLOCK,
            sqlite_where=_IN_A_BLOCK,
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    number: str | None = Field(default=None, sa_type=NUMBER_TEXT)  # the main one; None: has none
    name: str = Field(default="", sa_type=FREE_TEXT)
    company: str | None = Field(default=None, sa_type=FREE_TEXT)
    external_ref: str = Field(default="", sa_type=FREE_TEXT)
    created_at: datetime = Field(sa_type=UTC_TIME)
    updated_at: datetime = Field(sa_type=UTC_TIME)
    version: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})
    stage: str | None = Field(default=None, sa_type=TOKEN_TEXT)  # of the pipeline
    stage_at: datetime | None = Field(default=None, sa_type=UTC_TIME)
    owner: str | None = Field(default=None, sa_type=TOKEN_TEXT)  # None: in the pool
    owned_at: datetime | None = Field(default=None, sa_type=UTC_TIME)
    intent: str | None = Field(default=None, sa_type=TOKEN_TEXT)  # as the last call told it
    last_follow_up_at: datetime | None = Field(default=None, sa_type=UTC_TIME)
    idle_since: datetime = Field(sa_type=UTC_TIME)  # nobody has seen to the customer since
    next_action_at: datetime | None = Field(default=None, sa_type=UTC_TIME)  # the first open one
    fields: dict[str, Any] | None = Field(default=None, sa_type=JSON_DATA)
    last_attempt_at: datetime | None = Field(default=None, sa_type=UTC_TIME)
    last_contact_at: datetime | None = Field(default=None, sa_type=UTC_TIME)
    last_outcome: str = Field(default="", sa_type=WORD)
    last_disposition: str = Field(default="", sa_type=TOKEN_TEXT)
    contacts: int = 0  # conversations with an agent
    do_not_call: bool = False
    block: str | None = Field(default=None, sa_type=WORD)  # who may be the same by name and company


class Lead(Row, table=True):
    """A number to be called from a list, and how far that has got."""

    __tablename__ = "leads"
    __table_args__ = (
        UniqueConstraint("list_name", "number"),
        ForeignKeyConstraint(["customer_id"], ["customers.id"]),
        Index(
            "ix_leads_by_priority",
            "list_name",
            "rank",
            "next_at",
            "id",
            postgresql_where=_READY,
            sqlite_where=_READY,
        ),
        Index("ix_leads_by_age", "list_name", "id", postgresql_where=_READY, sqlite_where=_READY),
        Index(
            "ix_leads_by_zones",
            "list_name",
            "zones",
            "next_at",
            postgresql_where=_READY,
            sqlite_where=_READY,
        ),
        Index(
            "ix_leads_by_time",
            "list_name",
            "next_at",
            "id",
            postgresql_where=_READY,
            sqlite_where=_READY,
        ),
        Index(
            "ix_leads_by_score",
            "list_name",
            "score_rank",
            "next_at",
            "id",
            postgresql_where=_READY,
            sqlite_where=_READY,
        ),
        # few: those who have been promised a call
        Index(
            "ix_leads_called_back",
            "list_name",
            "callback_at",
            "id",
            postgresql_where=_CALLED_BACK,
            sqlite_where=_CALLED_BACK,
        ),
        Index("ix_leads_number", "number"),
        Index("ix_leads_customer_id", "customer_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    list_name: str = Field(sa_type=TOKEN_TEXT)
    customer_id: UUID
    number: str = Field(sa_type=NUMBER_TEXT)  # E.164
    name: str = Field(default="", sa_type=FREE_TEXT)
    rank: int = 0  # minus the priority, because indexes ascend: the lower, the sooner
    score_rank: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})  # likewise
    segment: str = Field(default="", sa_type=TOKEN_TEXT)
    skills: list[str] = Field(default_factory=list, sa_type=JSON_DATA)
    zones: str = Field(default="", sa_type=ZONES)  # IANA names, sorted, with commas between
    external_ref: str = Field(default="", sa_type=FREE_TEXT)
    fields: dict[str, str] = Field(default_factory=dict, sa_type=JSON_DATA)
    state: str = Field(default=LeadState.READY, sa_type=WORD)
    next_at: datetime = Field(sa_type=UTC_TIME)
    callback_at: datetime | None = Field(default=None, sa_type=UTC_TIME)  # `next_at` as they asked
    tries: dict[str, int] = Field(default_factory=dict, sa_type=JSON_DATA)  # by outcome
    attempts_total: int = 0
    last_attempt_id: UUID | None = None
    last_attempt_at: datetime | None = Field(default=None, sa_type=UTC_TIME)
    last_outcome: str = Field(default="", sa_type=WORD)
    last_disposition: str = Field(default="", sa_type=TOKEN_TEXT)
    created_at: datetime = Field(sa_type=UTC_TIME)


CUSTOMERS = table_of(Customer)
LEADS = table_of(Lead)
