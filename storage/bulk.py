"""Many rows in one statement, on both databases.

PostgreSQL gets the rows as one parameter for each column and unfolds them itself
(`storage.unfolding`): one round trip writes them all, and that is several times as fast as a
statement for each. SQLite is in our own process, where `executemany` costs next to nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Connection,
    Select,
    Table,
    Update,
    any_,
    bindparam,
    column,
    func,
    literal,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql

from storage.unfolding import Rows, Shape, columns, plain, unfolded
from storage.upsert import Insert, insert_into

Constants: TypeAlias = Mapping[str, ColumnElement[Any]]

KEY = "id"
MYSQL = ("mysql", "mariadb")


def insert_rows(
    connection: Connection, table: Table, rows: Rows, constants: Constants | None = None
) -> None:
    """Insert `rows`, all with the same columns; `constants` are SQL, the same for each."""
    if rows:
        connection.execute(*_insert(connection, table, rows, constants or {}))


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
    statement, given = _insert(connection, table, rows, {})
    statement = statement.on_conflict_do_nothing(index_elements=key or None)
    counted = {"preserve_rowcount": True}
    done = connection.execute(statement, given, execution_options=counted)
    return done.rowcount == len(rows)


def put_rows(connection: Connection, table: Table, rows: Rows, key: Sequence[str]) -> None:
    """Insert `rows`; where `key` is there already, the new values replace the old. No key may come
    twice."""
    if not rows:
        return
    statement, given = _insert(connection, table, rows, {}, tuple(rows[0]))
    new = {name: statement.excluded[name] for name in rows[0] if name not in key}
    put = statement.on_conflict_do_update(index_elements=key, set_=new)
    connection.execute(put, given)


def among(
    connection: Connection, of: ColumnElement[Any], values: Collection[Any]
) -> ColumnElement[bool]:
    """Whether a column has one of many values. PostgreSQL gets them as one parameter: a thousand
    of their own take longer to write and to read than to look up."""
    if connection.dialect.name != "postgresql":
        return of.in_(list(values))
    return of == any_(literal(list(values), ARRAY(plain(of.type))))


def plan_anew(connection: Connection) -> None:
    """PostgreSQL is to plan each statement of this transaction for the tables as they are now.

    It keeps the plan of a statement that comes often, and that of a table which was empty then is
    to read all of it: a first import would take longer with every row.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_custom_plan")


def of_each(
    connection: Connection,
    told: Sequence[Column[Any]],
    key: Column[Any],
    values: Collection[Any],
    where: ColumnElement[bool],
) -> Select[Any]:
    """`told` of the rows that have one of many values in `key`, which is unique with `where`.

    PostgreSQL is asked for one after the other. For many at once it reads all that `where` leaves,
    up to some hundred thousand rows: it takes the pages of an index to come from a disk, and the
    first column of one to tell more than it does. That was half of its time in a first import.
    """
    if connection.dialect.name != "postgresql":
        return select(*told).where(where, key.in_(list(values)))
    given = func.unnest(literal(list(values), ARRAY(plain(key.type))))
    wanted = given.table_valued(column("wanted", plain(key.type))).render_derived()
    one = select(*told).where(where, key == wanted.c.wanted).limit(1).lateral()
    return select(*one.c).select_from(wanted.join(one, true()))


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
    statement, given = _insert(connection, table, rows, constants or {})
    statement = statement.on_conflict_do_nothing(index_elements=key or None)
    columns = [table.c[name] for name in told]
    if connection.dialect.name in MYSQL:
        return _insert_and_look(connection, statement, rows, columns)
    result = connection.execute(statement.returning(*columns), given)
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
        shape, given = unfolded(table, rows, names)
        connection.execute(_update_all(shape), given)
        return
    values = [{f"new_{name}": value for name, value in row.items()} for row in rows]
    connection.execute(_update_each(table, names), values)


def _insert(
    connection: Connection,
    table: Table,
    rows: Rows,
    constants: Constants,
    names: tuple[str, ...] | None = None,
) -> tuple[Insert, Any]:
    """The statement, and what goes with it."""
    if connection.dialect.name != "postgresql":
        return insert_into(connection, table).values(**constants), list(rows)
    shape, given = unfolded(table, rows, names or _told(rows))
    made = _insert_all(shape, constants) if constants else _insert_alone(shape)
    return made, given


@lru_cache(maxsize=256)
def _insert_alone(shape: Shape) -> Insert:
    """Kept: to make a statement takes longer than to run it for one row."""
    return _insert_all(shape, {})


def _insert_all(shape: Shape, constants: Constants) -> Insert:
    chosen = select(*columns(shape).values(), *constants.values())
    names = (*shape.names, *constants)
    return postgresql.insert(shape.table).from_select(names, chosen, include_defaults=False)


@lru_cache(maxsize=256)
def _update_all(shape: Shape) -> Update:
    given = dict(columns(shape))
    return update(shape.table).where(shape.table.c[KEY] == given.pop(KEY)).values(given)


@lru_cache(maxsize=256)
def _update_each(table: Table, names: tuple[str, ...]) -> Update:
    return (
        update(table)
        .where(table.c[KEY] == bindparam(f"new_{KEY}"))
        .values({name: bindparam(f"new_{name}") for name in names if name != KEY})
    )


def _told(rows: Rows) -> tuple[str, ...]:
    """The columns in which any of the rows has something: the others are NULL by themselves."""
    return tuple(name for name in rows[0] if any(row[name] is not None for row in rows))
