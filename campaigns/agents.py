"""The agents who are logged in to a campaign: their states, and who takes the next call."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import takewhile
from uuid import UUID

from campaigns.effects import AgentChanged, AgentState
from campaigns.leads import Candidate

BUSY = (AgentState.TALKING, AgentState.WRAP_UP)


class Leaving(StrEnum):
    """What an agent wants, or is asked to do; it comes as soon as it leaves no call uncovered."""

    NO = ""
    PAUSE = "pause"
    LOG_OUT = "log_out"
    MOVE = "move"  # asked of it, not by it
    INBOUND = "inbound"  # likewise: to come to a call that waits; it does not leave the campaign


@dataclass(slots=True)
class Conversation:
    """What an agent may file: the conversation at hand, or the last one."""

    call_id: UUID
    lead_id: UUID | None  # of an inbound call, where the caller is on the list
    day: str = ""  # whose tally counts it; empty: none does
    late: bool = False  # as it is counted there
    machine: bool = False  # filed as one with a machine
    inbound: bool = False


@dataclass(slots=True)
class Agent:
    """One logged-in agent. `since` is when the present state began."""

    name: str
    phone: str
    node: str
    skills: frozenset[str]
    since: datetime
    teams: frozenset[str] = frozenset()
    covers: bool = True  # can take any call of the campaign's that may ask for an agent
    state: AgentState = AgentState.OFFLINE
    reason: str = ""
    leg_id: UUID | None = None
    leg_up: bool = False
    at_hand: bool = False  # ready, staying and on the phone; kept by the floor
    call_id: UUID | None = None  # the call it is reserved for, talks to, or wraps up
    preview: Candidate | None = None
    accepted: bool = False  # the preview is to be dialled once the phone is off hook
    booked: UUID | None = None  # the lead it is set aside for, from the order to the answer
    leaving: Leaving = Leaving.NO
    leaving_reason: str = ""
    disposition: str = ""  # chosen while still talking
    filed: bool = False  # and to be ready at once when the call ends
    last: Conversation | None = None  # to be filed
    talked: float | None = None  # seconds
    wrap_up_until: datetime | None = None


class Floor:
    """The pool. It changes states and says so; it decides nothing about calls."""

    def __init__(self) -> None:
        self._agents: dict[str, Agent] = {}
        self._by_leg: dict[UUID, Agent] = {}
        self._count = dict.fromkeys(AgentState, 0)
        self._leavers: dict[str, Agent] = {}
        self._ready: dict[str, Agent] = {}  # in the order in which they became ready
        # those at work who stay: since when, as a timestamp, for pacing
        self.busy: dict[AgentState, dict[str, float]] = {state: {} for state in BUSY}
        self.free_on: Counter[str] = Counter()  # agents at hand, by PBX node

    def __iter__(self) -> Iterator[Agent]:
        return iter(self._agents.values())

    def __len__(self) -> int:
        return len(self._agents)

    def get(self, name: str) -> Agent | None:
        return self._agents.get(name)

    def by_leg(self, leg_id: UUID) -> Agent | None:
        return self._by_leg.get(leg_id)

    def count(self, state: AgentState) -> int:
        return self._count[state]

    def at_hand(self) -> list[Agent]:
        """Ready agents who mean to stay and are on the phone: a customer is there at once."""
        return [agent for agent in self._ready.values() if agent.at_hand]

    def ready(self) -> list[Agent]:
        return list(self._ready.values())

    @property
    def leaving(self) -> bool:
        """Whether anybody has asked to leave."""
        return bool(self._leavers)

    def leavers(self) -> list[Agent]:
        """Ready agents who have asked to leave."""
        if not self._leavers:
            return []
        return [a for a in self._leavers.values() if a.state is AgentState.READY]

    def asked(self, wish: Leaving) -> list[Agent]:
        """Who is to leave for this reason, whatever they do now."""
        return [agent for agent in self._leavers.values() if agent.leaving is wish]

    def ask_to_leave(self, agent: Agent, wish: Leaving, reason: str) -> None:
        agent.leaving, agent.leaving_reason = wish, reason
        self._leavers[agent.name] = agent
        for busy in self.busy.values():
            busy.pop(agent.name, None)
        self._recount(agent)

    def stay(self, agent: Agent) -> None:
        """The agent no longer asks to leave, or has left."""
        agent.leaving, agent.leaving_reason = Leaving.NO, ""
        if self._leavers.pop(agent.name, None) and agent.state in BUSY:
            self.busy[agent.state][agent.name] = agent.since.timestamp()
        self._recount(agent)

    def add(self, agent: Agent) -> None:
        self._agents[agent.name] = agent
        self._count[agent.state] += 1

    def remove(self, agent: Agent) -> None:
        self.drop_leg(agent)
        self._leavers.pop(agent.name, None)
        self._ready.pop(agent.name, None)
        if self._agents.pop(agent.name, None) is not None:
            self._count[agent.state] -= 1

    def set_leg(self, agent: Agent, leg_id: UUID) -> None:
        self.drop_leg(agent)
        agent.leg_id = leg_id
        self._by_leg[leg_id] = agent

    def leg_is_up(self, agent: Agent) -> None:
        agent.leg_up = True
        self._recount(agent)

    def drop_leg(self, agent: Agent) -> None:
        if agent.leg_id is not None:
            self._by_leg.pop(agent.leg_id, None)
        agent.leg_id = None
        agent.leg_up = False
        self._recount(agent)

    def longest_idle(
        self,
        skills: frozenset[str] = frozenset(),
        node: str | None = None,
        teams: frozenset[str] = frozenset(),
    ) -> Agent | None:
        """The ready agent with all of `skills`, of all `teams`, on PBX `node` if given, who has
        waited longest.

        Among those who waited equally, the one with the fewest skills: the others are kept for
        the calls that need them. Agents about to leave, or not on the phone, come last.
        """
        able = (a for a in self._ready.values() if _fits(a, skills, node, teams))
        first = next((a for a in able if a.at_hand), None)
        if first is not None:
            equals = takewhile(lambda a: a.since == first.since, able)
            return min((first, *(a for a in equals if a.at_hand)), key=_turn)
        return next((a for a in self._ready.values() if _fits(a, skills, node, teams)), None)

    def move(
        self, agent: Agent, state: AgentState, now: datetime, reason: str = ""
    ) -> AgentChanged:
        """Put an agent into `state` and tell it."""
        self._count[agent.state] -= 1
        self._count[state] += 1
        if agent.state in BUSY:
            self.busy[agent.state].pop(agent.name, None)
        if state in BUSY and agent.leaving is Leaving.NO:
            self.busy[state][agent.name] = now.timestamp()
        agent.state, agent.since, agent.reason = state, now, reason
        self._ready.pop(agent.name, None)
        if state is AgentState.READY:
            self._ready[agent.name] = agent
        self._recount(agent)
        return AgentChanged(
            agent.name, now, state, reason, agent.call_id, agent.preview, agent.leg_id
        )

    def _recount(self, agent: Agent) -> None:
        """Keep `at_hand` and `free_on` right, whatever has changed about an agent."""
        ready = agent.state is AgentState.READY
        at_hand = ready and agent.leg_up and agent.leaving is Leaving.NO
        if at_hand is not agent.at_hand:
            agent.at_hand = at_hand
            if agent.covers:
                self.free_on[agent.node] += 1 if at_hand else -1


def _fits(agent: Agent, skills: frozenset[str], node: str | None, teams: frozenset[str]) -> bool:
    return skills <= agent.skills and teams <= agent.teams and node in (None, agent.node)


def _turn(agent: Agent) -> tuple[int, str]:
    return len(agent.skills), agent.name
