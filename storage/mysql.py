"""How MySQL says what our statements say otherwise. None of Dialplane runs on MySQL: that what it
asks of a database has a form there is looked at by compiling it (`tests/storage/test_mysql.py`).

Only what means the same and is small is here. INSERT ... RETURNING is said otherwise in
`storage.bulk`, and run on a real MariaDB (`test_mariadb.py`).
"""

from typing import Any, cast

from sqlalchemy import DateTime, Table, literal_column
from sqlalchemy.dialects.sqlite.dml import OnConflictDoNothing, OnConflictDoUpdate
from sqlalchemy.exc import CompileError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateIndex
from sqlalchemy.sql.compiler import DDLCompiler, SQLCompiler, TypeCompiler
from sqlalchemy.sql.elements import ColumnClause
from sqlalchemy.sql.visitors import replacement_traverse

from storage.columns import FreeText
from storage.dbtime import DbTime


@compiles(DateTime, "mysql")
@compiles(DateTime, "mariadb")
def _to_the_microsecond(_type: DateTime, _compiler: TypeCompiler, **_: Any) -> str:
    return "DATETIME(6)"


@compiles(FreeText, "mysql")
@compiles(FreeText, "mariadb")
def _long_enough(_type: FreeText, _compiler: TypeCompiler, **_: Any) -> str:
    return "MEDIUMTEXT"


@compiles(DbTime, "mysql")
@compiles(DbTime, "mariadb")
def _now(element: DbTime, compiler: SQLCompiler, **kw: Any) -> str:
    seconds = compiler.process(element.clauses, **kw)
    later = f" + INTERVAL ({seconds}) SECOND" if seconds else ""
    return f"(UTC_TIMESTAMP(6){later})"


@compiles(CreateIndex, "mysql")
def _unique_among_some(element: CreateIndex, compiler: DDLCompiler, **kw: Any) -> str:
    """A unique index on a part of the rows: on a term that is NULL for the others. One that is not
    unique may as well be on all rows."""
    index = element.element
    some = index.dialect_options["postgresql"]["where"]
    if not index.unique or some is None:
        return str(cast(Any, compiler).visit_create_index(element, **kw))
    table = cast(Table, index.table)
    [column] = index.columns
    condition = compiler.sql_compiler.process(some, literal_binds=True)
    return (
        f"CREATE UNIQUE INDEX {index.name} ON {table.name} "
        f"((CASE WHEN {condition} THEN {column.name} END))"
    )


@compiles(OnConflictDoNothing, "mysql")
@compiles(OnConflictDoNothing, "mariadb")
def _do_nothing(_clause: OnConflictDoNothing, compiler: SQLCompiler, **_: Any) -> str:
    """By any of its unique indexes, which is what all of our tables mean; not by INSERT IGNORE,
    which would let bad values pass."""
    table: Any = compiler.current_executable.table
    name = compiler.preparer.quote(next(iter(table.primary_key)).name)
    return f"ON DUPLICATE KEY UPDATE {name} = {table.name}.{name}"


@compiles(OnConflictDoUpdate, "mysql")
@compiles(OnConflictDoUpdate, "mariadb")
def _do_update(clause: OnConflictDoUpdate, compiler: SQLCompiler, **kw: Any) -> str:
    if clause.update_whereclause is not None:
        # assignments see one another there, so a condition cannot be put into each of them
        raise CompileError("ON CONFLICT ... WHERE has no form in MySQL")
    prepared, updates = compiler.preparer, cast(Any, clause.update_values_to_set)
    said = [
        f"{prepared.quote(str(getattr(key, 'name', key)))} = {_new(value, compiler, **kw)}"
        for key, value in dict(updates).items()
    ]
    return f"ON DUPLICATE KEY UPDATE {', '.join(said)}"


def _new(value: Any, compiler: SQLCompiler, **kw: Any) -> str:
    """`excluded.x` is VALUES(x)."""

    def replaced(element: Any, **_: Any) -> Any:
        excluded = getattr(getattr(element, "table", None), "name", "") == "excluded"
        if isinstance(element, ColumnClause) and excluded:
            return literal_column(f"VALUES({compiler.preparer.quote(element.name)})")
        return None

    return compiler.process(replacement_traverse(value, {}, replaced), **kw)
