"""What the fake PBX holds: customers' calls and agents' legs."""

from uuid import UUID

from connectors.calls import Originate, Phase
from connectors.fake.agenda import Subject
from connectors.fake.fate import Fate
from connectors.fake.trunks import Lines
from connectors.fake.world import Phone


class Call(Subject):
    """A customer's call; `placed` and `answered` in microseconds, as the agenda counts."""

    __slots__ = ("answered", "ending", "fate", "leg", "lines", "order", "phase", "placed")

    def __init__(self, order: Originate, fate: Fate, lines: Lines | None, placed: int) -> None:
        super().__init__()
        self.order = order
        self.fate = fate
        self.lines = lines
        self.placed = placed
        self.answered = 0
        self.phase = Phase.RINGING
        self.leg: Leg | None = None
        self.ending = False  # we have hung up: no later command counts

    @property
    def call_id(self) -> UUID:
        return self.order.call_id


class Leg(Subject):
    """An agent's phone, ringing or off its hook; or a supervisor's, which hears `target`."""

    __slots__ = ("call", "leg_id", "pace", "phone", "target", "up", "watchers")

    def __init__(self, leg_id: UUID, phone: Phone, pace: float, target: UUID | None) -> None:
        super().__init__()
        self.leg_id = leg_id
        self.phone = phone
        self.pace = pace
        self.target = target
        self.up = False
        self.call: Call | None = None
        self.watchers: list[Leg] = []
