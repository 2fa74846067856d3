"""Databases of PostgreSQL, for tests that partition them themselves."""

from collections.abc import Iterator

import pytest

from storage.engine import Store, open_store


@pytest.fixture
def plain(set_up_url: str) -> Iterator[Store]:
    """All tables, no rows, no partitions."""
    store = open_store(set_up_url)
    yield store
    store.close()
