"""Customers from all sides: contact points, tags, stages, touch points, follow-ups, changes."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.columns import FREE_TEXT, JSON_DATA, UTC_TIME
from storage.migrations.customer_tables import create_tables, drop_tables

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TOKEN = sa.String(64)
READY = sa.text("state = 'ready'")
OF_BEFORE = (
    "id, number, name, external_ref, created_at, last_attempt_at, last_contact_at, "
    "last_outcome, last_disposition, contacts, do_not_call"
)
# None of them has a default: nobody knows it of the customers that are there already.
UNKNOWN = (
    ("company", FREE_TEXT),
    ("stage", TOKEN),
    ("stage_at", UTC_TIME),
    ("owner", TOKEN),
    ("owned_at", UTC_TIME),
    ("intent", TOKEN),
    ("last_follow_up_at", UTC_TIME),
    ("next_action_at", UTC_TIME),
    ("fields", JSON_DATA),
)
SINCE_CREATION = ("updated_at", "idle_since")
INDEXES = (
    ("ix_customers_stage_idle_since", ["stage", "idle_since", "id"]),
    ("ix_customers_owner_next_action_at", ["owner", "next_action_at", "id"]),
    ("ix_customers_updated_at", ["updated_at", "id"]),
)


def upgrade() -> None:
    op.add_column("attempts", sa.Column("intent", TOKEN))
    if op.get_bind().dialect.name == "sqlite":
        _anew(_columns_now(), f"{OF_BEFORE}, {', '.join(SINCE_CREATION)}", OF_BEFORE + _CREATED)
    else:
        _widen()
    for name, columns in INDEXES:
        op.create_index(name, "customers", columns)
    op.create_index(
        "ix_leads_by_time",
        "leads",
        ["list_name", "next_at", "id"],
        postgresql_where=READY,
        sqlite_where=READY,
    )
    create_tables()
    # their number, which is all that is known of how they are reached
    op.execute(
        "INSERT INTO contact_points (id, customer_id, kind, value, line_type, region, carrier, "
        "zones, verdict, why, created_at) SELECT id, id, 'phone', number, '', '', '', '', "
        "'unknown', '', created_at FROM customers"
    )


def downgrade() -> None:
    """Who has no number could not be told from others: such customers go."""
    drop_tables()
    op.drop_index("ix_leads_by_time", "leads")
    for name, _ in INDEXES:
        op.drop_index(name, "customers")
    op.execute("DELETE FROM customers WHERE number IS NULL")
    if op.get_bind().dialect.name == "sqlite":
        _anew(_columns_before(), OF_BEFORE, OF_BEFORE)
    else:
        for name in ("version", *SINCE_CREATION, *(name for name, _ in UNKNOWN)):
            op.drop_column("customers", name)
        op.alter_column("customers", "number", existing_type=sa.String(16), nullable=False)
    op.drop_column("attempts", "intent")


_CREATED = ", created_at, created_at"


def _widen() -> None:
    op.alter_column("customers", "number", existing_type=sa.String(16), nullable=True)
    for name, kind in UNKNOWN:
        op.add_column("customers", sa.Column(name, kind))
    op.add_column("customers", _version())
    for name in SINCE_CREATION:
        op.add_column("customers", sa.Column(name, UTC_TIME))
        op.execute(f"UPDATE customers SET {name} = created_at")  # noqa: S608 - our own name
        op.alter_column("customers", name, existing_type=UTC_TIME, nullable=False)


def _anew(columns: list[sa.Column[Any]], names: str, values: str) -> None:
    """SQLite changes no column: the table is made anew. Leads refer to it, which is looked at once
    all is done; the rows are put in where the old ones were, so that it counts none as lacking."""
    op.execute("PRAGMA defer_foreign_keys = ON")
    keep = f"CREATE TEMPORARY TABLE customers_before AS SELECT {OF_BEFORE} FROM customers"  # noqa: S608
    op.execute(keep)
    op.drop_table("customers")
    op.create_table(
        "customers",
        *columns,
        sa.PrimaryKeyConstraint("id", name="pk_customers"),
        sa.UniqueConstraint("number", name="uq_customers_number"),
    )
    put = f"INSERT INTO customers ({names}) SELECT {values} FROM customers_before"  # noqa: S608
    op.execute(put)
    op.execute("DROP TABLE customers_before")


def _columns_before() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(16), nullable=False),
        *_always(),
    ]


def _columns_now() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(16)),
        *_always(),
        *(sa.Column(name, kind) for name, kind in UNKNOWN),
        *(sa.Column(name, UTC_TIME, nullable=False) for name in SINCE_CREATION),
        _version(),
    ]


def _always() -> list[sa.Column[Any]]:
    return [
        sa.Column("name", FREE_TEXT, nullable=False),
        sa.Column("external_ref", FREE_TEXT, nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("last_attempt_at", UTC_TIME),
        sa.Column("last_contact_at", UTC_TIME),
        sa.Column("last_outcome", sa.String(24), nullable=False),
        sa.Column("last_disposition", sa.String(64), nullable=False),
        sa.Column("contacts", sa.Integer(), nullable=False),
        sa.Column("do_not_call", sa.Boolean(), nullable=False),
    ]


def _version() -> sa.Column[Any]:
    return sa.Column("version", sa.Integer(), nullable=False, server_default=sa.text("1"))
