"""What happens with customers besides calls. (Calls are the attempts, and inbound calls.)

What happened is only ever added, under time-ordered ids; `who` says who told it, as `kind:name`:
`api:crm`, `agent:ann`, `rule:hot`, `cli`.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from storage.columns import (
    BIG,
    FREE_TEXT,
    JSON_DATA,
    KEY,
    TOKEN_TEXT,
    UTC_TIME,
    WORD,
    Row,
    table_of,
)
from storage.ids import new_id

_OPEN = text("done_at IS NULL")


class TouchKind(StrEnum):
    PURCHASE = "purchase"
    VISIT = "visit"  # of a shop, a page, or us to them
    FORM = "form"
    MESSAGE = "message"
    NOTE = "note"


class Touch(Row, table=True):
    """A touch point: a purchase, a visit, a note. `amount`: in millionths of `currency`.

    `source_key`: what the source calls it, by which one that comes again is known.
    """

    __tablename__ = "touches"
    __table_args__ = (
        UniqueConstraint("source", "source_key"),
        Index("ix_touches_customer_id_at", "customer_id", "at", "id"),
        Index("ix_touches_kind_item", "kind", "item", "at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    customer_id: UUID
    at: datetime = Field(sa_type=UTC_TIME)
    kind: str = Field(sa_type=WORD)
    item: str = Field(default="", sa_type=KEY)  # what was bought or looked at
    text: str = Field(default="", sa_type=FREE_TEXT)
    amount: int | None = Field(default=None, sa_type=BIG)
    currency: str = Field(default="", sa_type=WORD)
    detail: dict[str, Any] | None = Field(default=None, sa_type=JSON_DATA)
    source: str = Field(sa_type=TOKEN_TEXT)
    source_key: str | None = Field(default=None, sa_type=KEY)
    who: str = Field(sa_type=KEY)


class StageChange(Row, table=True):
    """A customer has gone from one stage of the pipeline to another."""

    __tablename__ = "stage_changes"
    __table_args__ = (
        Index("ix_stage_changes_customer_id_at", "customer_id", "at", "id"),
        Index("ix_stage_changes_after_at", "after", "at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    customer_id: UUID
    at: datetime = Field(sa_type=UTC_TIME)
    before: str | None = Field(default=None, sa_type=TOKEN_TEXT)
    after: str | None = Field(default=None, sa_type=TOKEN_TEXT)
    why: str = Field(default="", sa_type=FREE_TEXT)
    who: str = Field(sa_type=KEY)


class FollowUp(Row, table=True):
    """Something to be done for a customer, by whom and when; open until it is done."""

    __tablename__ = "follow_ups"
    __table_args__ = (
        Index("ix_follow_ups_customer_id", "customer_id", "due_at"),
        Index(
            "ix_follow_ups_owner_due_at",
            "owner",
            "due_at",
            postgresql_where=_OPEN,
            sqlite_where=_OPEN,
        ),
        Index("ix_follow_ups_remind_at", "remind_at", postgresql_where=_OPEN, sqlite_where=_OPEN),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    customer_id: UUID
    owner: str | None = Field(default=None, sa_type=TOKEN_TEXT)
    kind: str = Field(sa_type=WORD)  # call, visit, message, ...
    due_at: datetime = Field(sa_type=UTC_TIME)
    remind_at: datetime | None = Field(default=None, sa_type=UTC_TIME)  # None: told, or not wanted
    reminded_at: datetime | None = Field(default=None, sa_type=UTC_TIME)
    note: str = Field(default="", sa_type=FREE_TEXT)
    created_at: datetime = Field(sa_type=UTC_TIME)
    created_by: str = Field(sa_type=KEY)
    done_at: datetime | None = Field(default=None, sa_type=UTC_TIME)
    done_by: str = Field(default="", sa_type=KEY)
    result: str = Field(default="", sa_type=FREE_TEXT)


class Consent(Row, table=True):
    """A customer has allowed something, or not any more: the last word about it counts."""

    __tablename__ = "consents"
    __table_args__ = (Index("ix_consents_customer_id", "customer_id", "channel", "purpose", "at"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    customer_id: UUID
    channel: str = Field(sa_type=WORD)  # call, sms, email, recording
    purpose: str = Field(sa_type=TOKEN_TEXT)
    given: bool
    at: datetime = Field(sa_type=UTC_TIME)
    expires_at: datetime | None = Field(default=None, sa_type=UTC_TIME)
    evidence: str = Field(default="", sa_type=FREE_TEXT)
    source: str = Field(sa_type=TOKEN_TEXT)
    who: str = Field(sa_type=KEY)


TOUCHES = table_of(Touch)
STAGE_CHANGES = table_of(StageChange)
FOLLOW_UPS = table_of(FollowUp)
CONSENTS = table_of(Consent)
