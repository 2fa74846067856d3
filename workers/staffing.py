"""How agents have spent their time, from the changes of their states."""

from collections import defaultdict
from datetime import datetime

from campaigns.effects import AgentChanged, AgentState

IDLE = (AgentState.READY, AgentState.RESERVED)


class TimeSheet:
    """Seconds by state, over all agents."""

    def __init__(self) -> None:
        self.seconds: dict[AgentState, float] = defaultdict(float)
        self._since: dict[str, tuple[AgentState, datetime]] = {}

    def seen(self, change: AgentChanged) -> None:
        self._close(change.agent, change.at)
        self._since[change.agent] = (change.state, change.at)

    def close(self, now: datetime) -> None:
        """Count the states that agents are still in."""
        for agent, (state, _) in list(self._since.items()):
            self._close(agent, now)
            self._since[agent] = (state, now)

    @property
    def idle(self) -> float:
        """Idle share: idle / (idle + talking), wrap-up and breaks left out; the severest way."""
        idle = sum(self.seconds[state] for state in IDLE)
        busy = self.seconds[AgentState.TALKING]
        return idle / (idle + busy) if idle + busy else 0.0

    @property
    def talk_share(self) -> float:
        """Talking / all time logged in."""
        logged_in = sum(s for state, s in self.seconds.items() if state is not AgentState.OFFLINE)
        return self.seconds[AgentState.TALKING] / logged_in if logged_in else 0.0

    def _close(self, agent: str, at: datetime) -> None:
        if agent in self._since:
            state, since = self._since[agent]
            self.seconds[state] += max(0.0, (at - since).total_seconds())
