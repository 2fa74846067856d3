"""What further orders of leads go by: their scores, and who was promised a call."""

import sqlalchemy as sa
from alembic import op

from storage.columns import UTC_TIME

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TABLE = "leads"
READY = "state = 'ready'"
INDEXES = (
    ("ix_leads_by_score", ["list_name", "score_rank", "next_at", "id"], READY),
    (
        "ix_leads_called_back",
        ["list_name", "callback_at", "id"],
        f"{READY} AND callback_at IS NOT NULL",
    ),
)


def upgrade() -> None:
    score = sa.Column("score_rank", sa.Integer(), nullable=False, server_default=sa.text("0"))
    op.add_column(TABLE, score)
    op.add_column(TABLE, sa.Column("callback_at", UTC_TIME))
    for name, columns, which in INDEXES:
        these = sa.text(which)
        op.create_index(name, TABLE, columns, postgresql_where=these, sqlite_where=these)


def downgrade() -> None:
    for name, _, _ in INDEXES:
        op.drop_index(name, TABLE)
    op.drop_column(TABLE, "callback_at")
    op.drop_column(TABLE, "score_rank")
