"""Campaigns, their versions, and the leases on them."""

import sqlalchemy as sa
from alembic import op

from storage.columns import FREE_TEXT, JSON_DATA, LONG_TEXT, UTC_TIME

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "campaigns",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("wanted", sa.String(24), nullable=False),
        sa.Column("actual", sa.String(24), nullable=False),
        sa.Column("why", FREE_TEXT, nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("updated_at", UTC_TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_campaigns"),
    )
    op.create_table(
        "campaign_versions",
        sa.Column("campaign", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("yaml", LONG_TEXT, nullable=False),
        sa.Column("spec", JSON_DATA, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("applied_at", UTC_TIME, nullable=False),
        sa.PrimaryKeyConstraint("campaign", "version", name="pk_campaign_versions"),
    )
    op.create_table(
        "leases",
        sa.Column("campaign", sa.String(64), nullable=False),
        sa.Column("holder", FREE_TEXT, nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("renewed_at", UTC_TIME, nullable=False),
        sa.Column("expires_at", UTC_TIME, nullable=False),
        sa.PrimaryKeyConstraint("campaign", name="pk_leases"),
    )


def downgrade() -> None:
    op.drop_table("leases")
    op.drop_table("campaign_versions")
    op.drop_table("campaigns")
