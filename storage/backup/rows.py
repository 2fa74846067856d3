"""Rows of a table as lines, out of a database and into one: PostgreSQL's COPY, or SQLite's own."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeAlias

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from storage.backup.cells import FROM_TEXT, line_of, unescape, values_of
from storage.backup.shape import Shape

Key: TypeAlias = tuple[str, ...]
"""The cells of a row's primary key, unescaped."""

AT_ONCE = 1000  # rows in one piece
FEW = 200  # keys in one condition


def read_rows(connection: Connection, shape: Shape, where: str = "") -> Iterator[bytes]:
    """Every row of a table, or those of a condition, in no order."""
    query = f"SELECT {_names(shape.columns)} FROM {shape.table}{where}"  # noqa: S608 - our names
    with _words(connection, query) as driver:
        if connection.dialect.name == "sqlite":
            for row in driver.execute(query):
                yield line_of(row, shape.kinds)
            return
        with driver.cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT") as copy:
            for line in copy:
                yield bytes(line)


def read_keys(connection: Connection, shape: Shape, keys: Sequence[Key]) -> Iterator[bytes]:
    """The rows of these keys, as far as they are there."""
    for some in _pieces(keys, FEW):
        yield from read_rows(connection, shape, " WHERE " + _any_of(connection, shape, some))


def write_rows(connection: Connection, shape: Shape, lines: Iterable[bytes]) -> None:
    """Insert rows. None of them may be there."""
    names = _names(shape.columns)
    with _words(connection, f"INSERT INTO {shape.table}") as driver:
        if connection.dialect.name == "sqlite":
            marks = ", ".join("?" * len(shape.columns))
            insert = f"INSERT INTO {shape.table} ({names}) VALUES ({marks})"  # noqa: S608
            driver.executemany(insert, (values_of(line, shape.kinds) for line in lines))
            return
        into = f"COPY {shape.table} ({names}) FROM STDIN"
        with driver.cursor() as cursor, cursor.copy(into) as copy:
            for some in _pieces(lines, AT_ONCE):
                copy.write(b"".join(some))


def delete_keys(connection: Connection, shape: Shape, keys: Iterable[Key]) -> None:
    """Delete the rows of these keys; those that are not there do no harm."""
    for some in _pieces(keys, FEW):
        condition = _any_of(connection, shape, some)
        connection.exec_driver_sql(f"DELETE FROM {shape.table} WHERE {condition}")  # noqa: S608


def key_of(line: bytes, shape: Shape) -> Key:
    cells = line[:-1].decode("utf-8", "surrogatepass").split("\t")
    return tuple(unescape(cells[place]) for place in shape.key_places)


def _pieces(these: Iterable[Any], size: int) -> Iterator[list[Any]]:
    source = iter(these)
    while some := list(islice(source, size)):
        yield some


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def _any_of(connection: Connection, shape: Shape, keys: Sequence[Key]) -> str:
    """A condition that the index of the key answers."""
    sqlite = connection.dialect.name == "sqlite"
    written = [[_literal(c, k, sqlite) for c, k in _paired(key, shape)] for key in keys]
    if len(shape.key) == 1:
        return f"{shape.key[0]} IN ({', '.join(cell for (cell,) in written)})"
    pairs = [
        " AND ".join(f"{name} = {cell}" for name, cell in zip(shape.key, cells, strict=True))
        for cells in written
    ]
    return " OR ".join(f"({pair})" for pair in pairs)


def _paired(key: Key, shape: Shape) -> Iterator[tuple[str, str]]:
    return zip(key, shape.key_kinds, strict=True)


def _literal(cell: str, kind: str, sqlite: bool) -> str:
    value = FROM_TEXT[kind](cell) if sqlite or kind == "int" else cell
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


@contextmanager
def _words(connection: Connection, statement: str) -> Iterator[Any]:
    """The driver's own connection, whose errors become those that the store has words for."""
    driver = connection.connection.driver_connection
    base = connection.dialect.loaded_dbapi.Error
    try:
        yield driver
    except base as failed:
        raise DBAPIError.instance(
            statement, None, failed, base, hide_parameters=True, dialect=connection.dialect
        ) from failed
