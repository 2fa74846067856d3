"""What PBXs have posted to us, until it is dealt with and some time longer."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from storage.columns import FREE_TEXT, JSON_DATA, KEY, TOKEN_TEXT, UTC_TIME, WORD, Row, table_of
from storage.ids import new_id

_OPEN = text("done_at IS NULL")


class HookRow(Row, table=True):
    """`told_id`: the sender's own id, by which one that comes again is known."""

    __tablename__ = "hooks"
    __table_args__ = (
        UniqueConstraint("node", "told_id"),
        Index("ix_hooks_due", "next_at", postgresql_where=_OPEN, sqlite_where=_OPEN),
        Index("ix_hooks_done_at", "done_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    node: str = Field(sa_type=TOKEN_TEXT)
    told_id: str = Field(sa_type=KEY)
    kind: str = Field(sa_type=WORD)
    body: dict[str, Any] = Field(sa_type=JSON_DATA)
    received_at: datetime = Field(sa_type=UTC_TIME)  # by the database's clock, as all here
    tries: int = 0
    next_at: datetime = Field(sa_type=UTC_TIME)
    done_at: datetime | None = Field(default=None, sa_type=UTC_TIME)
    came_of_it: str = Field(default="", sa_type=FREE_TEXT)


HOOKS = table_of(HookRow)
