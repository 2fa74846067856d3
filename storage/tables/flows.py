"""What people do in flows. No foreign keys, as with attempts.

`attempt_id` is a call's: an attempt's id, or that of an inbound call, which no attempt has too.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String, UniqueConstraint
from sqlmodel import Field

from storage.columns import FREE_TEXT, SERIAL, TOKEN_TEXT, UTC_TIME, Row, table_of

PATH = String(200)  # what a connector lets across


class FlowAnswerRow(Row, table=True):
    """The answer of one call to one question: the last that was given."""

    __tablename__ = "flow_answers"
    __table_args__ = (Index("ix_flow_answers_campaign_at", "campaign", "at"),)

    attempt_id: UUID = Field(primary_key=True)
    question: str = Field(primary_key=True, sa_type=TOKEN_TEXT)
    campaign: str = Field(sa_type=TOKEN_TEXT)
    flow: str = Field(sa_type=TOKEN_TEXT)
    answer: str = Field(sa_type=TOKEN_TEXT)
    at: datetime = Field(sa_type=UTC_TIME)


class FlowStepRow(Row, table=True):
    """One step that a call has left, by which way. `pressed`: None where nothing was asked."""

    __tablename__ = "flow_steps"
    __table_args__ = (
        UniqueConstraint("attempt_id", "at", "flow", "step", "way"),
        Index("ix_flow_steps_campaign_at", "campaign", "at"),
    )

    seq: int | None = Field(default=None, primary_key=True, sa_type=SERIAL)
    attempt_id: UUID
    campaign: str = Field(sa_type=TOKEN_TEXT)
    at: datetime = Field(sa_type=UTC_TIME)
    flow: str = Field(sa_type=TOKEN_TEXT)
    step: str = Field(sa_type=TOKEN_TEXT)
    way: str = Field(sa_type=TOKEN_TEXT)
    pressed: str | None = Field(default=None, sa_type=FREE_TEXT)


class FlowRecordingRow(Row, table=True):
    """What a caller has said: its path below the PBX's recording folder, without extension."""

    __tablename__ = "flow_recordings"

    attempt_id: UUID = Field(primary_key=True)
    path: str = Field(primary_key=True, sa_type=PATH)
    campaign: str = Field(sa_type=TOKEN_TEXT)
    flow: str = Field(sa_type=TOKEN_TEXT)
    step: str = Field(sa_type=TOKEN_TEXT)
    at: datetime = Field(sa_type=UTC_TIME)


FLOW_ANSWERS = table_of(FlowAnswerRow)
FLOW_STEPS = table_of(FlowStepRow)
FLOW_RECORDINGS = table_of(FlowRecordingRow)
