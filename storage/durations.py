"""Whether more than so long lies between two stored times, as SQL, exact to the microsecond."""

from typing import Any

from sqlalchemy import Boolean, ColumnElement, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class _IsLonger(FunctionElement[bool]):
    name = "is_longer"
    type = Boolean()
    inherit_cache = True


def is_longer(
    since: ColumnElement[Any], until: ColumnElement[Any], seconds: float
) -> ColumnElement[bool]:
    """Whether `(until - since).total_seconds() > seconds`, as Python has it."""
    return _IsLonger(since, until, literal(_microseconds(seconds)))


def _microseconds(seconds: float) -> int:
    """The most whole microseconds that are not more than `seconds`, in Python's arithmetic."""
    nearest = round(seconds * 1_000_000)
    return nearest if nearest / 1_000_000 <= seconds else nearest - 1


@compiles(_IsLonger, "sqlite")
def _sqlite(element: _IsLonger, compiler: SQLCompiler, **kw: Any) -> str:
    # in whole numbers: SQLite's own arithmetic knows milliseconds, and rounds them
    since, until, most = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"({_since_epoch(until)} - {_since_epoch(since)} > {most})"


def _since_epoch(time: str) -> str:
    """In microseconds, of a time that SQLAlchemy wrote: YYYY-MM-DD HH:MM:SS.ffffff."""
    return f"(strftime('%s', substr({time}, 1, 19)) * 1000000 + substr({time}, 21))"


@compiles(_IsLonger, "postgresql")
def _postgresql(element: _IsLonger, compiler: SQLCompiler, **kw: Any) -> str:
    since, until, most = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"({until} - {since} > {most} * interval '1 microsecond')"
