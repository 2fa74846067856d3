"""Each receiver of results has its own state of each message; how far CRMs have been pulled."""

import sqlalchemy as sa
from alembic import op

from storage.columns import BIG, FREE_TEXT, KEY, TOKEN_TEXT, UTC_TIME, WORD

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

OPEN = sa.text("dead_at IS NULL")
UNSPREAD = sa.text("spread_at IS NULL AND delivered_at IS NULL AND dead_at IS NULL")


def upgrade() -> None:
    op.add_column("outbox", sa.Column("spread_at", UTC_TIME))
    op.create_index(
        "ix_outbox_unspread",
        "outbox",
        ["created_at", "id"],
        postgresql_where=UNSPREAD,
        sqlite_where=UNSPREAD,
    )
    _deliveries()
    _receivers()
    _pulls()


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("receiver", TOKEN_TEXT, nullable=False),
        sa.Column("subject", KEY, nullable=False),
        sa.Column("written_at", UTC_TIME, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", UTC_TIME, nullable=False),
        sa.Column("held_until", UTC_TIME),
        sa.Column("dead_at", UTC_TIME),
        sa.Column("last_error", FREE_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("message_id", "receiver", name="pk_deliveries"),
    )
    op.create_index(
        "ix_deliveries_due",
        "deliveries",
        ["receiver", "next_at"],
        postgresql_where=OPEN,
        sqlite_where=OPEN,
    )
    order = ["receiver", "subject", "written_at", "message_id"]
    op.create_index("ix_deliveries_order", "deliveries", order)
    op.create_index("ix_deliveries_dead_at", "deliveries", ["dead_at"])


def _receivers() -> None:
    op.create_table(
        "receivers",
        sa.Column("name", TOKEN_TEXT, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("fails", sa.Integer(), nullable=False),
        sa.Column("until", UTC_TIME),
        sa.Column("arrived", BIG, nullable=False),
        sa.Column("arrived_at", UTC_TIME),
        sa.Column("last_error", FREE_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_receivers"),
    )


def _pulls() -> None:
    op.create_table(
        "pulls",
        sa.Column("source", TOKEN_TEXT, nullable=False),
        sa.Column("mark_at", KEY, nullable=False),
        sa.Column("mark_id", KEY, nullable=False),
        sa.Column("marked_at", UTC_TIME),
        sa.Column("next_at", UTC_TIME, nullable=False),
        sa.Column("held_until", UTC_TIME),
        sa.Column("pulled_at", UTC_TIME),
        sa.Column("rows", BIG, nullable=False),
        sa.Column("fails", sa.Integer(), nullable=False),
        sa.Column("last_error", FREE_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("source", name="pk_pulls"),
    )


def downgrade() -> None:
    op.execute("UPDATE outbox SET attempts = 0 WHERE delivered_at IS NULL AND dead_at IS NULL")
    for table in ("pulls", "receivers", "deliveries"):
        op.drop_table(table)
    op.drop_index("ix_outbox_unspread", "outbox")
    op.drop_column("outbox", "spread_at")
