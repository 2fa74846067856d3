"""The agents of the site: who they are, where their phones are, what they can do."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlmodel import col
from sqlmodel import select as rows_of

from campaigns.effects import AgentState
from campaigns.spec.campaign import Campaign
from connectors.calls import TOKEN
from storage.engine import Store
from storage.errors import NotThere, Refused
from storage.tables.agents import AGENTS, AgentRow
from storage.upsert import insert_into

_C = AGENTS.c


@dataclass(frozen=True, slots=True)
class NewAgent:
    """An agent to be added. `phone`: a token of the directory of the PBX `node`."""

    name: str
    phone: str
    node: str = "main"
    label: str = ""
    teams: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()


def add(store: Store, agent: NewAgent, now: datetime) -> bool:
    """Add an agent; True if it is new. One that is known gets the new phone, teams and skills.

    Raises `Refused` when a name, phone, node, team or skill is not a token.
    """
    _check(agent)
    offered = {
        "phone": agent.phone,
        "node": agent.node,
        "label": agent.label,
        "teams": sorted(set(agent.teams)),
        "skills": sorted(set(agent.skills)),
    }
    first = {"state": AgentState.OFFLINE.value, "reason": "", "since": now, "created_at": now}
    with store.writing() as connection:
        known = connection.execute(select(_C.name).where(_C.name == agent.name)).first()
        statement = insert_into(connection, AGENTS).values(name=agent.name, **offered, **first)
        connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=offered))
    return known is None


def remove(store: Store, name: str) -> None:
    """Forget an agent. Raises `NotThere`, and `Refused` while the agent is at work."""
    with store.writing() as connection:
        state = connection.execute(select(_C.state).where(_C.name == name)).scalar()
        if state is None:
            raise NotThere(f"There is no agent '{name}'")
        if state != AgentState.OFFLINE:
            raise Refused(f"Agent '{name}' is {state}; log the agent out first")
        connection.execute(delete(AGENTS).where(_C.name == name))


def get(store: Store, name: str) -> AgentRow:
    """One agent. Raises `NotThere`."""
    with store.session() as session:
        agent = session.get(AgentRow, name)
    if agent is None:
        raise NotThere(f"There is no agent '{name}'")
    return agent


def list_all(store: Store) -> list[AgentRow]:
    """Every agent, by name."""
    with store.session() as session:
        return list(session.exec(rows_of(AgentRow).order_by(col(AgentRow.name))))


def of_campaign(store: Store, campaign: Campaign) -> list[AgentRow]:
    """The agents who may take the campaign's calls: named, or of a team; with all its skills."""
    return [agent for agent in list_all(store) if may_work(agent, campaign)]


def may_work(agent: AgentRow, campaign: Campaign) -> bool:
    """Whether an agent may take the calls of a campaign."""
    wanted = campaign.agents
    named = agent.name in wanted.names or not set(agent.teams).isdisjoint(wanted.teams)
    return named and set(wanted.skills) <= set(agent.skills)


def _check(agent: NewAgent) -> None:
    parts = {
        "name": (agent.name,),
        "phone": (agent.phone,),
        "node": (agent.node,),
        "teams": agent.teams,
        "skills": agent.skills,
    }
    for part, values in parts.items():
        if not all(TOKEN.fullmatch(value) for value in values):
            raise Refused(
                f"The {part} of an agent may hold letters, digits, _ and -, at most 64 of them, "
                "beginning with a letter or digit"
            )
