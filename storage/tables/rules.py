"""What is done by itself when something changes of a customer: the rules, and what they did."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, SmallInteger, UniqueConstraint
from sqlmodel import Field

from storage.columns import (
    BIG,
    FREE_TEXT,
    JSON_DATA,
    KEY,
    LONG_TEXT,
    TOKEN_TEXT,
    UTC_TIME,
    Row,
    table_of,
)
from storage.ids import new_id


class RuleFile(Row, table=True):
    """A rules file as it was applied once; never changed afterwards."""

    __tablename__ = "rule_files"

    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    yaml: str = Field(sa_type=LONG_TEXT)
    spec: dict[str, Any] = Field(sa_type=JSON_DATA)
    digest: str = Field(sa_type=TOKEN_TEXT)  # SHA-256 of the spec: equal means nothing has changed
    applied_at: datetime = Field(sa_type=UTC_TIME)


class RuleRow(Row, table=True):
    """A rule of the newest file. One that is taken out of it stays, with `removed_at`.

    `since`: it acts on changes with a higher number. `turn`: how many owners it has named, where
    it names them in turn. `swept_to`, `swept_id`: how far those whom nobody follows up have been
    looked at, by their `idle_since` and id; None: not yet. `swept_at`: when that was begun.
    """

    __tablename__ = "rules"

    name: str = Field(primary_key=True, sa_type=TOKEN_TEXT)
    position: int
    spec: dict[str, Any] = Field(sa_type=JSON_DATA)
    is_on: bool = True
    since: int = Field(default=0, sa_type=BIG)
    acted: int = Field(default=0, sa_type=BIG)
    acted_at: datetime | None = Field(default=None, sa_type=UTC_TIME)
    last_error: str = Field(default="", sa_type=FREE_TEXT)
    error_at: datetime | None = Field(default=None, sa_type=UTC_TIME)
    turn: int = Field(default=0, sa_type=BIG)
    swept_to: datetime | None = Field(default=None, sa_type=UTC_TIME)
    swept_id: UUID | None = None
    swept_at: datetime | None = Field(default=None, sa_type=UTC_TIME)
    removed_at: datetime | None = Field(default=None, sa_type=UTC_TIME)


class RuleAct(Row, table=True):
    """A rule has acted for a customer, once for each occasion.

    `occasion`: the number of the first change, or `idle:` and since when nobody has followed up.
    """

    __tablename__ = "rule_acts"
    __table_args__ = (
        UniqueConstraint("rule", "customer_id", "occasion"),
        Index("ix_rule_acts_customer_id", "customer_id", "at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    rule: str = Field(sa_type=TOKEN_TEXT)
    customer_id: UUID
    occasion: str = Field(sa_type=KEY)
    depth: int = Field(default=0, sa_type=SmallInteger)
    at: datetime = Field(sa_type=UTC_TIME)
    did: str = Field(default="", sa_type=FREE_TEXT)  # each action and what came of it, in words


RULE_FILES = table_of(RuleFile)
RULES = table_of(RuleRow)
RULE_ACTS = table_of(RuleAct)
