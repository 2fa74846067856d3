"""Many rows in one statement, on both databases.

PostgreSQL gets the rows as one JSON parameter and unfolds them itself (`json_to_recordset`):
the statement's text is the same for any number of rows, one round trip writes them all, and
that is several times as fast as a statement for each. SQLite is in our own process, where
`executemany` costs next to nothing.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC
from functools import lru_cache
from typing import Any, TypeAlias

import orjson
from sqlalchemy import (
    ARRAY,
    JSON,
    Column,
    ColumnElement,
    Connection,
    String,
    Table,
    TableValuedAlias,
    Text,
    Update,
    any_,
    bindparam,
    cast,
    column,
    func,
    literal,
    select,
    tuple_,
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
Writer: TypeAlias = Callable[[Any], Any]

KEY = "id"
MYSQL = ("mysql", "mariadb")
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
    return {found[0] for found in _insert_new(connection, table, rows, key, [KEY], constants)}


def insert_absent(
    connection: Connection,
    table: Table,
    rows: Rows,
    key: Sequence[str],
    constants: Constants | None = None,
) -> set[tuple[Any, ...]]:
    """The same of a table without ids: the keys of those that are inserted."""
    return _insert_new(connection, table, rows, key, key, constants)


def all_are_new(connection: Connection, table: Table, rows: Rows, key: Sequence[str] = ()) -> bool:
    """Insert those `rows` whose `key` is not there yet; whether that was all of them. Without a key
    as `insert_new`."""
    if not rows:
        return True
    if connection.dialect.name in MYSQL:  # it counts those that are there as well
        told = [KEY] if KEY in table.c else key
        return len(_insert_new(connection, table, rows, key, told)) == len(rows)
    statement = _insert(connection, table, rows, {}).on_conflict_do_nothing(
        index_elements=key or None
    )
    counted = {"preserve_rowcount": True}
    done = connection.execute(
        statement, _parameters(connection, table, rows), execution_options=counted
    )
    return done.rowcount == len(rows)


def put_rows(connection: Connection, table: Table, rows: Rows, key: Sequence[str]) -> None:
    """Insert `rows`; where `key` is there already, the new values replace the old. No key may come
    twice."""
    if not rows:
        return
    statement = _insert(connection, table, rows, {}, tuple(rows[0]))
    new = {name: statement.excluded[name] for name in rows[0] if name not in key}
    put = statement.on_conflict_do_update(index_elements=key, set_=new)
    connection.execute(put, _parameters(connection, table, rows, tuple(rows[0])))


def among(
    connection: Connection, of: ColumnElement[Any], values: Collection[Any]
) -> ColumnElement[bool]:
    """Whether a column has one of many values. PostgreSQL gets them as one parameter: a thousand
    of their own take longer to write and to read than to look up."""
    if connection.dialect.name != "postgresql":
        return of.in_(list(values))
    return of == any_(literal(list(values), ARRAY(_plain(of.type))))


def plan_anew(connection: Connection) -> None:
    """PostgreSQL is to plan each statement of this transaction for the tables as they are now.

    It keeps the plan of a statement that comes often, and that of a table which was empty then is
    to read all of it: a first import would take longer with every row.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_custom_plan")


def _plain(of: TypeEngine[Any]) -> TypeEngine[Any]:
    return Text() if isinstance(of, FreeText | String) else of


def _insert_new(
    connection: Connection,
    table: Table,
    rows: Rows,
    key: Sequence[str],
    told: Sequence[str],
    constants: Constants | None = None,
) -> set[tuple[Any, ...]]:
    if not rows:
        return set()
    statement = _insert(connection, table, rows, constants or {})
    statement = statement.on_conflict_do_nothing(index_elements=key or None)
    columns = [table.c[name] for name in told]
    if connection.dialect.name in MYSQL:
        return _insert_and_look(connection, statement, rows, columns)
    result = connection.execute(statement.returning(*columns), _parameters(connection, table, rows))
    return {tuple(row) for row in result}


