"""The sans-IO heart of the fake PBX: commands and time go in, events come out.

Theory of operation: `command` may plan happenings but never tells of them; `advance` lets time
pass and returns what happened, each event stamped with the moment at which it was due; `wake_at`
says when it is worth asking again. Nothing here knows of clocks, tasks or sockets, so the same
exchange is a PBX in real time (`connectors.fake.connector`), at any multiple of it, and in
virtual time, where a shift takes seconds.
"""

from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from connectors.calls import (
    CallEvent,
    Command,
    ConnectToAgent,
    Event,
    HangUp,
    LiveCall,
    Monitor,
    Originate,
    Party,
    Phase,
    PlayMessage,
    RingAgent,
    StartRecording,
    StopRecording,
)
from connectors.fake.agenda import Agenda
from connectors.fake.callers import Callers
from connectors.fake.customers import Customers
from connectors.fake.flow_calls import FlowCalls
from connectors.fake.flow_player import FlowPlayer
from connectors.fake.held import Call, Leg
from connectors.fake.phones import Phones
from connectors.fake.tapes import Recording, Tapes
from connectors.fake.world import World
from connectors.flows import AnswerFlow, EnterFlow, SayFlow

COMPLAINTS = 1_000  # of the latest are kept


class Exchange:
    """One fake PBX. Commands are taken as they are; who sends them checks them first.

    `complaints` holds a sentence for each command that no dialler should ever give; tests
    look at it. A command that merely comes too late (the call has just ended) is none.
    `recordings` are those that were made, by call. Of both the latest are kept.
    """

    def __init__(self, world: World, seed: int = 0) -> None:
        self.complaints: deque[str] = deque(maxlen=COMPLAINTS)
        self.latency = world.carrier.latency
        self._tapes = Tapes()
        self._agenda = Agenda()
        self._customers = Customers(world, seed, self._agenda)
        self._flows = FlowCalls(world, self._agenda, self._customers)
        self._phones = Phones(world, seed, self._agenda, self._customers)
        self._callers = Callers(world, seed, self._agenda, self._customers)
        self._obey: dict[type, Callable[[Any], None]] = {
            Originate: self._originate,
            RingAgent: self._ring_agent,
            ConnectToAgent: self._connect,
            HangUp: self._hang_up,
            PlayMessage: self._play,
            StartRecording: self._start_recording,
            StopRecording: self._stop_recording,
            Monitor: self._monitor,
            EnterFlow: self._enter_flow,
            AnswerFlow: self._answer_flow,
            SayFlow: self._say_flow,
        }

    def plays(self, player: FlowPlayer) -> None:
        """From now on it has these flows, and no others."""
        self._flows.player = player

    @property
    def recordings(self) -> dict[UUID, list[Recording]]:
        return self._tapes.made

    def command(self, command: Command, now: datetime) -> None:
        """Take a command at `now`. What comes of it is told by `advance`."""
        self._agenda.run_until(now)
        self._callers.begin()
        self._obey[type(command)](command)

    def advance(self, now: datetime) -> list[Event]:
        """All events up to and including `now` that have not been told yet, in order."""
        self._agenda.run_until(now)
        self._callers.begin()
        events, self._agenda.events = self._agenda.events, []
        return events

    def wake_at(self) -> datetime | None:
        """When `advance` will next have something to do, or None while nothing is planned."""
        return self._agenda.wake_at()

    def live_calls(self) -> tuple[LiveCall, ...]:
        """All calls and legs held now."""
        calls = [_shown(call) for call in self._customers.calls.values()]
        return (*calls, *map(_leg_shown, self._phones.legs.values()))

    def kept(self) -> list[CallEvent]:
        """What flows of calls that live have told, for who may not have heard it."""
        return list(self._flows.kept())

    def legs(self) -> frozenset[UUID]:
        """The ids of those held that are agents' or supervisors' legs."""
        return frozenset(self._phones.legs)

    def arrived(self, number: str) -> int:
        """How often `number` was dialled."""
        return self._customers.arrived.get(number, 0)

    def who_is_on(self, call_id: UUID) -> Party | None:
        """Who has picked up a call, or will: what only those on the line can hear."""
        call = self._customers.calls.get(call_id)
        return call.fate.party if call else None

    def call_in(self, line: str, caller: str, now: datetime) -> UUID:
        """Somebody calls in, beside those whom the world says; the call's id."""
        self._agenda.run_until(now)
        return self._callers.call_in(line, caller)

    def press(self, call_id: UUID, keys: str, now: datetime) -> None:
        """The customer on a call presses keys, a tenth of a second apart."""
        self._agenda.run_until(now)
        if call := self._customers.calls.get(call_id):
            self._flows.press(call, keys)

    def gives_up(self, call_id: UUID, now: datetime) -> None:
        """The customer on a call hangs up now."""
        self._agenda.run_until(now)
        if call := self._customers.calls.get(call_id):
            self._customers.left_alone(call)

    def lose_all(self) -> None:
        """Crash: every call and leg is gone, and nothing tells of it."""
        self._customers.lose_all()
        self._phones.lose_all()
        self._agenda.events.clear()

    def _originate(self, order: Originate) -> None:
        if order.call_id in self._customers.calls:
            self.complaints.append(f"call {order.call_id} was placed twice")
        else:
            self._customers.originate(order)

    def _ring_agent(self, order: RingAgent) -> None:
        if self._is_new_leg(order.leg_id):
            self._phones.ring(order)

    def _monitor(self, order: Monitor) -> None:
        if self._is_new_leg(order.leg_id):
            self._phones.monitor(order)

    def _is_new_leg(self, leg_id: UUID) -> bool:
        if leg_id in self._phones.legs:
            self.complaints.append(f"leg {leg_id} was rung twice")
            return False
        return True

    def _connect(self, order: ConnectToAgent) -> None:
        call, leg = self._answered(order.call_id), self._phones.legs.get(order.leg_id)
        if call is None or leg is None or not leg.up or leg.call is call:
            return
        if leg.call or leg.target:
            self.complaints.append(f"call {order.call_id} was sent to leg {order.leg_id}, in use")
        else:
            self._customers.connect(call, leg)

    def _play(self, order: PlayMessage) -> None:
        call = self._answered(order.call_id)
        if call and not self._customers.play(call, order):
            self.complaints.append(f"message '{order.message}' is not recorded")

    def _enter_flow(self, order: EnterFlow) -> None:
        call = self._answered(order.call_id)
        if call and not self._flows.enter(call, order):
            self.complaints.append(f"the flow '{order.flow}' is not there")

    def _answer_flow(self, order: AnswerFlow) -> None:
        if call := self._answered(order.call_id):
            self._flows.answer(call, order)

    def _say_flow(self, order: SayFlow) -> None:
        if call := self._answered(order.call_id):
            self._flows.say(call, order)

    def _hang_up(self, order: HangUp) -> None:
        call, leg = self._customers.calls.get(order.call_id), self._phones.legs.get(order.call_id)
        if call and not call.ending:
            self._customers.hang_up(call)
        elif leg:
            self._phones.hang_up(leg)

    def _start_recording(self, order: StartRecording) -> None:
        if self._answered(order.call_id):
            self._tapes.start(order.call_id, order.path, self._agenda.moment())

    def _stop_recording(self, order: StopRecording) -> None:
        if order.call_id in self._customers.calls:
            self._tapes.stop(order.call_id, self._agenda.moment())

    def _answered(self, call_id: UUID) -> Call | None:
        call = self._customers.calls.get(call_id)
        if call is None or call.ending:
            return None
        if call.phase is Phase.RINGING:
            self.complaints.append(f"call {call_id} was given a command before its answer")
            return None
        return call


def _shown(call: Call) -> LiveCall:
    leg_id = call.leg.leg_id if call.leg and call.phase is Phase.CONNECTED else None
    flow = call.play.flow if call.play else ""
    return LiveCall(call.call_id, call.phase, leg_id, call.line, call.caller, flow)


def _leg_shown(leg: Leg) -> LiveCall:
    return LiveCall(leg.leg_id, Phase.AGENT_LEG if leg.up else Phase.RINGING)
