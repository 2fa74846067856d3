"""Who may be the same by name and company; what others have said of numbers."""

import sqlalchemy as sa
from alembic import op

from storage.columns import UTC_TIME

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TABLE, COLUMN, INDEX = "customers", "block", "ix_customers_block"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column(COLUMN, sa.String(length=24)))
    told = sa.Column("told", sa.String(length=24), nullable=False, server_default=sa.text("''"))
    op.add_column("contact_points", told)
    op.add_column("contact_points", sa.Column("told_at", UTC_TIME))
    which = sa.text(f"{COLUMN} IS NOT NULL")
    op.create_index(INDEX, TABLE, [COLUMN, "id"], postgresql_where=which, sqlite_where=which)


def downgrade() -> None:
    op.drop_index(INDEX, TABLE)
    op.drop_column(TABLE, COLUMN)
    op.drop_column("contact_points", "told_at")
    op.drop_column("contact_points", "told")
