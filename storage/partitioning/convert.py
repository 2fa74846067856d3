"""A database whose calls are kept by month, and its customers by hash where that is asked for.

All of it in one transaction, or nothing. The rows that are there already stay where they are: their
table becomes the first partition, attached with a CHECK, so that PostgreSQL reads it once and
writes nothing. Customers have to be written anew, since a hash puts each row elsewhere.
"""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Uuid, column, select, table

from storage.dbtime import read_db_time
from storage.engine import Store
from storage.errors import Refused
from storage.invariants.views import create_views, drop_views
from storage.leases import has_lapsed
from storage.migrate import alone
from storage.partitioning import parts
from storage.partitioning.catalog import BY_MONTH, CUSTOMERS, Partition, hashed, is_partitioned
from storage.partitioning.months import month_of
from storage.partitioning.recast import hang, recast
from storage.partitioning.upkeep import make_ahead
from storage.partitions import CUSTOMERS_BY_NUMBER
from storage.tables.campaigns import LEASES

MOST = 256
ONLY_POSTGRESQL = (
    "Partitions are PostgreSQL's; this site's database is SQLite, which serves one machine and "
    "needs none. For a site that large set database_url to a PostgreSQL database"
)


@dataclass(frozen=True, slots=True)
class Layout:
    """How a database is to be, or is, partitioned. `customers`: in so many by hash; 0: not."""

    months: bool = True
    customers: int = 0


@dataclass(slots=True)
class Made:
    """What was done: tables that were not partitioned before, and partitions for months ahead."""

    tables: list[str] = field(default_factory=list)
    months: list[str] = field(default_factory=list)


def partition(store: Store, customers: int = 0) -> Made:
    """Bring the database into the form that is asked for; what has it already is left alone.

    Raises `Refused` on SQLite, while a campaign is dialled, and where customers are in another
    number of partitions; and any other `StorageError`. Nothing has changed then.
    """
    if store.is_sqlite:
        raise Refused(ONLY_POSTGRESQL)
    with store.writing() as connection:
        alone(connection)
        if lay_out_needed(connection, Layout(True, customers)):
            _require_quiet(connection)
        return lay_out(connection, Layout(True, customers))


def layout_of(connection: Connection) -> Layout:
    """How it is partitioned now."""
    months = all(is_partitioned(connection, name) for name in BY_MONTH)
    split = hashed(connection, CUSTOMERS) if is_partitioned(connection, CUSTOMERS) else 0
    return Layout(months, split)


def lay_out_needed(connection: Connection, to: Layout) -> bool:
    """Whether tables have to be made anew. Raises `Refused`."""
    now = layout_of(connection)
    if to.customers and now.customers and to.customers != now.customers:
        raise Refused(
            f"The customers are in {now.customers} partitions already; their number is chosen once"
        )
    return (to.months and not now.months) or (to.customers > 0 and not now.customers)


def lay_out(connection: Connection, to: Layout) -> Made:
    """The same as `partition` within a transaction in which nobody else is there."""
    made = Made()
    if lay_out_needed(connection, to):
        drop_views(connection)  # they would go on showing the tables of before
        parts.prepare(connection)
        now = read_db_time(connection)
        for name in BY_MONTH if to.months else ():
            if not is_partitioned(connection, name):
                _by_month(connection, name, now)
                made.tables.append(name)
        if to.customers and not is_partitioned(connection, CUSTOMERS):
            _by_hash(connection, to.customers)
            made.tables.append(CUSTOMERS)
        create_views(connection)
    if to.months:
        now = read_db_time(connection)
        made.months += [part for name in BY_MONTH for part in make_ahead(connection, name, now)]
    return made


def _require_quiet(connection: Connection) -> None:
    """Nobody dials, nor can begin to. Raises `Refused`."""
    connection.exec_driver_sql(f"LOCK TABLE {LEASES.name} IN SHARE MODE")
    query = select(LEASES.c.campaign).where(~has_lapsed()).order_by(LEASES.c.campaign)
    if dialled := connection.execute(query).scalars().all():
        raise Refused(
            f"Workers dial now: {', '.join(dialled)}. Stop 'dialplane up' and every 'dialplane "
            "worker' (campaigns may stay as they are), and do this again; nothing has changed"
        )


def _by_month(connection: Connection, name: str, now: datetime) -> None:
    key = BY_MONTH[name]
    connection.exec_driver_sql(f"LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE")
    old, hanging = recast(connection, name, f"RANGE ({key})")
    if name == parts.ATTEMPTS:
        connection.exec_driver_sql(f"ALTER TABLE {name} ADD CONSTRAINT pk_{name} PRIMARY KEY (id)")
    until = _until(connection, old, key, now)
    parts.make(connection, name, Partition(parts.rest_of(name), until, None), old)
    check = f"ck_{old}"
    connection.exec_driver_sql(
        f"ALTER TABLE {old} ADD CONSTRAINT {check} CHECK ({key} < '{until}')"
    )
    hang(connection, name, hanging)  # before the old rows come, whose indexes are there already
    parts.attach(connection, name, Partition(old, None, until))
    connection.exec_driver_sql(f"ALTER TABLE {old} DROP CONSTRAINT {check}")


def _until(connection: Connection, old: str, key: str, now: datetime) -> UUID:
    """Where the partition of the old rows ends: with this month, where it has rows of it."""
    this, identity = month_of(now), column(key, Uuid())
    some = select(identity).select_from(table(old)).where(identity >= this.first)
    there = connection.execute(some.where(identity < this.next.first).limit(1)).first()
    return this.first if there is None else this.next.first


def _by_hash(connection: Connection, count: int) -> None:
    """Its numbers are no longer unique by an index of its own: those of contact points are."""
    connection.exec_driver_sql(f"LOCK TABLE {CUSTOMERS}, leads IN ACCESS EXCLUSIVE MODE")
    old, hanging = recast(connection, CUSTOMERS, "HASH (id)")
    for n in range(count):
        connection.exec_driver_sql(
            f"CREATE TABLE {CUSTOMERS}_{n:03} PARTITION OF {CUSTOMERS} "
            f"FOR VALUES WITH (MODULUS {count}, REMAINDER {n})"
        )
    connection.exec_driver_sql(f"INSERT INTO {CUSTOMERS} SELECT * FROM {old}")  # noqa: S608
    connection.exec_driver_sql(f"DROP TABLE {old}")
    connection.exec_driver_sql(
        f"ALTER TABLE {CUSTOMERS} ADD CONSTRAINT pk_{CUSTOMERS} PRIMARY KEY (id)"
    )
    connection.exec_driver_sql(f"CREATE INDEX {CUSTOMERS_BY_NUMBER} ON {CUSTOMERS} (number)")
    hang(connection, CUSTOMERS, hanging)
    connection.exec_driver_sql(f"ANALYZE {CUSTOMERS}")
