"""Attempts, and their history, which may only be added to."""

import sqlalchemy as sa
from alembic import op

from storage.columns import FREE_TEXT, SERIAL, UTC_TIME

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

LIVE = sa.text("ended_at IS NULL")
FORBIDDEN = "the history of attempts may only be added to"
SQLITE_TRIGGER = """
CREATE TRIGGER attempt_events_{act} BEFORE {act} ON attempt_events
BEGIN SELECT RAISE(ABORT, '{text}'); END
"""
POSTGRESQL_FUNCTION = f"""
CREATE FUNCTION attempt_events_only_grow() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{FORBIDDEN}'; END $$
"""
POSTGRESQL_TRIGGER = """
CREATE TRIGGER attempt_events_only_grow BEFORE UPDATE OR DELETE ON attempt_events
FOR EACH ROW EXECUTE FUNCTION attempt_events_only_grow()
"""


def upgrade() -> None:
    _attempts()
    _attempt_events()
    _only_growing()


def downgrade() -> None:
    op.drop_table("attempt_events")
    op.drop_table("attempts")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION attempt_events_only_grow()")


def _attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("campaign", sa.String(64), nullable=False),
        sa.Column("campaign_version", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(16), nullable=False),
        sa.Column("node", sa.String(64), nullable=False),
        sa.Column("trunk", sa.String(64), nullable=False),
        sa.Column("caller_id", sa.String(16), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("placed_at", UTC_TIME, nullable=False),
        sa.Column("ringing_at", UTC_TIME),
        sa.Column("answered_at", UTC_TIME),
        sa.Column("classified_at", UTC_TIME),
        sa.Column("connected_at", UTC_TIME),
        sa.Column("ended_at", UTC_TIME),
        sa.Column("disposed_at", UTC_TIME),
        sa.Column("outcome", sa.String(24), nullable=False),
        sa.Column("disposition", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(24), nullable=False),
        sa.Column("cause", FREE_TEXT, nullable=False),
        sa.Column("party", sa.String(24), nullable=False),
        sa.Column("agent", sa.String(64)),
        sa.Column("recording", FREE_TEXT),
        sa.Column("note", FREE_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_attempts"),
    )
    _live_index("uq_attempts_live_number", "number", unique=True)
    _live_index("ix_attempts_live_campaign", "campaign", unique=False)
    op.create_index("ix_attempts_number_placed_at", "attempts", ["number", "placed_at"])
    op.create_index("ix_attempts_campaign_placed_at", "attempts", ["campaign", "placed_at"])
    op.create_index("ix_attempts_lead_id", "attempts", ["lead_id"])


def _live_index(name: str, column: str, unique: bool) -> None:
    op.create_index(
        name, "attempts", [column], unique=unique, postgresql_where=LIVE, sqlite_where=LIVE
    )


def _attempt_events() -> None:
    op.create_table(
        "attempt_events",
        sa.Column("seq", SERIAL, nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("at", UTC_TIME, nullable=False),
        sa.Column("what", sa.String(24), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("detail", FREE_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_attempt_events"),
    )
    op.create_index("ix_attempt_events_attempt_id", "attempt_events", ["attempt_id"])


def _only_growing() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(POSTGRESQL_FUNCTION)
        op.execute(POSTGRESQL_TRIGGER)
        return
    for act in ("UPDATE", "DELETE"):
        op.execute(SQLITE_TRIGGER.format(act=act, text=FORBIDDEN))
