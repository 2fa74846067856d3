"""An inbound call while it lives. It lives by the same table as placed ones, from WAITING on."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from campaigns.agents import Agent, Conversation
from campaigns.arrivals import Arrival
from campaigns.call_life import CallState
from campaigns.flow.needs import Ask
from campaigns.leads import NOTHING, Particulars
from campaigns.passage import Passage

ANYBODY = Ask()
_WAITS = frozenset({CallState.WAITING, CallState.ASKING})


@dataclass(slots=True)
class InboundCall:
    """One admitted call while it lives. `told`: what a flow is told of the caller."""

    arrival: Arrival
    lead_id: UUID | None
    since: datetime  # when it came into its present state
    told: Particulars = NOTHING
    state: CallState = CallState.WAITING
    agent: str | None = None  # on the way to it, or on the line
    connected_at: datetime | None = None
    talk: Conversation | None = None  # from then on
    recording: str | None = None
    waited_out: bool = False
    passage: Passage | None = None  # from when it was sent into the flow
    flow_heard: bool = False  # the flow has told something
    asked_at: datetime | None = None  # for an agent, in the flow, the first time
    call_id: UUID = field(init=False)
    node: str = field(init=False)
    queued_at: datetime = field(init=False)  # since when it has its place among those who wait

    def __post_init__(self) -> None:
        self.call_id, self.node = self.arrival.call_id, self.arrival.node
        self.queued_at = self.asked_at or self.arrival.at

    @property
    def waits(self) -> bool:
        """For an agent, and none is on the way."""
        return self.state in _WAITS and self.agent is None and self.connected_at is None

    def may_get(self, agent: Agent) -> bool:
        """Whether an agent is of its PBX, and whom it asks for."""
        asks = (self.passage.ask if self.passage is not None else None) or ANYBODY
        able = asks.skills <= agent.skills and asks.teams <= agent.teams
        return able and agent.node == self.node
