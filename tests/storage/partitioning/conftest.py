"""Databases of PostgreSQL, for tests that partition them themselves."""

from collections.abc import Iterator

import pytest

from storage.engine import Store, open_store
from storage.migrate import create_or_upgrade


@pytest.fixture
def plain(postgres_url: str) -> Iterator[Store]:
    """All tables, no rows, no partitions."""
    store = open_store(postgres_url)
    create_or_upgrade(store)
    yield store
    store.close()
