"""A site of millions of customers, made by the database itself: as imports of years would leave it.

The tables are those of the migrations. What is slow of ten million rows is keeping their indexes
while they come; so indexes are taken away, and made again of what is there.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import Connection, Table, UniqueConstraint, text
from sqlalchemy.schema import AddConstraint, DropConstraint

from campaigns.crm.file import load
from storage.customers.definitions import apply
from storage.engine import Store
from storage.migrate import create_or_upgrade
from storage.tables.crm import CUSTOMER_TAGS, FIELD_VALUES
from storage.tables.people import CUSTOMERS, LEADS

LIST = "crowd"
TAGS = 50  # 城市/0 to 城市/49: one for each third customer
CRM = """\
stages:
  - {name: new, label: 新线索}
  - {name: potential, label: 潜在客户}
  - {name: high-intent, label: 高意向}
  - {name: won, label: 成交, closed: true}
intents: [A, B, C]
fields:
  - {name: budget, label: 预算, type: number, indexed: true}
"""
_AT_ONCE = 1_000_000
# Ids ascend with time, as ours do: the first 48 bits count milliseconds.
_ID = (
    "(lpad(to_hex(1700000000000 + n), 12, '0') || '7' || '{}' || substr(md5(n::text), 1, 18))::uuid"
)
_CUSTOMER, _LEAD = _ID.format("a"), _ID.format("b")
_NUMBER = "'+86139' || lpad(n::text, 8, '0')"
_SOME = "mod(hashint8(n + {}) & 2147483647, {})"  # evenly, and the same each time
_FILLS: tuple[tuple[Table, str], ...] = (
    (
        CUSTOMERS,
        f"""
        INSERT INTO customers (id, number, name, company, external_ref, created_at, updated_at,
            version, stage, stage_at, owner, idle_since, last_outcome, last_disposition, contacts,
            do_not_call, last_attempt_at, fields)
        SELECT {_CUSTOMER}, {_NUMBER}, '王' || n, '常州精密机械' || n / 10, '', now(), now(), 1,
            (ARRAY['new','new','new','new','new','new','potential','potential','potential',
                   'high-intent'])[1 + {_SOME.format(1, 10)}], now(),
            'agent-' || {_SOME.format(2, 200)}, now() - interval '1 hour' * {_SOME.format(3, 900)},
            '', '', 0, false,
            CASE WHEN {_SOME.format(4, 4)} = 0
                THEN now() - interval '1 hour' * {_SOME.format(5, 900)} END,
            json_build_object('budget', {_SOME.format(6, 100000)})
        FROM generate_series(CAST(:first AS bigint), :last) AS n
        """,  # noqa: S608 - of our own words alone
    ),
    (
        LEADS,
        f"""
        INSERT INTO leads (id, list_name, customer_id, number, name, rank, score_rank, segment,
            skills, zones, external_ref, fields, state, next_at, tries, attempts_total,
            last_outcome, last_disposition, created_at)
        SELECT {_LEAD}, '{LIST}', {_CUSTOMER}, {_NUMBER}, '王' || n, -{_SOME.format(7, 10)},
            -{_SOME.format(8, 1000)}, '', '[]', 'Asia/Shanghai', '', '{{}}',
            CASE WHEN {_SOME.format(9, 5)} = 0 THEN 'done' ELSE 'ready' END,
            now() - interval '1 minute' * ({_SOME.format(10, 43200)} - 4320), '{{}}',
            {_SOME.format(11, 3)}, '', '', now()
        FROM generate_series(CAST(:first AS bigint), :last) AS n
        """,  # noqa: S608 - of our own words alone
    ),
    (
        CUSTOMER_TAGS,
        f"""
        INSERT INTO customer_tags (customer_id, tag_id, source, at)
        SELECT {_CUSTOMER}, tags.id, 'crm', now()
        FROM generate_series(CAST(:first AS bigint), :last) AS n
        JOIN tags ON tags.path = '城市/' || {_SOME.format(12, 3 * TAGS)}
        """,  # noqa: S608 - of our own words alone
    ),
    (
        FIELD_VALUES,
        f"""
        INSERT INTO field_values (customer_id, field, number)
        SELECT {_CUSTOMER}, 'budget', 1000000::bigint * {_SOME.format(6, 100000)}
        FROM generate_series(CAST(:first AS bigint), :last) AS n
        """,  # noqa: S608 - of our own words alone
    ),
)


def crowd(store: Store, customers: int) -> Iterator[float]:
    """Fill a fresh PostgreSQL; yields what part of it is done. Each customer is a lead."""
    create_or_upgrade(store)
    apply(store, load(CRM), datetime.now(UTC))
    _make_tags(store)
    steps = len(_FILLS) * -(-customers // _AT_ONCE) + len(_FILLS)
    done = 0
    for table, statement in _FILLS:
        with _without_indexes(store, table):
            for first in range(1, customers + 1, _AT_ONCE):
                last = min(first + _AT_ONCE - 1, customers)
                with store.writing() as connection:
                    connection.execute(text(statement), {"first": first, "last": last})
                done += 1
                yield done / steps
        done += 1
        yield done / steps
    _settle(store)


def _make_tags(store: Store) -> None:
    paths = ["城市", *(f"城市/{n}" for n in range(TAGS))]
    insert = text(
        "INSERT INTO tags (id, path, created_at, parent_id) "
        "SELECT gen_random_uuid(), :path, now(), (SELECT id FROM tags WHERE path = '城市')"
    )
    with store.writing() as connection:
        for path in paths:
            connection.execute(insert, {"path": path})


@contextmanager
def _without_indexes(store: Store, table: Table) -> Iterator[None]:
    unique = [c for c in table.constraints if isinstance(c, UniqueConstraint)]
    with store.writing() as connection:
        for index in table.indexes:
            index.drop(connection)
        _each(connection, (DropConstraint(constraint) for constraint in unique))
    yield
    with store.writing() as connection:
        connection.execute(text("SET LOCAL maintenance_work_mem = '512MB'"))
        _each(connection, (AddConstraint(constraint) for constraint in unique))
        for index in table.indexes:
            index.create(connection)


def _each(connection: Connection, statements: Iterable[DropConstraint | AddConstraint]) -> None:
    for statement in statements:
        connection.execute(statement)


def _settle(store: Store) -> None:
    """As autovacuum would have done long ago."""
    raw = store.engine.execution_options(isolation_level="AUTOCOMMIT")
    with raw.connect() as connection:
        for table, _ in _FILLS:
            connection.execute(text(f"VACUUM ANALYZE {table.name}"))
        connection.execute(text("CHECKPOINT"))  # what was filled is on disk before it is measured
