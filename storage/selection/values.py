"""What is asked of a single value, as SQL: numbers, texts and times, each exactly."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, TypeAlias

from sqlalchemy import BindParameter, ColumnElement, bindparam, false, func, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from campaigns.selection.words import How
from storage.columns import BIG, LONG_TEXT, UTC_TIME, clean

Column: TypeAlias = ColumnElement[Any]
Condition: TypeAlias = ColumnElement[bool]
Test: TypeAlias = Callable[[Column], Condition]
_LARGEST = 2**63 - 1


def number(how: How, value: Decimal, scale: int = 1) -> Test:
    """Of a column of whole numbers, each worth one `scale`th. The value is made whole as well, so
    that no database has to round, or to know decimals."""
    exact = value * scale
    whole = exact == exact.to_integral_value()
    if how is How.EQUAL and not whole:
        return lambda _column: false()
    if how is How.OTHER and not whole:
        return lambda column: column.is_not(None)
    rounding = ROUND_FLOOR if how in (How.AT_MOST, How.MORE) else ROUND_CEILING
    bound = literal(_in_range(exact.to_integral_value(rounding)), BIG)
    return lambda column: _ORDERED[how](column, bound)


def _in_range(value: Decimal) -> int:
    return max(-_LARGEST, min(_LARGEST, int(value)))


def text(how: How, value: str) -> Test:
    """Letter by letter; a text without a letter is empty, and answers nothing."""
    told = literal(clean(value), LONG_TEXT)
    match how:
        case How.EQUAL:
            return lambda column: column == told if value else false()
        case How.CONTAINS:
            return lambda column: _Place(func.nullif(column, ""), told) > 0
        case How.BEGINS:
            return lambda column: func.substr(func.nullif(column, ""), 1, len(value)) == told
        case _:
            return lambda column: func.nullif(column, "") != told


def flag(how: How, value: bool) -> Test:
    return lambda column: column == value if how is How.EQUAL else column != value


def since(ago: timedelta) -> Test:
    return lambda column: column >= moment_of(ago)


def before(ago: timedelta) -> Test:
    return lambda column: column < moment_of(ago)


def moment_of(ago: timedelta) -> BindParameter[datetime]:
    """A moment so long ago, of which the query is told as it is run."""
    return bindparam(name_of(ago), type_=UTC_TIME)


def name_of(ago: timedelta) -> str:
    return f"ago_{ago // timedelta(seconds=1)}"


class _Place(FunctionElement[int]):
    """Where in a text another one begins, from 1; 0: nowhere. LIKE knows no case in SQLite."""

    name = "place"
    type = BIG
    inherit_cache = True


@compiles(_Place, "sqlite")
def _sqlite(element: _Place, compiler: SQLCompiler, **kw: Any) -> str:
    return f"instr({compiler.process(element.clauses, **kw)})"


@compiles(_Place, "postgresql")
def _postgresql(element: _Place, compiler: SQLCompiler, **kw: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **kw)})"


_ORDERED: Mapping[How, Callable[[Column, Column], Condition]] = {
    How.EQUAL: lambda column, bound: column == bound,
    How.OTHER: lambda column, bound: column != bound,
    How.LESS: lambda column, bound: column < bound,
    How.AT_MOST: lambda column, bound: column <= bound,
    How.MORE: lambda column, bound: column > bound,
    How.AT_LEAST: lambda column, bound: column >= bound,
}
