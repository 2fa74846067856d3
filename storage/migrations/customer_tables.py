"""The tables that hang on customers, as revision 0014 makes them. No later revision uses this."""

import sqlalchemy as sa
from alembic import op

from storage.columns import FREE_TEXT, JSON_DATA, SERIAL, UTC_TIME

OPEN = sa.text("done_at IS NULL")
UNHEEDED = sa.text("heeded_at IS NULL")
TABLES = (
    "contact_points",
    "customer_refs",
    "stages",
    "custom_fields",
    "field_values",
    "tags",
    "customer_tags",
    "touches",
    "stage_changes",
    "follow_ups",
    "consents",
    "customer_changes",
    "api_requests",
)


def create_tables() -> None:
    _contact_points()
    _customer_refs()
    _stages()
    _custom_fields()
    _field_values()
    _tags()
    _customer_tags()
    _touches()
    _stage_changes()
    _follow_ups()
    _consents()
    _customer_changes()
    _api_requests()


def drop_tables() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _contact_points() -> None:
    op.create_table(
        "contact_points",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("value", sa.String(length=190), nullable=False),
        sa.Column("line_type", sa.String(length=24), nullable=False),
        sa.Column("region", sa.String(length=24), nullable=False),
        sa.Column("carrier", sa.String(length=64), nullable=False),
        sa.Column("zones", sa.String(length=760), nullable=False),
        sa.Column("score", sa.SmallInteger()),
        sa.Column("verdict", sa.String(length=24), nullable=False),
        sa.Column("why", sa.String(length=64), nullable=False),
        sa.Column("checked_at", UTC_TIME),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_contact_points"),
        sa.UniqueConstraint("kind", "value", name="uq_contact_points_kind_value"),
    )
    op.create_index("ix_contact_points_customer_id", "contact_points", ["customer_id"])
    op.create_index("ix_contact_points_verdict", "contact_points", ["verdict", "checked_at"])


