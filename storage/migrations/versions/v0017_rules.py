"""Rules: what is done by itself when something changes of a customer, and what came of it."""

import sqlalchemy as sa
from alembic import op

from storage.columns import FREE_TEXT, JSON_DATA, UTC_TIME

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "customer_changes",
        sa.Column("came_of_it", FREE_TEXT, nullable=False, server_default=sa.text("''")),
    )
    _files()
    _rules()
    _acts()


def downgrade() -> None:
    for table in ("rule_acts", "rules", "rule_files"):
        op.drop_table(table)
    op.drop_column("customer_changes", "came_of_it")


def _files() -> None:
    op.create_table(
        "rule_files",
        sa.Column("version", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("yaml", sa.Text(), nullable=False),
        sa.Column("spec", JSON_DATA, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("applied_at", UTC_TIME, nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_rule_files"),
    )


def _rules() -> None:
    op.create_table(
        "rules",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("spec", JSON_DATA, nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("acted", sa.BigInteger(), nullable=False),
        sa.Column("acted_at", UTC_TIME),
        sa.Column("last_error", FREE_TEXT, nullable=False),
        sa.Column("error_at", UTC_TIME),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("swept_to", UTC_TIME),
        sa.Column("swept_id", sa.Uuid()),
        sa.Column("removed_at", UTC_TIME),
        sa.PrimaryKeyConstraint("name", name="pk_rules"),
    )


def _acts() -> None:
    op.create_table(
        "rule_acts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("occasion", sa.String(length=120), nullable=False),
        sa.Column("depth", sa.SmallInteger(), nullable=False),
        sa.Column("at", UTC_TIME, nullable=False),
        sa.Column("did", FREE_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rule_acts"),
        sa.UniqueConstraint(
            "rule", "customer_id", "occasion", name="uq_rule_acts_rule_customer_id_occasion"
        ),
    )
    op.create_index("ix_rule_acts_customer_id", "rule_acts", ["customer_id", "at"])
