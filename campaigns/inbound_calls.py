"""An inbound call while it lives. It lives by the same table as placed ones, from WAITING on."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from campaigns.agents import Conversation
from campaigns.arrivals import Arrival
from campaigns.call_life import CallState


@dataclass(slots=True)
class InboundCall:
    """One admitted call while it lives."""

    arrival: Arrival
    lead_id: UUID | None
    since: datetime  # when it came into its present state
    state: CallState = CallState.WAITING
    agent: str | None = None  # on the way to it, or on the line
    connected_at: datetime | None = None
    talk: Conversation | None = None  # from then on
    recording: str | None = None
    waited_out: bool = False
    call_id: UUID = field(init=False)
    node: str = field(init=False)

    def __post_init__(self) -> None:
        self.call_id, self.node = self.arrival.call_id, self.arrival.node

    @property
    def waits(self) -> bool:
        """For an agent, and none is on the way."""
        return self.state is CallState.WAITING and self.agent is None
