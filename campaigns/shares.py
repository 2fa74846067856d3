"""The share of each campaign in the agents who are at work."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from campaigns.effects import AgentState
from campaigns.fill import fill


@dataclass(frozen=True, slots=True)
class Taker:
    """A campaign that somebody dials. `leads`: how many it may dial soon; counting may end at
    more than there are agents. `others`: agents at work in it who are not shared."""

    name: str
    weight: float
    leads: int
    others: int = 0


@dataclass(frozen=True, slots=True)
class SharedAgent:
    """An agent who works wherever it is needed. `fits`: the campaigns whose calls it may take.

    `at`: the campaign it is logged in to. `bound`: the one it has been asked to go to, and has not
    begun to work for yet. Neither: it waits for work. `told`: when it was last sent anywhere.
    """

    name: str
    fits: frozenset[str]
    state: AgentState
    since: datetime
    at: str | None = None
    bound: str | None = None
    told: datetime | None = None

    @property
    def place(self) -> str | None:
        """The campaign that counts it."""
        return self.bound or self.at


def shares(takers: Sequence[Taker], pool: Sequence[SharedAgent]) -> dict[str, Fraction]:
    """How many of the agents at work each campaign should have; a campaign without leads: those
    who can go nowhere else. Agents who are fit for one campaign alone count first towards its own.
    """
    working = {taker.name for taker in takers if taker.leads > 0}
    fixed = {taker.name: taker.others for taker in takers}
    reach = Counter(fixed)
    for agent in pool:
        places = agent.fits & working
        reach.update(places)
        only = min(places, default=agent.place) if len(places) <= 1 else None
        if only in fixed:
            fixed[only] += 1
    free = sum(taker.others for taker in takers) + len(pool) - sum(fixed.values())
    bounds = _bounds([t for t in takers if t.name in working], fixed, reach, free)
    weights = {t.name: Fraction(t.weight) for t in takers if t.name in working}
    given = fill(free + sum(fixed[name] for name in working), weights, bounds)
    return {name: given.get(name, Fraction(count)) for name, count in fixed.items()}


def _bounds(
    working: Sequence[Taker], fixed: Mapping[str, int], reach: Mapping[str, int], free: int
) -> dict[str, tuple[int, int]]:
    """The least and the most agents of each campaign with work."""
    bare = [t.name for t in working if not fixed[t.name] and reach[t.name]]
    least = {t.name: fixed[t.name] for t in working}
    if len(bare) <= free:
        least |= dict.fromkeys(bare, 1)
    return {
        t.name: (least[t.name], max(least[t.name], min(t.leads, reach[t.name]))) for t in working
    }
