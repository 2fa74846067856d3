"""A call's way through its flow, as far as the dialler has to know of it."""

from dataclasses import dataclass
from datetime import datetime

from campaigns.flow.needs import Ask
from connectors.flows import FlowEnd


@dataclass(slots=True)
class Passage:
    """`ask`: whom the call waits for now, until the step's wait is over at `until`.

    `told_at`: when the PBX last told that an agent is asked for, or that the asking is over; what
    it tells of that from before comes late. `heard`: a person has gone through the flow: keys were
    pressed, or it came to its end by a step. `how`, `disposition`: its end, once it is told.
    """

    ask: Ask | None = None
    until: datetime | None = None
    told_at: datetime | None = None
    heard: bool = False
    how: FlowEnd | None = None
    disposition: str = ""
