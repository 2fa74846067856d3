"""INSERT ... ON CONFLICT in one spelling for both databases."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

Rows = Sequence[Mapping[str, Any]]
Insert = postgresql.Insert | sqlite.Insert


def upsert(connection: Connection, table: Table, rows: Rows, key: Sequence[str]) -> None:
    """Insert `rows`; where `key` is there already, the new values replace the old."""
    if not rows:
        return
    statement = insert_into(connection, table)
    new = {name: statement.excluded[name] for name in rows[0] if name not in key}
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_=new), rows)


def insert_into(connection: Connection, table: Table) -> Insert:
    """The dialect's own INSERT, which knows ON CONFLICT."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)
