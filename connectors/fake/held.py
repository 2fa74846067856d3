"""What the fake PBX holds: customers' calls and agents' legs."""

from uuid import UUID

from connectors.calls import CallEvent, Originate, Party, Phase
from connectors.fake.agenda import Subject
from connectors.fake.fate import Fate
from connectors.fake.flow_player import Play
from connectors.fake.trunks import Lines
from connectors.fake.world import Phone


class Call(Subject):
    """A customer's call; `placed` and `answered` in microseconds, as the agenda counts.

    One that came in has the `line` it came in on, and the number of its `caller`; an originate
    says the others' `wait_seconds`, and whether AMD listens (`amd`).
    """

    __slots__ = (
        "amd", "answered", "call_id", "caller", "ending", "fate", "kept", "leg", "line", "lines",
        "party", "phase", "placed", "play", "wait_seconds",
    )  # fmt: skip

    def __init__(self, call_id: UUID, fate: Fate, placed: int) -> None:
        super().__init__()
        self.call_id = call_id
        self.fate = fate
        self.placed = placed
        self.answered = 0
        self.phase = Phase.RINGING
        self.lines: Lines | None = None  # of the trunk
        self.leg: Leg | None = None
        self.party: Party | None = None  # as AMD has it
        self.play: Play | None = None  # on its way through a flow
        self.kept: list[CallEvent] = []  # of what that has told, see `flow_calls`
        self.ending = False  # we have hung up: no later command counts
        self.wait_seconds = 0
        self.amd = False
        self.line = self.caller = ""

    @classmethod
    def ordered(cls, order: Originate, fate: Fate, lines: Lines | None, placed: int) -> "Call":
        call = cls(order.call_id, fate, placed)
        call.lines, call.wait_seconds, call.amd = lines, order.wait_seconds, order.amd
        return call

    @classmethod
    def arrived(cls, call_id: UUID, fate: Fate, now: int, line: str, caller: str) -> "Call":
        call = cls(call_id, fate, now)
        call.answered, call.phase, call.line, call.caller = now, Phase.ARRIVED, line, caller
        return call

    @property
    def unconnected(self) -> Phase:
        """What it is in when no agent is on it, once it is answered."""
        return Phase.ARRIVED if self.line else Phase.ANSWERED


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
