"""When owners of follow-ups were told that it is time; when rules began to look for the idle."""

import sqlalchemy as sa
from alembic import op

from storage.columns import UTC_TIME

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("follow_ups", sa.Column("reminded_at", UTC_TIME))
    op.add_column("rules", sa.Column("swept_at", UTC_TIME))


def downgrade() -> None:
    op.drop_column("rules", "swept_at")
    op.drop_column("follow_ups", "reminded_at")
