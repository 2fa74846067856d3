"""What changed of customers, for rules and adapters to act on; and requests already answered."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, SmallInteger, text
from sqlmodel import Field

from storage.columns import (
    FREE_TEXT,
    JSON_DATA,
    KEY,
    SERIAL,
    TOKEN_TEXT,
    UTC_TIME,
    Row,
    table_of,
)

_UNHEEDED = text("heeded_at IS NULL")


class CustomerChange(Row, table=True):
    """One thing that changed, written in the transaction of the change.

    `seq` ascends for each customer as its changes came. `origin`: the source it came from, so
    that it need not be told there. `depth`: how many rules had to act, one upon another, for it.
    `came_of_it`: why no rule could act on it, or has not yet; empty where there is nothing to say.
    """

    __tablename__ = "customer_changes"
    __table_args__ = (
        Index("ix_customer_changes_customer_id", "customer_id", "seq"),
        Index(
            "ix_customer_changes_due",
            "next_at",
            "seq",
            postgresql_where=_UNHEEDED,
            sqlite_where=_UNHEEDED,
        ),
    )

    seq: int | None = Field(default=None, primary_key=True, sa_type=SERIAL)
    customer_id: UUID
    at: datetime = Field(sa_type=UTC_TIME)
    what: str = Field(sa_type=KEY)  # created, stage, tag, field.budget, ...
    old: Any = Field(default=None, sa_type=JSON_DATA, nullable=True)
    new: Any = Field(default=None, sa_type=JSON_DATA, nullable=True)
    who: str = Field(sa_type=KEY)
    origin: str = Field(sa_type=TOKEN_TEXT)
    depth: int = Field(default=0, sa_type=SmallInteger)
    tries: int = 0
    next_at: datetime = Field(sa_type=UTC_TIME)  # by the database's clock, as `heeded_at`
    heeded_at: datetime | None = Field(default=None, sa_type=UTC_TIME)
    came_of_it: str = Field(
        default="", sa_type=FREE_TEXT, sa_column_kwargs={"server_default": text("''")}
    )


class ApiRequest(Row, table=True):
    """A request that was answered under an idempotency key, with its answer."""

    __tablename__ = "api_requests"
    __table_args__ = (Index("ix_api_requests_at", "at"),)

    caller: str = Field(primary_key=True, sa_type=TOKEN_TEXT)
    key: str = Field(primary_key=True, sa_type=KEY)
    digest: str = Field(sa_type=TOKEN_TEXT)  # SHA-256 of what was asked
    answer: dict[str, Any] = Field(sa_type=JSON_DATA)
    at: datetime = Field(sa_type=UTC_TIME)


CUSTOMER_CHANGES = table_of(CustomerChange)
API_REQUESTS = table_of(ApiRequest)
