"""Where shared agents work: decided, and ordered, in one transaction.

Theory. Two facts are kept in an agent's row: that it is shared, and the campaign it is `bound`
for, which it has been asked to leave for. A move is two orders, to leave one campaign and to log
in to another, and the second is given only once the row says that the first was carried out. So
there is nothing between two runs but rows: whoever dies in the middle, the next run finds the
agent in its old campaign and bound (whose worker, or its successor, lets it go), or in none (and
sends it to wherever it is needed by then), or with a login on its way (which is withdrawn if
nobody takes it). The rows of all shared agents are locked for the decision, so that two runs at
once decide one after the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select, update

from campaigns.effects import AgentState
from campaigns.orders import LogIn, Move, Stay
from campaigns.shares import SharedAgent, Taker
from campaigns.sharing import Sent, share_out
from storage import belonging
from storage.agents import may_work
from storage.campaigns import Stored
from storage.dbtime import db_time, read_db_time
from storage.engine import Store
from storage.orders import insert_order
from storage.tables.agents import AGENT_ORDERS, AGENTS
from storage.tables.campaigns import CAMPAIGNS, LEASES

_C = AGENTS.c
PATIENCE = 10.0  # seconds for a worker to take a login


@dataclass(frozen=True, slots=True)
class Dialled:
    """A campaign that somebody dials, and how many leads it may dial soon."""

    stored: Stored
    leads: int


def share_agents_out(store: Store, dialled: Sequence[Dialled]) -> list[Sent]:
    """Decide who is to work where now, and order it; what was ordered."""
    with store.writing() as connection:
        query = select(AGENTS).where(_C.shared).order_by(_C.name)
        rows = {row.name: row for row in connection.execute(query.with_for_update())}
        if not rows:
            return []
        takers = [_taker(d, _others(connection)) for d in dialled]
        agents = _agents(connection, rows, dialled)
        sent = share_out(takers, agents, read_db_time(connection))
        for order in sent:
            _give(connection, order, rows[order.agent])
    return sent


def _taker(dialled: Dialled, others: dict[str, int]) -> Taker:
    name = dialled.stored.name
    return Taker(name, dialled.stored.spec.agents.share, dialled.leads, others.get(name, 0))


def _others(connection: Connection) -> dict[str, int]:
    """How many agents are at work in each campaign who are not shared."""
    query = (
        select(_C.campaign, func.count().label("agents"))
        .where(~_C.shared, _C.campaign.is_not(None), _C.state != AgentState.PAUSED.value)
        .group_by(_C.campaign)
    )
    return {row.campaign: row.agents for row in connection.execute(query)}


def _agents(
    connection: Connection, rows: dict[str, Any], dialled: Sequence[Dialled]
) -> list[SharedAgent]:
    """As the decision sees them. A login that nobody takes is withdrawn."""
    held, on_the_way = _held(connection), _on_the_way(connection, rows)
    found = []
    for name, row in rows.items():
        at = row.campaign if row.campaign in held else None
        fits = frozenset(d.stored.name for d in dialled if _fits(row, d.stored))
        state = AgentState(row.state) if at else AgentState.OFFLINE
        bound = row.bound if at else on_the_way.get(name)
        found.append(SharedAgent(name, fits, state, row.since, at, bound, row.told_at))
    return found


def _held(connection: Connection) -> set[str]:
    """The campaigns whose agents are in nobody else's reach."""
    query = select(CAMPAIGNS.c.name).outerjoin(LEASES, LEASES.c.campaign == CAMPAIGNS.c.name)
    return set(connection.execute(query.where(belonging.holds_agents())).scalars())


def _on_the_way(connection: Connection, names: dict[str, Any]) -> dict[str, str]:
    """Where agents are to be logged in to."""
    waiting = belonging.waiting_logins(connection, names.keys())
    of = AGENT_ORDERS.c
    late = select(of.id).where(of.id.in_(waiting), of.created_at < db_time(-PATIENCE))
    too_late = set(connection.execute(late).scalars()) if waiting else set()
    belonging.withdraw(connection, too_late)
    return dict(login for order_id, login in waiting.items() if order_id not in too_late)


def _fits(row: Any, stored: Stored) -> bool:
    return may_work(row, stored.spec) and row.node in stored.spec.pbx


def _give(connection: Connection, sent: Sent, row: Any) -> None:
    """The order to the campaign that is to act, and where the agent goes."""
    if sent.out_of is None:
        login = LogIn(row.name, row.phone, row.node, frozenset(row.skills), frozenset(row.teams))
        insert_order(connection, sent.to, login)
    else:
        stays = sent.to == sent.out_of
        insert_order(connection, sent.out_of, Stay(row.name) if stays else Move(row.name, sent.to))
    bound = sent.to if sent.out_of not in (None, sent.to) else None
    going = update(AGENTS).where(_C.name == row.name)
    connection.execute(going.values(bound=bound, told_at=db_time()))
