"""Customers, leads, and the numbers not to be called."""

import sqlalchemy as sa
from alembic import op

from storage.columns import FREE_TEXT, JSON_DATA, UTC_TIME

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

READY = sa.text("state = 'ready'")


def upgrade() -> None:
    _customers()
    _leads()
    _do_not_call()


def downgrade() -> None:
    op.drop_table("do_not_call")
    op.drop_table("leads")
    op.drop_table("customers")


def _customers() -> None:
    op.create_table(
        "customers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(16), nullable=False),
        sa.Column("name", FREE_TEXT, nullable=False),
        sa.Column("external_ref", FREE_TEXT, nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("last_attempt_at", UTC_TIME),
        sa.Column("last_contact_at", UTC_TIME),
        sa.Column("last_outcome", sa.String(24), nullable=False),
        sa.Column("last_disposition", sa.String(64), nullable=False),
        sa.Column("contacts", sa.Integer(), nullable=False),
        sa.Column("do_not_call", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_customers"),
        sa.UniqueConstraint("number", name="uq_customers_number"),
    )


def _leads() -> None:
    op.create_table(
        "leads",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("list_name", sa.String(64), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(16), nullable=False),
        sa.Column("name", FREE_TEXT, nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("segment", sa.String(64), nullable=False),
        sa.Column("skills", JSON_DATA, nullable=False),
        sa.Column("zones", sa.String(760), nullable=False),
        sa.Column("external_ref", FREE_TEXT, nullable=False),
        sa.Column("fields", JSON_DATA, nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("next_at", UTC_TIME, nullable=False),
        sa.Column("tries", JSON_DATA, nullable=False),
        sa.Column("attempts_total", sa.Integer(), nullable=False),
        sa.Column("last_attempt_id", sa.Uuid()),
        sa.Column("last_attempt_at", UTC_TIME),
        sa.Column("last_outcome", sa.String(24), nullable=False),
        sa.Column("last_disposition", sa.String(64), nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_leads"),
        sa.UniqueConstraint("list_name", "number", name="uq_leads_list_name_number"),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name="fk_leads_customer_id_customers"
        ),
    )
    _ready_index("ix_leads_by_priority", ["list_name", "rank", "next_at", "id"])
    _ready_index("ix_leads_by_age", ["list_name", "id"])
    _ready_index("ix_leads_by_zones", ["list_name", "zones", "next_at"])
    op.create_index("ix_leads_number", "leads", ["number"])
    op.create_index("ix_leads_customer_id", "leads", ["customer_id"])


def _ready_index(name: str, columns: list[str]) -> None:
    op.create_index(name, "leads", columns, postgresql_where=READY, sqlite_where=READY)


def _do_not_call() -> None:
    op.create_table(
        "do_not_call",
        sa.Column("number", sa.String(16), nullable=False),
        sa.Column("scope", sa.String(64), nullable=False),
        sa.Column("source", FREE_TEXT, nullable=False),
        sa.Column("added_at", UTC_TIME, nullable=False),
        sa.Column("expires_at", UTC_TIME),
        sa.PrimaryKeyConstraint("number", "scope", name="pk_do_not_call"),
    )
