"""Many rows in one statement, on both databases.

PostgreSQL gets the rows as one JSON parameter and unfolds them itself (`json_to_recordset`):
the statement's text is the same for any number of rows, one round trip writes them all, and
that is several times as fast as a statement for each. SQLite is in our own process, where
`executemany` costs next to nothing.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    TableValuedAlias,
    Text,
    Update,
    Uuid,
    bindparam,
    cast,
    column,
    func,
    select,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine
from sqlmodel.sql.sqltypes import UTCDateTime

from storage.columns import FreeText
from storage.errors import Refused
from storage.upsert import Insert, insert_into

Rows: TypeAlias = Sequence[Mapping[str, Any]]
Constants: TypeAlias = Mapping[str, ColumnElement[Any]]

KEY = "id"
_ROWS = "given_rows"


def insert_rows(
    connection: Connection, table: Table, rows: Rows, constants: Constants | None = None
) -> None:
    """Insert `rows`, all with the same columns; `constants` are SQL, the same for each."""
    if rows:
        statement = _insert(connection, table, rows, constants or {})
        connection.execute(statement, _parameters(connection, table, rows))


def insert_new(
    connection: Connection,
    table: Table,
    rows: Rows,
    key: Sequence[str] = (),
    constants: Constants | None = None,
) -> set[Any]:
    """Insert those `rows` whose `key` (a unique index) is not there yet; their ids.

    Without a key: those that no unique index turns away, which is all that can be said of a table
    that may be partitioned.
    """
    if not rows:
        return set()
    statement = _insert(connection, table, rows, constants or {})
    statement = statement.on_conflict_do_nothing(index_elements=key or None)
    result = connection.execute(
        statement.returning(table.c[KEY]), _parameters(connection, table, rows)
    )
    return set(result.scalars())


def update_rows(connection: Connection, table: Table, rows: Rows) -> None:
    """Set the columns that `rows` name in the row of each one's id. No id may come twice."""
    if not rows:
        return
    names = tuple(rows[0])
    if connection.dialect.name == "postgresql":
        connection.execute(_update_from_rows(table, names), _parameters(connection, table, rows))
        return
    values = [{f"new_{name}": value for name, value in row.items()} for row in rows]
    connection.execute(_update_each(table, names), values)


def _insert(connection: Connection, table: Table, rows: Rows, constants: Constants) -> Insert:
    statement = insert_into(connection, table)
    if connection.dialect.name != "postgresql":
        return statement.values(**constants)
    names = tuple(rows[0])
    given = _recordset(table, names)
    chosen = select(*[given.c[name] for name in names], *constants.values())
    return statement.from_select([*names, *constants], chosen, include_defaults=False)


@lru_cache(maxsize=256)
def _update_from_rows(table: Table, names: tuple[str, ...]) -> Update:
    given = _recordset(table, names)
    return (
        update(table)
        .where(table.c[KEY] == given.c[KEY])
        .values({name: given.c[name] for name in names if name != KEY})
    )


@lru_cache(maxsize=256)
def _update_each(table: Table, names: tuple[str, ...]) -> Update:
    return (
        update(table)
        .where(table.c[KEY] == bindparam(f"new_{KEY}"))
        .values({name: bindparam(f"new_{name}") for name in names if name != KEY})
    )


@lru_cache(maxsize=256)
def _recordset(table: Table, names: tuple[str, ...]) -> TableValuedAlias:
    typed = [column(name, table.c[name].type) for name in names]
    given = cast(bindparam(_ROWS, type_=Text), postgresql.JSON)
    return func.json_to_recordset(given).table_valued(*typed).render_derived(with_types=True)


def _parameters(connection: Connection, table: Table, rows: Rows) -> Any:
    """What goes with the statement: the rows, or one JSON text of them all."""
    if connection.dialect.name != "postgresql":
        return list(rows)
    writers = {name: _WRITERS.get(_kind(table.c[name].type), _as_it_is) for name in rows[0]}
    plain = [
        {name: None if row[name] is None else write(row[name]) for name, write in writers.items()}
        for row in rows
    ]
    try:
        text = json.dumps(plain, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except ValueError as wrong:
        raise Refused(f"What was to be stored cannot be written as JSON ({wrong})") from wrong
    return {_ROWS: text}


def _kind(of: TypeEngine[Any]) -> type[TypeEngine[Any]]:
    return next((kind for kind in _WRITERS if isinstance(of, kind)), TypeEngine)


def _moment(value: datetime) -> str:
    if value.utcoffset() is None:
        raise Refused("A time without a time zone cannot be stored")
    return value.isoformat()


def _as_it_is(value: Any) -> Any:
    return value


_WRITERS: dict[type[TypeEngine[Any]], Callable[[Any], Any]] = {
    Uuid: str,
    UTCDateTime: _moment,
    FreeText: FreeText.shorten,
}
