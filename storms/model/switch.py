"""The model's PBX: it holds calls, carries commands out at once, and keeps a book of its own.

What customers do is not decided here but by the machine (`answer`, `leave`). Each process has a
wire to it (`wire`), which may swallow, delay and repeat what it carries.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from uuid import UUID

from connectors.calls import (
    AgentLegDown,
    AgentLegUp,
    Answered,
    Command,
    Connected,
    ConnectToAgent,
    Ended,
    EndReason,
    Event,
    HangUp,
    LiveCall,
    Originate,
    Phase,
    PlayMessage,
    RingAgent,
    Ringing,
)
from storms.model.time import Time

TALK = 15.0  # seconds from the answer, where nobody ends a call before


@dataclass(slots=True)
class Held:
    """A customer's call that the PBX holds."""

    call_id: UUID
    number: str
    phase: Phase = Phase.RINGING
    leg_id: UUID | None = None
    campaign: str = ""  # whose worker has placed it
    until: float = inf  # when the customer has talked for long enough, in the model's seconds


@dataclass(slots=True)
class Switch:
    """One node. `wrongs`: what nobody may ever ask of a PBX, and somebody did."""

    time: Time
    asked: Callable[[UUID], None]  # is shown each originate
    calls: dict[UUID, Held] = field(default_factory=dict)
    legs: dict[UUID, str] = field(default_factory=dict)
    placed: dict[UUID, str] = field(default_factory=dict)
    wrongs: list[str] = field(default_factory=list)
    listeners: list[Callable[[Event], None]] = field(default_factory=list)

    def command(self, command: Command, campaign: str) -> None:
        """Carry it out, for the worker of a campaign."""
        if isinstance(command, Originate):
            self._originate(command, campaign)
        elif isinstance(command, RingAgent):
            self.legs[command.leg_id] = command.phone
            self._tell(AgentLegUp(command.leg_id, self.time.now()))
        elif isinstance(command, ConnectToAgent):
            self._connect(command)
        elif isinstance(command, HangUp):
            self._hang_up(command.call_id)
        elif isinstance(command, PlayMessage) and command.call_id in self.calls:
            self.leave(command.call_id, EndReason.HUNG_UP)

    def live(self) -> tuple[LiveCall, ...]:
        calls = [LiveCall(call.call_id, call.phase, call.leg_id) for call in self.calls.values()]
        return (*calls, *(LiveCall(leg, Phase.AGENT_LEG) for leg in self.legs))

    def wakes_at(self) -> float:
        """When the next customer has talked for long enough."""
        return min((call.until for call in self.calls.values()), default=inf)

    def turn(self) -> None:
        """Whoever has talked for long enough is gone."""
        for call in [call for call in self.calls.values() if call.until <= self.time.elapsed]:
            self.leave(call.call_id, EndReason.HUNG_UP)

    def answer(self, call_id: UUID) -> None:
        """A person picks up."""
        self.calls[call_id].phase = Phase.ANSWERED
        self.calls[call_id].until = self.time.elapsed + TALK
        self._tell(Answered(call_id, self.time.now()))

    def leave(self, call_id: UUID, reason: EndReason) -> None:
        """The call is gone."""
        del self.calls[call_id]
        self._tell(Ended(call_id, self.time.now(), reason))

    def drop_leg(self, leg_id: UUID) -> None:
        """An agent's phone goes on hook, and whoever talks to it is gone too."""
        del self.legs[leg_id]
        self._tell(AgentLegDown(leg_id, self.time.now()))
        for call in [call for call in self.calls.values() if call.leg_id == leg_id]:
            self.leave(call.call_id, EndReason.HUNG_UP)

    def _originate(self, order: Originate, campaign: str) -> None:
        self.asked(order.call_id)
        if order.call_id in self.placed:
            self.wrongs.append("a call was placed twice")
        if any(call.number == order.number for call in self.calls.values()):
            self.wrongs.append("a number was dialled while it was on a call")
        if order.call_id in self.calls:
            return
        self.placed[order.call_id] = order.number
        self.calls[order.call_id] = Held(order.call_id, order.number, campaign=campaign)
        self._tell(Ringing(order.call_id, self.time.now()))

    def _connect(self, command: ConnectToAgent) -> None:
        call = self.calls.get(command.call_id)
        if call is None or call.phase is Phase.RINGING or command.leg_id not in self.legs:
            return
        call.phase, call.leg_id = Phase.CONNECTED, command.leg_id
        self._tell(Connected(call.call_id, self.time.now(), command.leg_id))

    def _hang_up(self, call_id: UUID) -> None:
        if call_id in self.legs:
            self.drop_leg(call_id)
        elif call_id in self.calls:
            rang = self.calls[call_id].phase is Phase.RINGING
            self.leave(call_id, EndReason.CANCELLED if rang else EndReason.HUNG_UP)

    def _tell(self, event: Event) -> None:
        for listener in self.listeners:
            listener(event)
