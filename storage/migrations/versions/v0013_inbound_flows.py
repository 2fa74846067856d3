"""What callers ask for in the flow of their line."""

import sqlalchemy as sa
from alembic import op

from storage.columns import UTC_TIME

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TABLE = "inbound_calls"
# None of them has a default: a call of before has been in no flow.
COLUMNS = ("asked_at", "opted_out_at", "callback_at")


def upgrade() -> None:
    for name in COLUMNS:
        op.add_column(TABLE, sa.Column(name, UTC_TIME))


def downgrade() -> None:
    for name in reversed(COLUMNS):
        op.drop_column(TABLE, name)
