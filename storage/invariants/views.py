"""The invariants as views that must stay empty: `SELECT count(*) FROM invariant_i1`.

They are taken away before the tables are changed and made anew after that, from the declarations,
so they always say what the program that upgraded last says.
"""

from sqlalchemy import Connection, Dialect, text

from storage.invariants.check import offenders
from storage.invariants.declared import INVARIANTS
from storage.invariants.sql import Invariant

_WRITTEN: dict[tuple[str, str], list[str]] = {}  # in this process, for a database and its driver


def view_of(invariant: Invariant) -> str:
    return f"invariant_{invariant.name.lower()}"


def drop_views(connection: Connection) -> None:
    for invariant in INVARIANTS:
        connection.execute(text(f"DROP VIEW IF EXISTS {view_of(invariant)}"))


def create_views(connection: Connection) -> None:
    dialect = connection.dialect
    kind = dialect.name, dialect.driver
    if kind not in _WRITTEN:
        _WRITTEN[kind] = [_statement(invariant, dialect) for invariant in INVARIANTS]
    for statement in _WRITTEN[kind]:
        connection.exec_driver_sql(statement)


def _statement(invariant: Invariant, dialect: Dialect) -> str:
    found = offenders(invariant).compile(dialect=dialect, compile_kwargs={"literal_binds": True})
    return f"CREATE VIEW {view_of(invariant)} AS {found}"
