"""What PBXs post to us."""

import sqlalchemy as sa
from alembic import op

from storage.columns import FREE_TEXT, JSON_DATA, UTC_TIME

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

OPEN = sa.text("done_at IS NULL")
TABLE = "hooks"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("node", sa.String(64), nullable=False),
        sa.Column("told_id", sa.String(120), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("body", JSON_DATA, nullable=False),
        sa.Column("received_at", UTC_TIME, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", UTC_TIME, nullable=False),
        sa.Column("done_at", UTC_TIME),
        sa.Column("came_of_it", FREE_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_hooks"),
        sa.UniqueConstraint("node", "told_id", name="uq_hooks_node_told_id"),
    )
    op.create_index("ix_hooks_due", TABLE, ["next_at"], postgresql_where=OPEN, sqlite_where=OPEN)
    op.create_index("ix_hooks_done_at", TABLE, ["done_at"])


def downgrade() -> None:
    op.drop_table(TABLE)
