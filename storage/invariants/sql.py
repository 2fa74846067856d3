"""Words of SQL that the invariants are said in, for each database."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    exists,
    literal,
    literal_column,
    select,
    true,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from storage.tables.campaigns import CAMPAIGN_VERSIONS

Since: TypeAlias = datetime | None
Breaks: TypeAlias = Select[Any]
"""Rows that break an invariant: `id`, of an attempt or of what the reason names, and `reason`."""


@dataclass(frozen=True, slots=True)
class Invariant:
    """What must always hold. `breaks`: queries that must come back empty, about the attempts
    placed since a moment (None: ever)."""

    name: str
    meaning: str
    breaks: Callable[[Since], Sequence[Breaks]]


def offence(row_id: ColumnElement[Any], reason: str, *conditions: ColumnElement[bool]) -> Breaks:
    """Rows that break an invariant, and how; the reason holds no personal data."""
    return select(row_id.label("id"), literal(reason, String).label("reason")).where(*conditions)


def recent(column: ColumnElement[Any], since: Since) -> ColumnElement[bool]:
    """A row of the period that is asked about."""
    return true() if since is None else column >= since


def there(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """There is a row; no column but those of the conditions is asked for, or views would hold all
    the columns of a table fast."""
    return exists(literal_column("1")).where(*conditions)


def _term(name: str, *path: str) -> ColumnElement[float]:
    number: ColumnElement[float] = CAMPAIGN_VERSIONS.c.spec[path].as_float()
    return number.label(name)


_V = CAMPAIGN_VERSIONS.c
# DISTINCT, so that PostgreSQL reads each version's JSON once, and not for each of its attempts
TERMS = (
    select(
        _V.campaign,
        _V.version,
        _term("per_lead", "attempts", "per_lead"),
        _term("per_day", "attempts", "per_day"),
        _term("min_gap", "attempts", "min_gap"),
        _term("limit", "abandonment", "limit"),
        _term("answer_within", "abandonment", "answer_within"),
    )
    .distinct()
    .subquery("terms")
)
"""What each version of each campaign asks of its attempts."""


def of_version(attempts: Any) -> ColumnElement[bool]:
    """Joins attempts to the terms under which they were placed."""
    terms = TERMS.c
    return and_(terms.campaign == attempts.campaign, terms.version == attempts.campaign_version)


class _Dashed(FunctionElement[str]):
    name = "dashed"
    type = String()
    inherit_cache = True


def dashed(uuid: ColumnElement[Any]) -> ColumnElement[str]:
    """A UUID as text: 8-4-4-4-12."""
    return _Dashed(uuid)


@compiles(_Dashed, "postgresql")
def _dashed_postgresql(element: _Dashed, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **kw)} AS TEXT)"


_PARTS = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))


def _parts(column: str) -> list[str]:
    return [f"substr({column}, {start}, {length})" for start, length in _PARTS]


@compiles(_Dashed, "sqlite")
def _dashed_sqlite(element: _Dashed, compiler: SQLCompiler, **kw: Any) -> str:
    joined = " || '-' || ".join(_parts(compiler.process(element.clauses, **kw)))
    return f"({joined})"


@compiles(_Dashed, "mysql")
@compiles(_Dashed, "mariadb")
def _dashed_mysql(element: _Dashed, compiler: SQLCompiler, **kw: Any) -> str:
    # MariaDB has a type of its own, which is text with dashes; MySQL keeps 32 digits
    bare = f"REPLACE({compiler.process(element.clauses, **kw)}, '-', '')"
    return f"CONCAT_WS('-', {', '.join(_parts(bare))})"
