"""Customers that a source has no more; when each had changed as it was told of last."""

import sqlalchemy as sa
from alembic import op

from storage.columns import KEY, UTC_TIME

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

INDEX = "ix_customer_refs_gone"


def upgrade() -> None:
    op.add_column("customer_refs", sa.Column("gone_at", UTC_TIME))
    op.add_column("customer_refs", sa.Column("told_at", UTC_TIME))
    which = sa.text("gone_at IS NOT NULL")
    columns = ["source", "gone_at"]
    op.create_index(INDEX, "customer_refs", columns, postgresql_where=which, sqlite_where=which)
    asked = sa.Column("asked_id", KEY, nullable=False, server_default=sa.text("''"))
    op.add_column("pulls", asked)


def downgrade() -> None:
    op.drop_column("pulls", "asked_id")
    op.drop_index(INDEX, "customer_refs")
    op.drop_column("customer_refs", "told_at")
    op.drop_column("customer_refs", "gone_at")
