"""The attempts that the guard counts are found by an index of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

PICKED_UP = sa.text("(connected_at IS NOT NULL OR outcome = 'abandoned')")


def upgrade() -> None:
    op.create_index(
        "ix_attempts_picked_up",
        "attempts",
        ["campaign", "placed_at"],
        postgresql_where=PICKED_UP,
        sqlite_where=PICKED_UP,
    )


def downgrade() -> None:
    op.drop_index("ix_attempts_picked_up", "attempts")
