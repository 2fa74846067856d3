"""Rows of somebody else's table: how it is read, and what its columns hold."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, MetaData, Table, inspect
from sqlalchemy.exc import NoSuchTableError, SQLAlchemyError

from campaigns.crm.mapping import places
from crm_sync.adapter import AdapterError, Away
from crm_sync.fields import to_column
from crm_sync.sql_engine import LONGEST, connected, sentence
from crm_sync.sql_map import SqlCustomers


class Reading:
    """A connection that reads; what goes wrong is a sentence."""

    def __init__(self, engine: Any) -> None:
        self._held = connected(engine, LONGEST)

    def __enter__(self) -> Connection:
        try:
            return self._held.__enter__()
        except SQLAlchemyError as away:
            raise Away(sentence(away)) from away

    def __exit__(self, *told: Any) -> None:
        try:
            self._held.__exit__(*told)
        except SQLAlchemyError as away:
            raise AdapterError(sentence(away)) from away


def reflected(connection: Connection, given: SqlCustomers) -> Table:
    """The table, which has every column that the map names. Raises `AdapterError`."""
    schema, _, name = given.table.rpartition(".")
    try:
        table = Table(name, MetaData(), autoload_with=connection, schema=schema or None)
    except NoSuchTableError:
        raise AdapterError(f"the table {given.table} does not exist") from None
    lacking = [column for column in columns_of(given) if column not in table.columns]
    if lacking:
        known = ", ".join(table.columns.keys())
        raise AdapterError(
            f"the table {given.table} has no column {', '.join(lacking)}; it has {known}"
        )
    return table


def all_tables(connection: Connection) -> Mapping[str, Table]:
    """Every table by its name; of PostgreSQL those in other schemas, too."""
    found = MetaData()
    found.reflect(connection)
    if connection.dialect.name == "postgresql":
        for schema in inspect(connection).get_schema_names():
            if schema not in ("public", "information_schema"):
                found.reflect(connection, schema=schema)
    return found.tables


def columns_of(given: SqlCustomers) -> list[str]:
    """Every column that is read or written."""
    mapped = [*given.fields.values(), *given.writes.values()]
    named = [place for each in mapped for place in places(each)]
    more = [*([given.gone.at] if given.gone else []), *([given.key] if given.key else [])]
    own = [given.id, *places(given.updated_at or ()), *more]
    return list(dict.fromkeys([*own, *named]))


def as_number(column: Any, text: str) -> Any:
    """An id or a time that is kept as a text, as a number column wants it."""
    try:
        kind: type = column.type.python_type
    except NotImplementedError:
        return text
    return kind(text) if kind in (int, float) else text


def row_of(given: SqlCustomers, table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values by their columns, as these want them. Raises `ValueError`."""
    columns = table.columns
    return {n: to_column(columns[n].type, _plain(v), given.zone) for n, v in values.items()}


def refusal(failed: SQLAlchemyError, table: Table, rows: Sequence[Mapping[str, Any]]) -> str:
    """What a database says no to, of rows of a table: with the columns that are meant, where those
    are known. Databases tell that something is too long, and not what."""
    columns = [
        f"{name} ({length})"
        for name in dict.fromkeys(name for row in rows for name in row)
        if (length := getattr(table.columns[name].type, "length", None))
        and any(isinstance(row.get(name), str) and len(row[name]) > length for row in rows)
    ]
    empty = getattr(getattr(getattr(failed, "orig", None), "diag", None), "column_name", None)
    named = ", ".join(columns or ([empty] if empty else []))
    return f"table {table.fullname}: {sentence(failed)}" + (f": {named}" if named else "")


def key_value(column: Any, external_id: str) -> Any:
    """An external id as the key's column has it; None: no row can have that id."""
    try:
        return to_column(column.type, as_number(column, external_id))
    except ValueError:
        return None


def as_text(value: Any) -> str:
    """A value of a row, as marks and external ids are kept."""
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
