"""Databases of PostgreSQL, for tests that partition them themselves."""

from collections.abc import Iterator

import psycopg
import pytest

from lab.postgres import Postgres
from storage.engine import Store, open_store
from storage.migrate import create_or_upgrade


@pytest.fixture(scope="session")
def template(postgres: Postgres) -> str:
    """The name of a database with all tables, which nobody is connected to."""
    url = postgres.fresh()
    store = open_store(url)
    create_or_upgrade(store)
    store.close()
    return url.rpartition("/")[2]


@pytest.fixture
def plain(postgres: Postgres, template: str) -> Iterator[Store]:
    """All tables, no rows, no partitions."""
    name = f"{template}_copy"
    server = postgres.url("postgres").replace("+psycopg", "", 1)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
    store = open_store(postgres.url(name))
    yield store
    store.close()
    postgres.drop(name)
