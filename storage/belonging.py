"""To which campaign an agent belongs: one at a time, from the moment its login is taken.

Whoever changes that locks the agent's row first, before orders and leases; within a transaction
the agents are locked by name, so that no two wait for each other.
"""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, or_, select, update

from campaigns.effects import AgentState
from campaigns.orders import CampaignState
from storage.dbtime import db_time
from storage.leases import has_lapsed
from storage.tables.agents import AGENT_ORDERS, AGENTS
from storage.tables.campaigns import CAMPAIGNS, LEASES

_C, _O = AGENTS.c, AGENT_ORDERS.c
_AT_WORK = (CampaignState.RUNNING.value, CampaignState.PAUSED.value)
WITHDRAWN = "The order was withdrawn before a worker took it"


def at_work_elsewhere(
    connection: Connection, campaign: str, names: Collection[str]
) -> dict[str, str]:
    """Those of the agents `names` who belong to another campaign, and to which.

    A campaign that is over, and that nobody dials any more, holds no agent back.
    """
    query = (
        select(_C.name, _C.campaign)
        .join(CAMPAIGNS, CAMPAIGNS.c.name == _C.campaign)
        .outerjoin(LEASES, LEASES.c.campaign == _C.campaign)
        .where(_C.name.in_(names), _C.campaign != campaign)
        .where(holds_agents())
    )
    found = connection.execute(query).all() if names else []
    return {row.name: row.campaign for row in found}


def holds_agents() -> ColumnElement[bool]:
    """Of a campaign, with its lease: whoever is logged in to it is in nobody else's reach."""
    return or_(CAMPAIGNS.c.wanted.in_(_AT_WORK), ~has_lapsed())


def lock(connection: Connection, names: Collection[str]) -> None:
    """Nobody else changes these agents until the transaction ends."""
    if names:
        query = select(_C.name).where(_C.name.in_(names)).order_by(_C.name)
        connection.execute(query.with_for_update()).all()


def claim(connection: Connection, campaign: str, names: Collection[str]) -> None:
    """The agents begin to belong to a campaign; nothing is known of their phones yet."""
    if names:
        elsewhere = or_(_C.campaign.is_(None), _C.campaign != campaign)
        fresh = {"state": AgentState.OFFLINE.value, "reason": "", "leg_id": None}
        connection.execute(
            update(AGENTS)
            .where(_C.name.in_(names), elsewhere)
            .values(campaign=campaign, attempt_id=None, bound=None, **fresh)
        )


def let_go(connection: Connection, campaign: str, agent: str) -> None:
    """An agent who was claimed, and whose login has come to nothing, belongs to nobody."""
    nothing_told = and_(_C.state == AgentState.OFFLINE.value, _C.leg_id.is_(None))
    mine = update(AGENTS).where(_C.name == agent, _C.campaign == campaign, nothing_told)
    connection.execute(mine.values(campaign=None))


def is_anywhere(connection: Connection, agent: str) -> bool:
    """Whether an agent belongs to any campaign."""
    query = select(_C.campaign).where(_C.name == agent)
    return connection.execute(query).scalar() is not None


def unshare(connection: Connection, agent: str) -> None:
    """From now on a shared agent is sent nowhere; logins on their way are withdrawn."""
    shared = update(AGENTS).where(_C.name == agent, _C.shared)
    if connection.execute(shared.values(shared=False, bound=None)).rowcount:
        withdraw(connection, waiting_logins(connection, {agent}))


def waiting_logins(connection: Connection, names: Collection[str]) -> dict[UUID, tuple[str, str]]:
    """The logins of these agents that no worker has taken: agent and campaign."""
    query = select(_O.id, _O.agent, _O.campaign).where(
        _O.taken_at.is_(None), _O.kind == "log_in", _O.agent.in_(names)
    )
    rows = connection.execute(query.order_by(_O.id)).all() if names else []
    return {row.id: (row.agent, row.campaign) for row in rows}


def withdraw(connection: Connection, order_ids: Collection[UUID]) -> None:
    """Take back orders that nobody has taken."""
    if order_ids:
        waiting = and_(_O.id.in_(order_ids), _O.taken_at.is_(None))
        told = {"taken_at": db_time(), "refused": WITHDRAWN}
        connection.execute(update(AGENT_ORDERS).where(waiting).values(**told))
