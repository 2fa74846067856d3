"""The database's own clock, as SQL: the judge of leases, orders and deliveries.

Workers on several machines agree on it, whatever their own clocks say. It is real time: a
campaign that runs on a faster clock (demo, simulation) still holds its lease by this one.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, literal, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from storage.columns import UTC_TIME

CLOCKS_APART = timedelta(seconds=10)
"""So far apart the clocks of two workers may be before one of them refuses to dial."""


class DbTime(FunctionElement[datetime]):
    """What `db_time` gives."""

    name = "db_time"
    type = UTC_TIME
    inherit_cache = True


def db_time(seconds: float = 0.0) -> ColumnElement[datetime]:
    """The time of the statement plus `seconds`, by the database's clock."""
    return DbTime(literal(float(seconds))) if seconds else DbTime()


def read_db_time(connection: Connection) -> datetime:
    """The database's time now, aware UTC."""
    return connection.execute(select(db_time())).scalar_one()


@compiles(DbTime, "sqlite")
def _sqlite(element: DbTime, compiler: SQLCompiler, **kw: Any) -> str:
    # six digits, so that it compares as text with the times that SQLAlchemy writes
    now = "strftime('%Y-%m-%d %H:%M:%f000', 'now'"
    seconds = compiler.process(element.clauses, **kw)
    return f"{now}, ({seconds}) || ' seconds')" if seconds else f"{now})"


@compiles(DbTime, "postgresql")
def _postgresql(element: DbTime, compiler: SQLCompiler, **kw: Any) -> str:
    # clock_timestamp, because now() stands still within a transaction
    seconds = compiler.process(element.clauses, **kw)
    later = f" + make_interval(secs => {seconds})" if seconds else ""
    return f"(clock_timestamp(){later})"
