"""Campaigns keep their flows, and what callers do in them is kept."""

import sqlalchemy as sa
from alembic import op

from storage.columns import FREE_TEXT, JSON_DATA, SERIAL, UTC_TIME

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

HEARD = sa.text("outcome = 'heard'")
# None of them has a default: a call of before has been in no flow.
COLUMNS = (
    ("campaign_versions", "flows", JSON_DATA),
    ("attempts", "asked_at", UTC_TIME),
    ("attempts", "opted_out_at", UTC_TIME),
    ("attempts", "callback_at", UTC_TIME),
)


def upgrade() -> None:
    for table, name, kind in COLUMNS:
        op.add_column(table, sa.Column(name, kind))
    op.create_index(
        "ix_attempts_heard",
        "attempts",
        ["campaign", "placed_at"],
        postgresql_where=HEARD,
        sqlite_where=HEARD,
    )
    _answers()
    _steps()
    _recordings()


def downgrade() -> None:
    for table in ("flow_recordings", "flow_steps", "flow_answers"):
        op.drop_table(table)
    op.drop_index("ix_attempts_heard", "attempts")
    for table, name, _ in reversed(COLUMNS):
        op.drop_column(table, name)


def _answers() -> None:
    op.create_table(
        "flow_answers",
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("question", sa.String(64), nullable=False),
        sa.Column("campaign", sa.String(64), nullable=False),
        sa.Column("flow", sa.String(64), nullable=False),
        sa.Column("answer", sa.String(64), nullable=False),
        sa.Column("at", UTC_TIME, nullable=False),
        sa.PrimaryKeyConstraint("attempt_id", "question", name="pk_flow_answers"),
    )
    op.create_index("ix_flow_answers_campaign_at", "flow_answers", ["campaign", "at"])


def _steps() -> None:
    op.create_table(
        "flow_steps",
        sa.Column("seq", SERIAL, nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("campaign", sa.String(64), nullable=False),
        sa.Column("at", UTC_TIME, nullable=False),
        sa.Column("flow", sa.String(64), nullable=False),
        sa.Column("step", sa.String(64), nullable=False),
        sa.Column("way", sa.String(64), nullable=False),
        sa.Column("pressed", FREE_TEXT),
        sa.PrimaryKeyConstraint("seq", name="pk_flow_steps"),
        sa.UniqueConstraint(
            *("attempt_id", "at", "flow", "step", "way"),
            name="uq_flow_steps_attempt_id_at_flow_step_way",
        ),
    )
    op.create_index("ix_flow_steps_campaign_at", "flow_steps", ["campaign", "at"])


def _recordings() -> None:
    op.create_table(
        "flow_recordings",
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("path", sa.String(200), nullable=False),
        sa.Column("campaign", sa.String(64), nullable=False),
        sa.Column("flow", sa.String(64), nullable=False),
        sa.Column("step", sa.String(64), nullable=False),
        sa.Column("at", UTC_TIME, nullable=False),
        sa.PrimaryKeyConstraint("attempt_id", "path", name="pk_flow_recordings"),
    )
