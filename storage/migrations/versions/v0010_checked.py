"""What the invariants are checked by: when the database took a line, and what the law then was."""

import sqlalchemy as sa
from alembic import op

from storage.columns import UTC_TIME

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# None of them has a default: nobody knows it of the rows that are there already.
COLUMNS = (
    ("attempts", "stored_at", UTC_TIME),
    ("attempts", "open_until", UTC_TIME),
    ("attempts", "period", sa.String(24)),
    ("attempt_events", "stored_at", UTC_TIME),
    ("do_not_call", "stored_at", UTC_TIME),
)


def upgrade() -> None:
    for table, name, kind in COLUMNS:
        op.add_column(table, sa.Column(name, kind))


def downgrade() -> None:
    for table, name, _ in reversed(COLUMNS):
        op.drop_column(table, name)
