"""How agents are shared out among campaigns that dial at the same time.

Theory. Each campaign has a share of the agents at work: by its weight, at most as many as it has
leads, at least one if it has any lead and there are enough agents. What a campaign has beyond its
share is its distance. Agents move from the greatest distance to the least, and only once some
campaign is a whole agent away from its share; then they move until the split is the nearest one
there is, which is that of the largest remainders. Each move brings the split nearer, so that it
comes to rest; within an agent of the shares it stays as it is, so that nobody moves back and forth.

Pure: whoever carries the moves out sees to it that an agent is in one campaign at a time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction

from campaigns.effects import AgentState
from campaigns.shares import SharedAgent, Taker, shares

STAY = timedelta(seconds=60)  # an agent who was told where to work is left there for so long


@dataclass(frozen=True, slots=True)
class Sent:
    """An agent is to work for the campaign `to`. `out_of`: the one to leave first; `to` itself
    takes back that the agent was asked to leave."""

    agent: str
    to: str
    out_of: str | None = None


Distances = dict[str, Fraction]
SOON_FREE = (AgentState.READY, AgentState.WRAP_UP, AgentState.TALKING)  # in this order
AWAY = AgentState.PAUSED  # on a break: counted nowhere, and left alone


def share_out(takers: Sequence[Taker], agents: Sequence[SharedAgent], now: datetime) -> list[Sent]:
    """Who is to go where now. Those who wait for work are sent at once, wherever there is any."""
    pool = {agent.name: agent for agent in agents if _counts(agent, takers)}
    sent: list[Sent] = []
    waiting = [agent for agent in pool.values() if agent.place is None]
    for agent in sorted(waiting, key=lambda a: (len(a.fits), a.since, a.name)):
        if place := _neediest(takers, pool, agent):
            sent.append(Sent(agent.name, place))
            pool[agent.name] = replace(agent, bound=place, told=now)
    moves = 0
    while found := _next_move(takers, pool, now, begun=moves > 0):
        agent, to = found
        sent.append(Sent(agent.name, to, agent.at))
        pool[agent.name] = replace(agent, bound=None if to == agent.at else to, told=now)
        moves += 1
    return sent


def _counts(agent: SharedAgent, takers: Sequence[Taker]) -> bool:
    """Whose campaign nobody dials now cannot be reached there, nor sent elsewhere."""
    reached = agent.place is None or agent.place in {taker.name for taker in takers}
    return reached and agent.state is not AWAY


def _distances(takers: Sequence[Taker], pool: dict[str, SharedAgent]) -> Distances:
    """By how many agents each campaign has more than its share."""
    agents = list(pool.values())
    due = shares(takers, agents)
    places = [agent.place for agent in agents]
    return {t.name: t.others + places.count(t.name) - due[t.name] for t in takers}


def _neediest(
    takers: Sequence[Taker], pool: dict[str, SharedAgent], agent: SharedAgent
) -> str | None:
    """The campaign with work that is furthest below its share, of those an agent is fit for."""
    away = _distances(takers, pool)
    open_to = [t for t in takers if t.leads > 0 and t.name in agent.fits]
    return min(open_to, key=lambda t: (away[t.name], -t.weight, t.name)).name if open_to else None


def _next_move(
    takers: Sequence[Taker], pool: dict[str, SharedAgent], now: datetime, begun: bool
) -> tuple[SharedAgent, str] | None:
    """The move that helps most. None: the split is near enough, or nobody can be moved now."""
    away = _distances(takers, pool)
    found = list(_moves(takers, pool, away, now))
    if not begun and not any(_is_whole(away, agent, to) for agent, to in found):
        return None
    return max(found, key=lambda move: _worth(away, *move), default=None)


def _moves(
    takers: Sequence[Taker], pool: dict[str, SharedAgent], away: Distances, now: datetime
) -> Iterator[tuple[SharedAgent, str]]:
    """Those that bring the split nearer to the shares."""
    short = [t.name for t in takers if t.leads > 0 and away[t.name] < 0]
    for agent in (a for a in pool.values() if _may_move(a, now)):
        for name in _ways(agent, short):
            if away[agent.place or ""] - away[name] > 1:
                yield agent, name


def _ways(agent: SharedAgent, short: Sequence[str]) -> list[str]:
    """Where it could go; who has been asked to leave can only be asked to stay after all."""
    open_to = {agent.at} if agent.bound else agent.fits
    return [name for name in short if name in open_to]


def _may_move(agent: SharedAgent, now: datetime) -> bool:
    stayed = agent.told is None or now - agent.told >= STAY
    return stayed and agent.at is not None and agent.state in SOON_FREE


def _is_whole(away: Distances, agent: SharedAgent, to: str) -> bool:
    return away[agent.place or ""] >= 1 or away[to] <= -1


def _worth(away: Distances, agent: SharedAgent, to: str) -> tuple[Fraction, int, float, str]:
    """Ready agents go first, of these who has waited longest; then who will be free soonest."""
    nearer = away[agent.place or ""] - away[to]
    return nearer, -SOON_FREE.index(agent.state), -agent.since.timestamp(), agent.name
