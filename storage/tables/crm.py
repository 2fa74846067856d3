"""What a site says of its customers: stages, custom fields, tags."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String, UniqueConstraint
from sqlmodel import Field

from storage.columns import BIG, FREE_TEXT, JSON_DATA, TOKEN_TEXT, UTC_TIME, WORD, Row, table_of
from storage.ids import new_id

TAG_PATH = String(255)
FOUND_BY = String(190)


class StageRow(Row, table=True):
    """A stage of the pipeline. One that is taken out of the file stays, with `removed_at`."""

    __tablename__ = "stages"

    name: str = Field(primary_key=True, sa_type=TOKEN_TEXT)
    label: str = Field(default="", sa_type=FREE_TEXT)
    position: int
    closed: bool = False  # nothing more is to be done there: won, lost
    removed_at: datetime | None = Field(default=None, sa_type=UTC_TIME)


class CustomFieldRow(Row, table=True):
    """A field of the site's own. One that is taken out of the file stays, and so do its values."""

    __tablename__ = "custom_fields"

    name: str = Field(primary_key=True, sa_type=TOKEN_TEXT)
    label: str = Field(default="", sa_type=FREE_TEXT)
    type: str = Field(sa_type=WORD)
    choices: list[str] = Field(default_factory=list, sa_type=JSON_DATA)
    indexed: bool = False
    removed_at: datetime | None = Field(default=None, sa_type=UTC_TIME)


class FieldValue(Row, table=True):
    """An indexed field of a customer, to be found by; the value itself is the customer's.

    `text`: its beginning, without case. `number`: in millionths; yes and no are 1 and 0.
    """

    __tablename__ = "field_values"
    __table_args__ = (
        Index("ix_field_values_text", "field", "text", "customer_id"),
        Index("ix_field_values_number", "field", "number", "customer_id"),
        Index("ix_field_values_at", "field", "at", "customer_id"),
    )

    customer_id: UUID = Field(primary_key=True)
    field: str = Field(primary_key=True, sa_type=TOKEN_TEXT)
    text: str | None = Field(default=None, sa_type=FOUND_BY)
    number: int | None = Field(default=None, sa_type=BIG)
    at: datetime | None = Field(default=None, sa_type=UTC_TIME)


class TagRow(Row, table=True):
    """A tag in its tree. `path`: the names from the root, with slashes between."""

    __tablename__ = "tags"
    __table_args__ = (UniqueConstraint("path"), Index("ix_tags_parent_id", "parent_id"))

    id: UUID = Field(default_factory=new_id, primary_key=True)
    parent_id: UUID | None = None
    path: str = Field(sa_type=TAG_PATH)
    created_at: datetime = Field(sa_type=UTC_TIME)


class CustomerTag(Row, table=True):
    """A customer has a tag: who says so, and since when."""

    __tablename__ = "customer_tags"
    __table_args__ = (Index("ix_customer_tags_tag_id", "tag_id", "customer_id"),)

    customer_id: UUID = Field(primary_key=True)
    tag_id: UUID = Field(primary_key=True)
    source: str = Field(sa_type=TOKEN_TEXT)
    at: datetime = Field(sa_type=UTC_TIME)


STAGES = table_of(StageRow)
CUSTOM_FIELDS = table_of(CustomFieldRow)
FIELD_VALUES = table_of(FieldValue)
TAGS = table_of(TagRow)
CUSTOMER_TAGS = table_of(CustomerTag)
