"""Calls that come in."""

import sqlalchemy as sa
from alembic import op

from storage.columns import FREE_TEXT, UTC_TIME

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

OPEN = sa.text("ended_at IS NULL")
TABLE = "inbound_calls"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("campaign", sa.String(64), nullable=False),
        sa.Column("campaign_version", sa.Integer(), nullable=False),
        sa.Column("node", sa.String(64), nullable=False),
        sa.Column("line", sa.String(64), nullable=False),
        sa.Column("caller", sa.String(16), nullable=False),
        sa.Column("lead_id", sa.Uuid()),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("arrived_at", UTC_TIME, nullable=False),
        sa.Column("connected_at", UTC_TIME),
        sa.Column("ended_at", UTC_TIME),
        sa.Column("disposed_at", UTC_TIME),
        sa.Column("outcome", sa.String(24), nullable=False),
        sa.Column("disposition", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(24), nullable=False),
        sa.Column("cause", FREE_TEXT, nullable=False),
        sa.Column("agent", sa.String(64)),
        sa.Column("recording", FREE_TEXT),
        sa.Column("note", FREE_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_inbound_calls"),
    )
    op.create_index(
        "ix_inbound_calls_open", TABLE, ["campaign"], postgresql_where=OPEN, sqlite_where=OPEN
    )
    op.create_index("ix_inbound_calls_campaign_arrived_at", TABLE, ["campaign", "arrived_at"])
    op.create_index("ix_inbound_calls_caller", TABLE, ["caller"])


def downgrade() -> None:
    op.drop_table(TABLE)
