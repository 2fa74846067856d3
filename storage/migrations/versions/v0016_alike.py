"""Which customers may be the same by name and company."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TABLE, COLUMN, INDEX = "customers", "block", "ix_customers_block"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column(COLUMN, sa.String(length=24)))
    which = sa.text(f"{COLUMN} IS NOT NULL")
    op.create_index(INDEX, TABLE, [COLUMN, "id"], postgresql_where=which, sqlite_where=which)


def downgrade() -> None:
    op.drop_index(INDEX, TABLE)
    op.drop_column(TABLE, COLUMN)
