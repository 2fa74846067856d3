"""Agents who work wherever they are needed: who begins to, and who goes home."""

from uuid import UUID

from sqlalchemy import Connection, func, select, update

from campaigns.orders import LogOut
from storage import belonging
from storage.engine import Store
from storage.errors import NotThere
from storage.orders import insert_order
from storage.tables.agents import AGENTS

_C = AGENTS.c


def shared_agents(store: Store) -> int:
    """How many agents are shared."""
    with store.reading() as connection:
        return int(connection.execute(select(func.count()).where(_C.shared)).scalar_one())


def share(store: Store, name: str) -> str | None:
    """From now on an agent works wherever it is needed; the campaign it is in.

    Raises `NotThere`.
    """
    with store.writing() as connection:
        at = _locked(connection, name)
        belonging.withdraw(connection, belonging.waiting_logins(connection, {name}))
        connection.execute(update(AGENTS).where(_C.name == name).values(shared=True))
    return at


def log_out(store: Store, name: str) -> tuple[str, UUID] | None:
    """An agent goes home: the campaign it is to leave, and the order. None: it was in none.

    It is shared no more, wherever it was on its way to. Raises `NotThere`.
    """
    with store.writing() as connection:
        at = _locked(connection, name)
        belonging.unshare(connection, name)
        return (at, insert_order(connection, at, LogOut(name))) if at else None


def _locked(connection: Connection, name: str) -> str | None:
    """The campaign that an agent is in, until the transaction ends."""
    if connection.execute(select(_C.name).where(_C.name == name).with_for_update()).first() is None:
        raise NotThere(f"There is no agent '{name}'")
    return belonging.at_work_elsewhere(connection, "", {name}).get(name)
