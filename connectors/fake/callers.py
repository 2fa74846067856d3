"""Customers who call in: when, from which number, and with how much patience.

They come at random and regardless of one another (a Poisson process), from the first moment that
the PBX lives. Who comes when depends on (world, seed) alone, so two diallers have the same callers
on the same day.
"""

import math
from uuid import UUID, uuid5

from connectors.calls import EndReason, Party
from connectors.fake.agenda import Agenda, Subject
from connectors.fake.chance import luck
from connectors.fake.customers import Customers
from connectors.fake.fate import Fate
from connectors.fake.world import World

_IDS = UUID("0d5f3d44-6a55-4d0c-8a39-2f8d6b1a7c21")
_STAYS = 300.0  # seconds; in a world without chance
_FIRST = 4_930_000_000_000  # numbers of nobody


class Callers:
    """All who call in to this PBX."""

    def __init__(self, world: World, seed: int, agenda: Agenda, customers: Customers) -> None:
        self._inbound = world.inbound
        self._stays = _STAYS if world.by_last_digit else None
        self._seed = seed
        self._agenda = agenda
        self._customers = customers
        self._count = 0
        self._begun = False
        self._coming = Subject()

    def begin(self) -> None:
        """The PBX lives: from now on people may call."""
        if not self._begun:
            self._begun = True
            self._plan_next()

    def call_in(self, line: str, caller: str) -> UUID:
        """One more call; its id is that of no other, of an earlier run neither."""
        self._count += 1
        moment = self._agenda.now
        call_id = uuid5(_IDS, f"{self._seed}/{moment}/{self._count}")
        chance = luck(self._seed, "inbound", self._count)
        fate = Fate(Party.HUMAN, EndReason.HUNG_UP, None, 0.0, chance, self._stays)
        self._customers.call_in(line, caller, fate, call_id)
        return call_id

    def _plan_next(self) -> None:
        if self._inbound.rate:
            chance = luck(self._seed, "arrival", self._count).ring
            self._agenda.plan(-math.log(chance) / self._inbound.rate, self._coming, self._comes)

    def _comes(self, _: Subject) -> None:
        self.call_in(self._inbound.line, f"+{_FIRST + self._count}")
        self._plan_next()
