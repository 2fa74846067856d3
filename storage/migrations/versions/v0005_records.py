"""The outbox, the pacing decisions, and facts about the database itself."""

import sqlalchemy as sa
from alembic import op

from storage.columns import FREE_TEXT, JSON_DATA, SERIAL, UTC_TIME

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

UNSENT = sa.text("delivered_at IS NULL AND dead_at IS NULL")


def upgrade() -> None:
    _outbox()
    _pacing_decisions()
    op.create_table(
        "meta",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("value", FREE_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_meta"),
    )


def downgrade() -> None:
    op.drop_table("meta")
    op.drop_table("pacing_decisions")
    op.drop_table("outbox")


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("idempotency_key", sa.String(120), nullable=False),
        sa.Column("payload", JSON_DATA, nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", UTC_TIME, nullable=False),
        sa.Column("delivered_at", UTC_TIME),
        sa.Column("dead_at", UTC_TIME),
        sa.Column("last_error", FREE_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("idempotency_key", name="uq_outbox_idempotency_key"),
    )
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["next_at", "id"],
        postgresql_where=UNSENT,
        sqlite_where=UNSENT,
    )


def _pacing_decisions() -> None:
    op.create_table(
        "pacing_decisions",
        sa.Column("seq", SERIAL, nullable=False),
        sa.Column("campaign", sa.String(64), nullable=False),
        sa.Column("at", UTC_TIME, nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("why", FREE_TEXT, nullable=False),
        sa.Column("view", JSON_DATA, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_pacing_decisions"),
    )
    op.create_index("ix_pacing_decisions_campaign_at", "pacing_decisions", ["campaign", "at"])
