"""Where customers are in the pipeline, and whose they are."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from connectors.calls import TOKEN
from storage.customers.changes import By
from storage.customers.changing import Changing, changing
from storage.engine import Store
from storage.errors import Refused
from storage.tables.people import CUSTOMERS


def move_stage(
    store: Store,
    ids: Collection[UUID],
    stage: str | None,
    by: By,
    at: datetime,
    why: str = "",
) -> int:
    """Move customers to a stage (None: to none); how many were not there. `why` is kept.

    Raises `Refused` for a stage that the CRM file does not declare, and `NotThere`.
    """
    with changing(store, by, at) as pen:
        _require_stage(pen, stage)
        pen.hold(ids)
        return sum(pen.put_stage(customer, stage, why) for customer in sorted(set(ids)))


def assign(store: Store, ids: Collection[UUID], owner: str | None, by: By, at: datetime) -> int:
    """Give customers an owner; None: back to the pool. How many had another one.

    Raises `Refused` for an owner that is no token, and `NotThere`.
    """
    if owner is not None and not TOKEN.fullmatch(owner):
        raise Refused("An owner is a token: letters, digits, _ and -, at most 64")
    with changing(store, by, at) as pen:
        pen.hold(ids)
        return sum(pen.put_owner(customer, owner) for customer in sorted(set(ids)))


def forbid(store: Store, ids: Collection[UUID], by: By, at: datetime) -> int:
    """Customers are not to be called any more, on any of their numbers; how many might have been.

    Nothing here takes that back: who is on the do-not-call list is taken off there, by a person.
    """
    with changing(store, by, at) as pen:
        pen.hold(ids)
        return sum(pen.forbid(customer) for customer in sorted(set(ids)))


def funnel(store: Store) -> dict[str | None, int]:
    """How many customers are in each stage; None: in none."""
    query = select(CUSTOMERS.c.stage, func.count()).group_by(CUSTOMERS.c.stage)
    with store.looking() as connection:
        return dict(connection.execute(query).all())


def _require_stage(pen: Changing, stage: str | None) -> None:
    if stage is not None and stage not in pen.known.stages:
        expected = ", ".join(pen.known.stages) or "none are declared; see the CRM file"
        shown = f"'{stage}'" if TOKEN.fullmatch(stage) else "of that name"
        raise Refused(f"There is no stage {shown}; there are: {expected}")
