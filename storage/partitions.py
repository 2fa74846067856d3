"""Tables that no model names: partitions, and the notes of a backup. Alembic must not drop them."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, text

CHANGES = "followed_changes"
"""What `storage.backup.journal` makes while a database is followed."""


def is_ours(connection: Connection) -> Callable[[str | None, str, Any], bool]:
    """Alembic's `include_name`: everything but these."""
    others = {CHANGES, *_partitions(connection)}

    def included(name: str | None, kind: str, _parents: Any) -> bool:
        return not (kind == "table" and name in others)

    return included


def _partitions(connection: Connection) -> set[str]:
    if connection.dialect.name != "postgresql":
        return set()
    rows = connection.execute(text("SELECT relname FROM pg_class WHERE relispartition"))
    return set(rows.scalars())
