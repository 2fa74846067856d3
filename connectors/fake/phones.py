"""Agents' and supervisors' phones: picked up, hung up, lost."""

import math
from functools import partial
from uuid import UUID

from connectors.calls import AgentLegDown, AgentLegUp, Monitor, RingAgent
from connectors.fake.agenda import Agenda
from connectors.fake.chance import luck
from connectors.fake.customers import Customers
from connectors.fake.digits import phone_of
from connectors.fake.held import Leg
from connectors.fake.spread import Spread
from connectors.fake.world import Phone, World

NO_PHONE = Phone(busy=True)
_MONITOR_RINGS = 20  # seconds


class Phones:
    """All legs that this PBX holds."""

    def __init__(self, world: World, seed: int, agenda: Agenda, customers: Customers) -> None:
        self.legs: dict[UUID, Leg] = {}
        self._world = world
        self._seed = seed
        self._agenda = agenda
        self._customers = customers
        self._rung: dict[str, int] = {}

    def ring(self, order: RingAgent) -> None:
        """Ring an agent's phone, for as long as the order says."""
        self._ring(order.leg_id, order.phone, order.ring_seconds, None)

    def monitor(self, order: Monitor) -> None:
        """Ring a supervisor's phone; its leg lives no longer than the one it hears."""
        self._ring(order.leg_id, order.phone, _MONITOR_RINGS, order.target)

    def hang_up(self, leg: Leg) -> None:
        """End a leg at our own wish."""
        down = partial(self._down, cause="hung up by the dialler")
        self._agenda.plan(self._world.carrier.latency, leg, down)

    def lose_all(self) -> None:
        """The PBX is dead: every leg is simply no more."""
        for leg in self.legs.values():
            leg.turn += 1
        self.legs.clear()

    def _ring(self, leg_id: UUID, name: str, ring_seconds: int, target: UUID | None) -> None:
        phone = self._phone(name)
        nth = self._rung[name] = self._rung.get(name, 0) + 1
        chance = luck(self._seed, "phone", name, nth)
        pace = Spread(1, (phone or NO_PHONE).pace_cv).at(luck(self._seed, "pace", name).talk)
        leg = Leg(leg_id, phone or NO_PHONE, pace, target)
        self.legs[leg_id] = leg
        picks_up = leg.phone.pick_up.at(chance.ring)
        if phone is None or phone.busy:
            cause = "busy" if phone else f"no phone '{name}'"
            self._agenda.plan(self._world.carrier.latency, leg, partial(self._down, cause=cause))
        elif chance.outcome < phone.no_answer or picks_up >= ring_seconds:
            self._agenda.plan(ring_seconds, leg, partial(self._down, cause="no answer"))
        else:
            self._agenda.plan(picks_up, leg, partial(self._up, chance=chance.talk))

    def _phone(self, name: str) -> Phone | None:
        if self._world.by_last_digit:
            return phone_of(name)
        return self._world.phones.get(name, self._world.other_phone)

    def _up(self, leg: Leg, chance: float) -> None:
        target = self.legs.get(leg.target) if leg.target else None
        if leg.target and target is None:
            self._down(leg, "the leg to hear is gone")
            return
        if target:
            target.watchers.append(leg)
        leg.up = True
        self._agenda.events.append(AgentLegUp(leg.leg_id, self._agenda.moment()))
        self._plan_loss(leg, chance)

    def _plan_loss(self, leg: Leg, chance: float) -> None:
        if leg.phone.stays is not None:
            self._agenda.plan(leg.phone.stays, leg, partial(self._down, cause="hung up"))
        if leg.phone.drops_per_hour:
            after = -math.log(chance) * 3600 / leg.phone.drops_per_hour
            self._agenda.plan(after, leg, partial(self._down, cause="dropped"))

    def _down(self, leg: Leg, cause: str) -> None:
        leg.turn += 1
        del self.legs[leg.leg_id]
        self._agenda.events.append(AgentLegDown(leg.leg_id, self._agenda.moment(), cause))
        if leg.call:
            self._customers.left_alone(leg.call)
        for watcher in leg.watchers:
            if self.legs.get(watcher.leg_id) is watcher:  # its id may be of another leg by now
                self._down(watcher, "the leg it heard is gone")