def _insert_and_look(
    connection: Connection, statement: Insert, rows: Rows, told: Sequence[Column[Any]]
) -> set[tuple[Any, ...]]:
    """The same without RETURNING: who has been there is looked at before, under a lock that keeps
    others from putting it there; of ids that nobody can have yet, who is there afterwards."""
    given = {tuple(row[column.name] for column in told) for row in rows}
    query = select(*told).where(tuple_(*told).in_(given)).with_for_update()
    before = {tuple(row) for row in connection.execute(query)}
    connection.execute(statement, list(rows))
    there = {tuple(row) for row in connection.execute(query)}
    return there - before


def update_rows(connection: Connection, table: Table, rows: Rows) -> None:
    """Set the columns that `rows` name in the row of each one's id. No id may come twice."""
    if not rows:
        return
    names = tuple(rows[0])
    if connection.dialect.name == "postgresql":
        given = _parameters(connection, table, rows, names)
        connection.execute(_update_from_rows(table, names), given)
        return
    values = [{f"new_{name}": value for name, value in row.items()} for row in rows]
    connection.execute(_update_each(table, names), values)


def _insert(
    connection: Connection,
    table: Table,
    rows: Rows,
    constants: Constants,
    names: tuple[str, ...] | None = None,
) -> Insert:
    statement = insert_into(connection, table)
    if connection.dialect.name != "postgresql":
        return statement.values(**constants)
    names = names or _told(rows)
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


def _told(rows: Rows) -> tuple[str, ...]:
    """The columns in which any of the rows has something: the others are NULL by themselves."""
    return tuple(name for name in rows[0] if any(row[name] is not None for row in rows))


def _parameters(
    connection: Connection, table: Table, rows: Rows, names: Sequence[str] | None = None
) -> Any:
    """What goes with the statement: the rows, or one JSON text of them all, with these columns."""
    if connection.dialect.name != "postgresql":
        return list(rows)
    names = names or _told(rows)
    _require_zones(table, rows, names)
    writers = [(name, write) for name in names if (write := _writer(table.c[name].type))]
    try:
        plain = [_written(row, names, writers) for row in rows] if writers else list(rows)
        return {_ROWS: orjson.dumps(plain).decode()}
    except (TypeError, ValueError) as wrong:  # orjson's own, too, is a TypeError
        raise Refused(f"What was to be stored cannot be written as JSON ({wrong})") from wrong


def _written(
    row: Mapping[str, Any], names: Sequence[str], writers: Sequence[tuple[str, Writer]]
) -> dict[str, Any]:
    new = {name: row[name] for name in names}
    for name, write in writers:
        if new[name]:
            new[name] = write(new[name])
    return new


@lru_cache(maxsize=1024)
def _writer(of: TypeEngine[Any]) -> Writer | None:
    return next((write for kind, write in _WRITERS.items() if isinstance(of, kind)), None)


def _require_zones(table: Table, rows: Rows, names: Sequence[str]) -> None:
    """orjson writes a time without a zone as if it had none to write."""
    for name in names:
        if isinstance(table.c[name].type, UTCDateTime):
            times = (row[name] for row in rows)
            if any(t is not None and t.tzinfo is not UTC and t.utcoffset() is None for t in times):
                raise Refused("A time without a time zone cannot be stored")


def _json(value: Any) -> Any:
    """By the standard library where it may hold what is no number: orjson would make it null."""
    try:
        written = orjson.dumps(value, option=_PLAIN_ONLY)
    except (TypeError, ValueError):
        return orjson.Fragment(_JSON.encode(value))
    return orjson.Fragment(_JSON.encode(value) if b"null" in written else written)


_PLAIN_ONLY = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_WRITERS: dict[type[TypeEngine[Any]], Writer] = {
    FreeText: FreeText.shorten,
    JSON: _json,
}
"""The others are as JSON has them."""
