"""Agents who work wherever they are needed, and where they have been asked to go."""

import sqlalchemy as sa
from alembic import op

from storage.columns import UTC_TIME

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    no = sa.false()
    op.add_column("agents", sa.Column("shared", sa.Boolean(), nullable=False, server_default=no))
    op.add_column("agents", sa.Column("bound", sa.String(64)))
    op.add_column("agents", sa.Column("told_at", UTC_TIME))


def downgrade() -> None:
    for column in ("told_at", "bound", "shared"):
        op.drop_column("agents", column)
