"""Partitions are tables that no model names; Alembic must not want to drop them."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, text


def is_ours(connection: Connection) -> Callable[[str | None, str, Any], bool]:
    """Alembic's `include_name`: everything but partitions."""
    partitions = _partitions(connection)

    def included(name: str | None, kind: str, _parents: Any) -> bool:
        return not (kind == "table" and name in partitions)

    return included


def _partitions(connection: Connection) -> set[str]:
    if connection.dialect.name != "postgresql":
        return set()
    rows = connection.execute(text("SELECT relname FROM pg_class WHERE relispartition"))
    return set(rows.scalars())
