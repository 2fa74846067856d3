"""INSERT ... ON CONFLICT in one spelling for both databases."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, TextClause
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


def insert_new(
    connection: Connection,
    table: Table,
    rows: Rows,
    key: Sequence[str],
    returning: str,
    where: TextClause | None = None,
) -> list[Any]:
    """Insert those `rows` whose `key` is not there yet; the `returning` column of each of them."""
    if not rows:
        return []
    statement = insert_into(connection, table).on_conflict_do_nothing(
        index_elements=key, index_where=where
    )
    result = connection.execute(statement.returning(table.c[returning]), rows)
    return list(result.scalars())


def insert_into(connection: Connection, table: Table) -> Insert:
    """The dialect's own INSERT, which knows ON CONFLICT."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)
