"""What pacing has learned of each campaign."""

import sqlalchemy as sa
from alembic import op

from storage.columns import JSON_DATA, UTC_TIME

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pacing_memories",
        sa.Column("campaign", sa.String(64), nullable=False),
        sa.Column("at", UTC_TIME, nullable=False),
        sa.Column("memory", JSON_DATA, nullable=False),
        sa.PrimaryKeyConstraint("campaign", name="pk_pacing_memories"),
    )


def downgrade() -> None:
    op.drop_table("pacing_memories")
