"""Asking the database whether every invariant holds."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select, text, union_all

from storage.engine import Store
from storage.invariants.declared import INVARIANTS
from storage.invariants.sql import Invariant, Since

FIRST = 5  # offenders that are named
WORK_MEMORY = "128MB"  # of one step of a query
MONTH = timedelta(days=31)  # what is looked at where nobody says from when on


@dataclass(frozen=True, slots=True)
class Offender:
    """A row that breaks an invariant: an attempt, unless `reason` names another kind of row."""

    id: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class Checked:
    """An invariant, how many rows break it, and the first of them. It holds where there is none."""

    name: str
    meaning: str
    rows: int
    first: tuple[Offender, ...] = ()


def check(store: Store, since: Since = None, names: Collection[str] = ()) -> list[Checked]:
    """Ask for each invariant, or for those named, about the attempts placed `since` then."""
    asked = [i for i in INVARIANTS if not names or i.name in names]
    with store.reading() as connection:
        _give_room(connection)
        return [_check(connection, invariant, since) for invariant in asked]


def broken(store: Store, since: Since = None, names: Collection[str] = ()) -> dict[str, list[str]]:
    """The invariants that do not hold, each with its first offenders. Empty: all is well."""
    found = check(store, since, names)
    return {c.name: [f"{o.id}: {o.reason}" for o in c.first] for c in found if c.rows}


def offenders(invariant: Invariant, since: Since = None) -> Any:
    """The query for all rows that break an invariant: `id` and `reason`."""
    return union_all(*invariant.breaks(since))


def _give_room(connection: Connection) -> None:
    """To sort and join a month of history in memory, where the server's default is 4 MB."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL work_mem = '{WORK_MEMORY}'"))


def _check(connection: Connection, invariant: Invariant, since: Since) -> Checked:
    found = offenders(invariant, since).subquery()
    number = func.count().over().label("number")
    query = select(found.c.id, found.c.reason, number).limit(FIRST)
    rows = connection.execute(query).all()
    first = tuple(Offender(row.id, row.reason) for row in rows)
    return Checked(invariant.name, invariant.meaning, rows[0].number if rows else 0, first)
