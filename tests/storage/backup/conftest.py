"""A database with something in every table, keys, and an empty database to restore into."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, insert

from storage.backup import keys
from storage.backup.cells import kind_of
from storage.backup.keys import Identity, Recipient
from storage.engine import Store, open_store
from storage.ids import new_id
from storage.tables.all import TABLES
from storage.tables.people import CUSTOMERS, LEADS
from storage.tables.records import META

NASTY = "a\tb\\N\n\\.\r\v\b\f '\"; ü \u2028 中"
MOMENT = datetime(2026, 11, 20, 10, 0, 0, 120_000, UTC)
EACH_ONCE = pytest.mark.parametrize(
    ("store", "empty_url"),
    [
        ("sqlite", "postgresql"),
        ("postgresql", "sqlite"),
        pytest.param("sqlite", "sqlite", marks=pytest.mark.long),
        pytest.param("postgresql", "postgresql", marks=pytest.mark.long),
    ],
    indirect=True,
)
"""What depends on one of the two alone, and is much work: in the fast lane each of them once."""


def value(kind: str, name: str, n: int, length: int | None) -> Any:
    """The nth value of a column: some of them are hard to write down."""
    text = f"{name}-{n}" if length else f"{NASTY} {n}"
    of: dict[str, Callable[[], Any]] = {
        "uuid": new_id,
        "time": lambda: MOMENT + timedelta(microseconds=n % 3, seconds=n),
        "json": lambda: {"b": [n, 0.1, -0.0, 1e16, True, None], "a": NASTY, "aa": f"{n}"},
        "bool": lambda: bool(n % 2),
        "int": lambda: n,
        "text": lambda: text[:length],
    }
    return of[kind]()


def rows_of(table: Table, count: int, first: int = 1) -> list[dict[str, Any]]:
    """Rows that the database takes; every third has nothing where nothing is needed."""
    made = []
    for n in range(first, first + count):
        row = {}
        for column in table.columns:
            length = getattr(column.type, "length", None)
            full = value(kind_of(column.type), column.name, n, length)
            row[column.name] = None if column.nullable and n % 3 == 0 else full
        made.append(row)
    return made


@pytest.fixture
def fill_all(store: Store) -> Iterator[Callable[..., None]]:
    """Put `count` rows into every table, numbered from `first`."""

    def fill(count: int = 7, first: int = 1) -> None:
        with store.writing() as connection:
            for table in TABLES:
                rows = rows_of(table, count, first)
                if table is LEADS:
                    known = [row.id for row in connection.execute(CUSTOMERS.select())]
                    rows = [row | {"customer_id": known[0]} for row in rows]
                connection.execute(insert(table), rows)

    yield fill
    with store.writing() as connection:  # the one table that is not emptied for each test
        connection.execute(META.delete().where(META.c.key.startswith("key-")))


@pytest.fixture
def used(store: Store, fill_all: Callable[..., None]) -> Store:
    """A database with rows in every table."""
    fill_all()
    return store


@pytest.fixture
def target(empty_url: str) -> Iterator[Store]:
    """An empty database, of either kind."""
    store = open_store(empty_url)
    yield store
    store.close()


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A file with a key."""
    path = tmp_path / "backup.key"
    keys.make_key(path)
    return path


@pytest.fixture
def identities(key: Path) -> Sequence[Identity]:
    return keys.identities_in(key)


@pytest.fixture
def recipients(identities: Sequence[Identity]) -> list[Recipient]:
    return [identity.to_public() for identity in identities]
