"""What the REST API answers, as models: for its OpenAPI document, and for tests to hold it to."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from web.api.forms import Came

ID = "0192f3c4-8c1e-7bb2-9a55-5c3c5b8f9d01"


class Answer(BaseModel):
    """Closed, so that what is answered and not described here fails the tests."""

    model_config = ConfigDict(extra="forbid")


class Problem(Answer):
    detail: str = Field(
        description="what is wrong, in a sentence", examples=["stage: expected one of new, won"]
    )


class SyncedRow(Answer):
    position: int = Field(description="of the row sent, from 0", examples=[0])
    external_id: str = Field(examples=["C-1"])
    came: Came = Field(examples=["created"])
    customer_id: UUID | None = Field(examples=[ID])
    why: str = Field(
        default="",
        description="of a refused row",
        examples=["numbers[0]: it is too short for its country"],
    )


class SyncAnswer(Answer):
    created: int = Field(examples=[1])
    updated: int = Field(examples=[0])
    unchanged: int = Field(examples=[0])
    refused: int = Field(examples=[0])
    rows: list[SyncedRow]


class RefusedRow(Answer):
    external_id: str = Field(examples=["C-1"])
    why: str = Field(examples=["stage: expected one of new, won"])


class ChangedThereAnswer(Answer):
    created: int = Field(examples=[0])
    updated: int = Field(examples=[1])
    unchanged: int = Field(examples=[0])
    refused: int = Field(examples=[0])
    why: list[RefusedRow] = Field(description="of the refused ones, the first twenty")


class NumberAnswer(Answer):
    number: str = Field(examples=["+8613912345678"])
    line_type: str = Field(examples=["mobile"])
    region: str = Field(examples=["CN"])
    carrier: str = Field(examples=["China Mobile"])
    zones: list[str] = Field(examples=[["Asia/Shanghai"]])
    verdict: str = Field(examples=["unknown"])
    why: str = Field(examples=[""])
    score: int | None = Field(examples=[None])
    checked_at: datetime | None


class TagAnswer(Answer):
    path: str = Field(examples=["制造业/设备采购/预算已确认"])
    source: str = Field(examples=["crm"])
    at: datetime


class CustomerAnswer(Answer):
    """One customer. Of a list with `fields`, those alone are there."""

    id: UUID = Field(default=..., examples=[ID])
    name: str = Field(default="", examples=["王小明"])
    company: str | None = None
    number: str | None = Field(default=None, examples=["+8613912345678"])
    stage: str | None = Field(default=None, examples=["high-intent"])
    stage_at: datetime | None = None
    owner: str | None = Field(default=None, examples=["ann"])
    owned_at: datetime | None = None
    intent: str | None = Field(default=None, examples=["A"])
    last_follow_up_at: datetime | None = None
    idle_since: datetime | None = None
    next_action_at: datetime | None = None
    do_not_call: bool = False
    fields: dict[str, Any] = Field(default_factory=dict, examples=[{"budget": 120000}])
    last_attempt_at: datetime | None = None
    last_contact_at: datetime | None = None
    last_outcome: str = ""
    last_disposition: str = Field(default="", examples=["sale"])
    contacts: int = 0
    created_at: datetime | None = None
    updated_at: datetime | None = None
    version: int = 1
    external_ids: dict[str, str] = Field(default_factory=dict, examples=[{"crm": "C-1"}])
    numbers: list[NumberAnswer] = []
    emails: list[str] = Field(default=[], examples=[["wang@example.com"]])
    tags: list[TagAnswer] = []


class ListAnswer(Answer):
    customers: list[CustomerAnswer]
    after: str | None = Field(description="ask for the next page with it; null: this is the last")


class TimelineEntry(Answer):
    at: datetime
    id: UUID
    kind: str = Field(examples=["call"])
    facts: dict[str, Any] = Field(
        examples=[{"campaign": "spring", "outcome": "connected", "disposition": "sale"}]
    )


class TimelineAnswer(Answer):
    entries: list[TimelineEntry]
    after: str | None = Field(description="ask for what was before with it; null: that was all")


class FollowUpAnswer(Answer):
    id: UUID = Field(examples=[ID])
    customer_id: UUID
    owner: str | None = Field(examples=["ann"])
    kind: str = Field(examples=["visit"])
    due_at: datetime
    remind_at: datetime | None = Field(description="null: it has come, or none is wanted")
    reminded_at: datetime | None = Field(description="when its owner was told that it is time")
    note: str = Field(examples=["上门演示"])
    created_at: datetime
    created_by: str = Field(examples=["api:crm"])
    done_at: datetime | None
    done_by: str
    result: str


class FollowUpsAnswer(Answer):
    follow_ups: list[FollowUpAnswer]


class ChangedAnswer(Answer):
    changed: bool = Field(description="false: it was known already")


class CountAnswer(Answer):
    new: int = Field(description="how many were not known yet", examples=[1])


class MadeAnswer(Answer):
    id: UUID = Field(examples=[ID])


class TagsAnswer(Answer):
    tags: list[TagAnswer]
