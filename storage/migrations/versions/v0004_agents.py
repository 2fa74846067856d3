"""Agents, their states, and the orders to running campaigns."""

import sqlalchemy as sa
from alembic import op

from storage.columns import FREE_TEXT, JSON_DATA, SERIAL, UTC_TIME

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

WAITING = sa.text("taken_at IS NULL")


def upgrade() -> None:
    _agents()
    _agent_states()
    _agent_orders()


def downgrade() -> None:
    op.drop_table("agent_orders")
    op.drop_table("agent_states")
    op.drop_table("agents")


def _agents() -> None:
    op.create_table(
        "agents",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("label", FREE_TEXT, nullable=False),
        sa.Column("phone", sa.String(64), nullable=False),
        sa.Column("node", sa.String(64), nullable=False),
        sa.Column("teams", JSON_DATA, nullable=False),
        sa.Column("skills", JSON_DATA, nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("campaign", sa.String(64)),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("reason", FREE_TEXT, nullable=False),
        sa.Column("since", UTC_TIME, nullable=False),
        sa.Column("leg_id", sa.Uuid()),
        sa.Column("attempt_id", sa.Uuid()),
        sa.PrimaryKeyConstraint("name", name="pk_agents"),
    )


def _agent_states() -> None:
    op.create_table(
        "agent_states",
        sa.Column("seq", SERIAL, nullable=False),
        sa.Column("agent", sa.String(64), nullable=False),
        sa.Column("campaign", sa.String(64), nullable=False),
        sa.Column("at", UTC_TIME, nullable=False),
        sa.Column("before", sa.String(24), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("reason", FREE_TEXT, nullable=False),
        sa.Column("attempt_id", sa.Uuid()),
        sa.PrimaryKeyConstraint("seq", name="pk_agent_states"),
    )
    op.create_index("ix_agent_states_campaign_at", "agent_states", ["campaign", "at"])
    op.create_index("ix_agent_states_agent_at", "agent_states", ["agent", "at"])


def _agent_orders() -> None:
    op.create_table(
        "agent_orders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("campaign", sa.String(64), nullable=False),
        sa.Column("agent", sa.String(64)),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("payload", JSON_DATA, nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("taken_at", UTC_TIME),
        sa.Column("refused", FREE_TEXT),
        sa.PrimaryKeyConstraint("id", name="pk_agent_orders"),
    )
    op.create_index(
        "ix_agent_orders_waiting",
        "agent_orders",
        ["campaign", "id"],
        postgresql_where=WAITING,
        sqlite_where=WAITING,
    )