def _customer_refs() -> None:
    op.create_table(
        "customer_refs",
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("external_id", sa.String(length=120), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.PrimaryKeyConstraint("source", "external_id", name="pk_customer_refs"),
    )
    op.create_index("ix_customer_refs_customer_id", "customer_refs", ["customer_id"])


def _stages() -> None:
    op.create_table(
        "stages",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("label", FREE_TEXT, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("removed_at", UTC_TIME),
        sa.PrimaryKeyConstraint("name", name="pk_stages"),
    )


def _custom_fields() -> None:
    op.create_table(
        "custom_fields",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("label", FREE_TEXT, nullable=False),
        sa.Column("type", sa.String(length=24), nullable=False),
        sa.Column("choices", JSON_DATA, nullable=False),
        sa.Column("indexed", sa.Boolean(), nullable=False),
        sa.Column("removed_at", UTC_TIME),
        sa.PrimaryKeyConstraint("name", name="pk_custom_fields"),
    )


def _field_values() -> None:
    op.create_table(
        "field_values",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.String(length=64), nullable=False),
        sa.Column("text", sa.String(length=190)),
        sa.Column("number", sa.BigInteger()),
        sa.Column("at", UTC_TIME),
        sa.PrimaryKeyConstraint("customer_id", "field", name="pk_field_values"),
    )
    op.create_index("ix_field_values_at", "field_values", ["field", "at", "customer_id"])
    op.create_index("ix_field_values_number", "field_values", ["field", "number", "customer_id"])
    op.create_index("ix_field_values_text", "field_values", ["field", "text", "customer_id"])


def _tags() -> None:
    op.create_table(
        "tags",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid()),
        sa.Column("path", sa.String(length=255), nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tags"),
        sa.UniqueConstraint("path", name="uq_tags_path"),
    )
    op.create_index("ix_tags_parent_id", "tags", ["parent_id"])


def _customer_tags() -> None:
    op.create_table(
        "customer_tags",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("tag_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("at", UTC_TIME, nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "tag_id", name="pk_customer_tags"),
    )
    op.create_index("ix_customer_tags_tag_id", "customer_tags", ["tag_id", "customer_id"])


def _touches() -> None:
    op.create_table(
        "touches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("at", UTC_TIME, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("item", sa.String(length=120), nullable=False),
        sa.Column("text", FREE_TEXT, nullable=False),
        sa.Column("amount", sa.BigInteger()),
        sa.Column("currency", sa.String(length=24), nullable=False),
        sa.Column("detail", JSON_DATA),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("source_key", sa.String(length=120)),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_touches"),
        sa.UniqueConstraint("source", "source_key", name="uq_touches_source_source_key"),
    )
    op.create_index("ix_touches_customer_id_at", "touches", ["customer_id", "at", "id"])
    op.create_index("ix_touches_kind_item", "touches", ["kind", "item", "at"])


def _stage_changes() -> None:
    op.create_table(
        "stage_changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("at", UTC_TIME, nullable=False),
        sa.Column("before", sa.String(length=64)),
        sa.Column("after", sa.String(length=64)),
        sa.Column("why", FREE_TEXT, nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stage_changes"),
    )
    op.create_index("ix_stage_changes_after_at", "stage_changes", ["after", "at"])
    op.create_index("ix_stage_changes_customer_id_at", "stage_changes", ["customer_id", "at", "id"])


def _follow_ups() -> None:
    op.create_table(
        "follow_ups",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.String(length=64)),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("due_at", UTC_TIME, nullable=False),
        sa.Column("remind_at", UTC_TIME),
        sa.Column("note", FREE_TEXT, nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("done_at", UTC_TIME),
        sa.Column("done_by", sa.String(length=120), nullable=False),
        sa.Column("result", FREE_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_follow_ups"),
    )
    op.create_index("ix_follow_ups_customer_id", "follow_ups", ["customer_id", "due_at"])
    op.create_index(
        "ix_follow_ups_owner_due_at",
        "follow_ups",
        ["owner", "due_at"],
        postgresql_where=OPEN,
        sqlite_where=OPEN,
    )
    op.create_index(
        "ix_follow_ups_remind_at",
        "follow_ups",
        ["remind_at"],
        postgresql_where=OPEN,
        sqlite_where=OPEN,
    )


def _consents() -> None:
    op.create_table(
        "consents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(length=24), nullable=False),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("at", UTC_TIME, nullable=False),
        sa.Column("expires_at", UTC_TIME),
        sa.Column("evidence", FREE_TEXT, nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_consents"),
    )
    op.create_index(
        "ix_consents_customer_id", "consents", ["customer_id", "channel", "purpose", "at"]
    )


def _customer_changes() -> None:
    op.create_table(
        "customer_changes",
        sa.Column("seq", SERIAL, nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("at", UTC_TIME, nullable=False),
        sa.Column("what", sa.String(length=120), nullable=False),
        sa.Column("old", JSON_DATA),
        sa.Column("new", JSON_DATA),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.Column("origin", sa.String(length=64), nullable=False),
        sa.Column("depth", sa.SmallInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", UTC_TIME, nullable=False),
        sa.Column("heeded_at", UTC_TIME),
        sa.PrimaryKeyConstraint("seq", name="pk_customer_changes"),
    )
    op.create_index("ix_customer_changes_customer_id", "customer_changes", ["customer_id", "seq"])
    op.create_index(
        "ix_customer_changes_due",
        "customer_changes",
        ["next_at", "seq"],
        postgresql_where=UNHEEDED,
        sqlite_where=UNHEEDED,
    )


def _api_requests() -> None:
    op.create_table(
        "api_requests",
        sa.Column("caller", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("answer", JSON_DATA, nullable=False),
        sa.Column("at", UTC_TIME, nullable=False),
        sa.PrimaryKeyConstraint("caller", "key", name="pk_api_requests"),
    )
    op.create_index("ix_api_requests_at", "api_requests", ["at"])
