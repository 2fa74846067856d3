"""How long it is from one stored time to another, as SQL, exact to the microsecond."""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

SECOND = 1_000_000  # in microseconds


class _Microseconds(FunctionElement[int]):
    name = "microseconds"
    type = BigInteger()
    inherit_cache = True


def microseconds(since: ColumnElement[Any], until: ColumnElement[Any]) -> ColumnElement[int]:
    """`until - since`, in whole microseconds."""
    return _Microseconds(since, until)


def is_longer(
    since: ColumnElement[Any], until: ColumnElement[Any], seconds: float
) -> ColumnElement[bool]:
    """Whether `(until - since).total_seconds() > seconds`, as Python has it."""
    return microseconds(since, until) > _whole(seconds)


def _whole(seconds: float) -> int:
    """The most whole microseconds that are not more than `seconds`, in Python's arithmetic."""
    nearest = round(seconds * SECOND)
    return nearest if nearest / SECOND <= seconds else nearest - 1


@compiles(_Microseconds, "sqlite")
def _sqlite(element: _Microseconds, compiler: SQLCompiler, **kw: Any) -> str:
    # in whole numbers: SQLite's own arithmetic knows milliseconds, and rounds them
    since, until = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"({_since_epoch(until)} - {_since_epoch(since)})"


def _since_epoch(time: str) -> str:
    """In microseconds, of a time that SQLAlchemy wrote: YYYY-MM-DD HH:MM:SS.ffffff."""
    return f"(strftime('%s', substr({time}, 1, 19)) * 1000000 + substr({time}, 21))"


@compiles(_Microseconds, "postgresql")
def _postgresql(element: _Microseconds, compiler: SQLCompiler, **kw: Any) -> str:
    since, until = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"CAST(EXTRACT(EPOCH FROM ({until} - {since})) * 1000000 AS BIGINT)"


@compiles(_Microseconds, "mysql")
@compiles(_Microseconds, "mariadb")
def _mysql(element: _Microseconds, compiler: SQLCompiler, **kw: Any) -> str:
    since, until = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"TIMESTAMPDIFF(MICROSECOND, {since}, {until})"
