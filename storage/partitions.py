"""In what a database may differ from the models: partitions, and the notes of a backup.

Alembic must not drop the tables that no model names, nor make the unique indexes that a partitioned
table cannot have, since its key is not in them.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, text

from storage.partitioning.catalog import is_partitioned

CHANGES = "followed_changes"
"""What `storage.backup.journal` makes while a database is followed."""


CUSTOMERS_BY_NUMBER = "ix_customers_number"
"""What partitioned customers have instead of a unique index on their numbers."""
_PARTITIONS = "SELECT relname FROM pg_class WHERE relispartition"
_KEYS_OF_PARTITIONS = "SELECT conname FROM pg_constraint WHERE contype = 'f' AND conparentid <> 0"
_IMPOSSIBLE = {"uq_attempts_live_number": "attempts", "uq_customers_number": "customers"}


def is_ours(connection: Connection) -> Callable[[str | None, str, Any], bool]:
    """Alembic's `include_name`: everything but these."""
    others = {
        "table": {CHANGES, *_names(connection, _PARTITIONS)},
        "index": {CUSTOMERS_BY_NUMBER},
        "foreign_key_constraint": _names(connection, _KEYS_OF_PARTITIONS),
    }

    def included(name: str | None, kind: str, _parents: Any) -> bool:
        return name not in others.get(kind, ())

    return included


def is_possible(connection: Connection) -> Callable[[Any, str | None, str, bool, Any], bool]:
    """Alembic's `include_object`: everything but unique indexes that the table cannot have."""
    parents = {name for name in _IMPOSSIBLE.values() if is_partitioned(connection, name)}

    def included(_what: Any, name: str | None, _kind: str, reflected: bool, _other: Any) -> bool:
        return reflected or _IMPOSSIBLE.get(name or "") not in parents

    return included


def _names(connection: Connection, query: str) -> set[str]:
    if connection.dialect.name != "postgresql":
        return set()
    return set(connection.execute(text(query)).scalars())
