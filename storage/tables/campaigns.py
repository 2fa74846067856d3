"""Campaigns with their versions, and who may run them."""

from datetime import datetime
from typing import Any

from sqlmodel import Field

from storage.columns import (
    BIG,
    FREE_TEXT,
    JSON_DATA,
    LONG_TEXT,
    TOKEN_TEXT,
    UTC_TIME,
    WORD,
    Row,
    table_of,
)


class CampaignRow(Row, table=True):
    """`wanted` is what people want of it, `actual` what its worker last said."""

    __tablename__ = "campaigns"

    name: str = Field(primary_key=True, sa_type=TOKEN_TEXT)
    version: int
    wanted: str = Field(sa_type=WORD)
    actual: str = Field(sa_type=WORD)
    why: str = Field(default="", sa_type=FREE_TEXT)
    created_at: datetime = Field(sa_type=UTC_TIME)
    updated_at: datetime = Field(sa_type=UTC_TIME)


class CampaignVersion(Row, table=True):
    """A campaign as it was applied once; never changed afterwards."""

    __tablename__ = "campaign_versions"

    campaign: str = Field(primary_key=True, sa_type=TOKEN_TEXT)
    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    yaml: str = Field(sa_type=LONG_TEXT)
    spec: dict[str, Any] = Field(sa_type=JSON_DATA)
    digest: str = Field(sa_type=TOKEN_TEXT)  # SHA-256 of the spec: equal means nothing has changed
    flows: dict[str, str] | None = Field(default=None, sa_type=JSON_DATA)  # texts, by name
    applied_at: datetime = Field(sa_type=UTC_TIME)


class LeaseRow(Row, table=True):
    """The right to run a campaign. Never deleted: the token may only ever rise."""

    __tablename__ = "leases"

    campaign: str = Field(primary_key=True, sa_type=TOKEN_TEXT)
    holder: str = Field(sa_type=FREE_TEXT)
    token: int = Field(sa_type=BIG)
    renewed_at: datetime = Field(sa_type=UTC_TIME)
    expires_at: datetime = Field(sa_type=UTC_TIME)


class PacingMemory(Row, table=True):
    """What pacing has learned of a campaign, as its last worker told it."""

    __tablename__ = "pacing_memories"

    campaign: str = Field(primary_key=True, sa_type=TOKEN_TEXT)
    at: datetime = Field(sa_type=UTC_TIME)
    memory: dict[str, Any] = Field(sa_type=JSON_DATA)


CAMPAIGNS = table_of(CampaignRow)
CAMPAIGN_VERSIONS = table_of(CampaignVersion)
LEASES = table_of(LeaseRow)
PACING_MEMORIES = table_of(PacingMemory)
