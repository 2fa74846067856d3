"""Writes each result into a table of somebody's CRM: whatever table, by a map of columns.

One statement for each row: insert, or update where the key is there already, so a second
delivery changes nothing. Columns are found by reflection; a field without a column is left out.
With the idempotency key as the key, a result and its later filing by the agent are two rows.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, MetaData, Table, create_engine, inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    IntegrityError,
    NoSuchModuleError,
    NoSuchTableError,
    SQLAlchemyError,
)

from crm_sync.adapter import AdapterError, Failed
from crm_sync.fields import fields_of, to_column
from storage.outbox import Taken

INSERTS: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
ROW_FAULTS = (DataError, IntegrityError)  # of this row alone: no repeating helps
KEY = "idempotency_key"


class SqlTable:
    """A table that results are written to."""

    name = "crm_table"
    at_most = 200

    def __init__(
        self, url: str, table: str, key: str = KEY, columns: Mapping[str, str] | None = None
    ) -> None:
        """`columns`: field -> column; none: by equal names. Raises `AdapterError`."""
        self._engine = _engine(url)
        self._name = table
        self._key = key
        self._columns = dict(columns or {})
        self._table: Table | None = None

    def push(self, batch: Sequence[Taken]) -> dict[UUID, Failed]:
        """See `Adapter.push`. One transaction; when a row is refused, one for each."""
        if not batch:
            return {}
        try:
            table = self._table = self._table if self._table is not None else self._find()
        except AdapterError as lacking:
            return {message.id: Failed(str(lacking)) for message in batch}
        except SQLAlchemyError as away:
            return {message.id: Failed(_sentence(away)) for message in batch}
        failed = self._write(table, batch)
        if failed is not None and failed.for_good and len(batch) > 1:
            verdicts = {message.id: self._write(table, [message]) for message in batch}
            return {message: verdict for message, verdict in verdicts.items() if verdict}
        return {message.id: failed for message in batch} if failed else {}

    def close(self) -> None:
        """See `Adapter.close`."""
        self._engine.dispose()

    def _write(self, table: Table, batch: Sequence[Taken]) -> Failed | None:
        try:
            rows = self._rows(table, [fields_of(message) for message in batch])
            insert = INSERTS[self._engine.dialect.name](table)
            others = {name: insert.excluded[name] for name in rows[0] if name != self._key}
            upsert = insert.on_conflict_do_update(index_elements=[self._key], set_=others)
            with self._engine.begin() as connection:
                connection.execute(upsert if others else insert.on_conflict_do_nothing(), rows)
        except ValueError as wrong:
            return Failed(f"table {self._name}: {wrong}", for_good=True)
        except SQLAlchemyError as refused:
            self._table = None  # it may have been changed: look again next time
            return Failed(_sentence(refused), isinstance(refused, ROW_FAULTS))
        return None

    def _rows(self, table: Table, given: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Rows that all have the same columns, as one statement for many wants them."""
        by_name = {name: name for fields in given for name in fields if name in table.columns}
        names = self._columns or by_name
        return [
            {
                column: to_column(table.columns[column].type, fields.get(field))
                for field, column in names.items()
            }
            for fields in given
        ]

    def _find(self) -> Table:
        schema, _, name = self._name.rpartition(".")
        try:
            table = Table(name, MetaData(), autoload_with=self._engine, schema=schema or None)
        except NoSuchTableError:
            raise AdapterError(f"the table {self._name} does not exist; create it first") from None
        lacking = {self._key, *self._columns.values()} - set(table.columns.keys())
        if lacking:
            raise AdapterError(f"the table {self._name} has no column {', '.join(sorted(lacking))}")
        if not _is_unique(self._engine, table, self._key):
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


def _engine(url: str) -> Engine:
    try:
        engine = create_engine(url, pool_pre_ping=True, hide_parameters=True, pool_size=1)
    except (ArgumentError, NoSuchModuleError, ImportError):
        raise AdapterError(
            "crm_table.url names no database that can be written to from here; "
            "expected sqlite:///file.db or postgresql+psycopg://user:password@host/name"
        ) from None
    if engine.dialect.name not in INSERTS:
        raise AdapterError(f"crm_table.url: use one of {', '.join(sorted(INSERTS))}")
    return engine


def _is_unique(engine: Engine, table: Table, column: str) -> bool:
    looked_at = inspect(engine)
    keys: list[Any] = [looked_at.get_pk_constraint(table.name, table.schema)["constrained_columns"]]
    keys += [
        index["column_names"]
        for index in looked_at.get_indexes(table.name, table.schema)
        if index["unique"]
    ]
    constraints = looked_at.get_unique_constraints(table.name, table.schema)
    keys += [constraint["column_names"] for constraint in constraints]
    return [column] in keys


def _sentence(failed: SQLAlchemyError) -> str:
    """The database's own first line; never the statement, whose values are a customer's."""
    said = str(getattr(failed, "orig", None) or failed).strip().splitlines()
    return f"the CRM's database refused it: {said[0] if said else type(failed).__name__}"
