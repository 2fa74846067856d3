"""How long agents were in each state, from the history of their states."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise
from typing import Any

from sqlalchemy import Connection, select

from campaigns.effects import AgentState
from storage.tables.agents import AGENT_STATES

_C = AGENT_STATES.c


@dataclass(frozen=True, slots=True)
class AgentTimes:
    """Seconds in each state, and the number of conversations."""

    ready: float = 0.0
    reserved: float = 0.0
    talking: float = 0.0
    wrap_up: float = 0.0
    paused: float = 0.0
    calls: int = 0


def times_of(
    connection: Connection, campaign: str, since: datetime | None, until: datetime
) -> dict[str, AgentTimes]:
    """The times of a campaign's agents between `since` (or ever) and `until`, by name."""
    query = (
        select(_C.agent, _C.at, _C.state)
        .where(_C.campaign == campaign, _C.at <= until)
        .order_by(_C.agent, _C.at, _C.seq)
    )
    rows = connection.execute(query)
    groups = groupby(rows, key=lambda row: str(row.agent))
    return {agent: _times([*changes], since, until) for agent, changes in groups}


def _times(changes: list[Any], since: datetime | None, until: datetime) -> AgentTimes:
    seconds: dict[str, float] = defaultdict(float)
    calls = 0
    ends = [after.at for _, after in pairwise(changes)] + [until]
    for change, end in zip(changes, ends, strict=True):
        start = max(change.at, since) if since else change.at
        seconds[change.state] += max(0.0, (end - start).total_seconds())
        calls += change.state == AgentState.TALKING and start == change.at
    counted = {state: seconds[state] for state in _COUNTED}
    return AgentTimes(**counted, calls=calls)


_COUNTED = (
    AgentState.READY.value,
    AgentState.RESERVED.value,
    AgentState.TALKING.value,
    AgentState.WRAP_UP.value,
    AgentState.PAUSED.value,
)
