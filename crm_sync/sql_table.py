"""Writes each result into a table of somebody's CRM: whatever table, by a map of columns.

One statement for each row: insert, or update where the key is there already, so a second
delivery changes nothing. Columns are found by reflection; a field without a column is left out.
With the idempotency key as the key, a result and its later filing by the agent are two rows.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, MetaData, Table, inspect
from sqlalchemy.exc import NoSuchTableError, SQLAlchemyError

from crm_sync.adapter import AdapterError, Failed
from crm_sync.fields import FIELDS, KEY, fields_of, to_column, wrong_columns
from crm_sync.sql_engine import (
    LONGEST,
    connected,
    is_of_the_row,
    open_engine,
    sentence,
    upsert_into,
)
from crm_sync.sql_rows import refusal
from storage.messages import RESULTS
from storage.outbox import Taken

NOT_YET = Failed("the CRM's database is too slow: the rest of the batch has to wait")


class SqlTable:
    """A table that results are written to."""

    name = "crm_table"
    at_most = 200

    def __init__(
        self,
        url: str,
        table: str,
        key: str = KEY,
        columns: Mapping[str, str] | None = None,
        section: str = "crm_table",
        zone: str = "",
    ) -> None:
        """`columns`: field -> column; none: by equal names. `zone`: of times in columns that have
        none; empty: UTC. Raises `AdapterError`."""
        self._columns = dict(columns or {})
        if wrong := wrong_columns(self._columns, key):
            raise AdapterError(f"{section}.{wrong}")
        self._engine = open_engine(url, section)
        self._name = table
        self._key = key
        self._zone = zone
        self._table: Table | None = None

    def push(self, batch: Sequence[Taken]) -> dict[UUID, Failed]:
        """See `Adapter.push`. One transaction; when a row is refused, one for each."""
        batch = [message for message in batch if message.kind.startswith(RESULTS)]
        if not batch:
            return {}
        try:
            with connected(self._engine, LONGEST) as connection:
                return self._push(connection, batch)
        except AdapterError as lacking:
            return {message.id: Failed(str(lacking)) for message in batch}
        except SQLAlchemyError as away:
            return {message.id: Failed(sentence(away)) for message in batch}

    def check(self) -> str:
        """Look at the table: what is right with it. Raises `AdapterError`."""
        try:
            with connected(self._engine, LONGEST) as connection:
                self._table = self._find(connection)
        except SQLAlchemyError as away:
            raise AdapterError(sentence(away)) from away
        taken = ", ".join(self._columns or [n for n in FIELDS if n in self._table.columns])
        return f"table {self._name}, by its unique column {self._key}, takes {taken}"

    def close(self) -> None:
        """See `Adapter.close`."""
        self._engine.dispose()

    def _push(self, connection: Connection, batch: Sequence[Taken]) -> dict[UUID, Failed]:
        until = time.monotonic() + LONGEST
        if self._table is None:
            self._table = self._find(connection)
        table = self._table
        failed = self._write(connection, table, batch)
        if failed is not None and failed.for_good and len(batch) > 1:
            return self._singly(connection, table, batch, until)
        return {message.id: failed for message in batch} if failed else {}

    def _singly(
        self, connection: Connection, table: Table, batch: Sequence[Taken], until: float
    ) -> dict[UUID, Failed]:
        """One of them is refused for good: find it. Nothing more is tried once all must wait."""
        verdicts: dict[UUID, Failed] = {}
        wait: Failed | None = None
        for message in batch:
            failed = wait or self._write(connection, table, [message])
            if failed is not None:
                verdicts[message.id] = failed
                wait = None if failed.for_good else failed
            if wait is None and time.monotonic() >= until:
                wait = NOT_YET
        return verdicts

    def _write(self, connection: Connection, table: Table, batch: Sequence[Taken]) -> Failed | None:
        rows = list[dict[str, Any]]()
        try:
            rows = self._rows(table, [fields_of(message) for message in batch])
            upsert = upsert_into(table, self._key, list(rows[0]), self._engine.dialect.name)
            with connection.begin():
                connection.execute(upsert, rows)
        except ValueError as wrong:
            return Failed(f"table {self._name}: {wrong}", for_good=True)
        except SQLAlchemyError as refused:
            self._table = None  # it may have been changed: look again next time
            return Failed(refusal(refused, table, rows), is_of_the_row(refused))
        return None

    def _rows(self, table: Table, given: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Rows that all have the same columns, as one statement for many wants them."""
        by_name = {name: name for fields in given for name in fields if name in table.columns}
        names = self._columns or by_name
        return [
            {
                column: to_column(table.columns[column].type, fields.get(field), self._zone)
                for field, column in names.items()
            }
            for fields in given
        ]

    def _find(self, connection: Connection) -> Table:
        schema, _, name = self._name.rpartition(".")
        try:
            table = Table(name, MetaData(), autoload_with=connection, schema=schema or None)
        except NoSuchTableError:
            raise AdapterError(f"the table {self._name} does not exist; create it first") from None
        lacking = {self._key, *self._columns.values()} - set(table.columns.keys())
        if lacking:
            raise AdapterError(f"the table {self._name} has no column {', '.join(sorted(lacking))}")
        unique = is_unique(connection, table, self._key)
        connection.rollback()  # reading has begun a transaction
        if not unique:
            raise AdapterError(
                f"the column {self._key} of the table {self._name} has no unique index, so a "
                "second delivery would be a second row; create one"
            )
        return table


def open_adapter(
    url: str, table: str, key: str = KEY, columns: Mapping[str, str] | None = None
) -> SqlTable:
    """The adapter for the section `[crm_table]` of the settings. Raises `AdapterError`."""
    return SqlTable(url, table, key, columns)


def is_unique(connection: Connection, table: Table, column: str) -> bool:
    """Whether no two rows can have the same in that column."""
    looked_at = inspect(connection)
    keys: list[Any] = [looked_at.get_pk_constraint(table.name, table.schema)["constrained_columns"]]
    # SQLite has what a column's own UNIQUE means as an index that it does not tell of by itself
    more = {"include_auto_indexes": True} if connection.dialect.name == "sqlite" else {}
    keys += [
        index["column_names"]
        for index in looked_at.get_indexes(table.name, table.schema, **more)
        if index["unique"]
    ]
    constraints = looked_at.get_unique_constraints(table.name, table.schema)
    keys += [constraint["column_names"] for constraint in constraints]
    return [column] in keys
