"""What a PBX was really told to dial: against it, what a database says is held."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from connectors.calls import Command, Originate
from connectors.fake.exchange import Exchange
from connectors.fake.world import World


@dataclass(frozen=True, slots=True)
class Placed:
    """One originate that has arrived."""

    call_id: UUID
    number: str
    at: datetime


class Witness(Exchange):
    """An exchange that remembers each originate, and which came while its number was on a call."""

    def __init__(self, world: World, seed: int = 1) -> None:
        super().__init__(world, seed)
        self.placed: list[Placed] = []
        self.doubles: list[Placed] = []
        self._last: dict[str, UUID] = {}
        self._known: set[UUID] = set()

    def command(self, command: Command, now: datetime) -> None:
        if isinstance(command, Originate):
            self._note(Placed(command.call_id, command.number, now))
        super().command(command, now)

    def customers(self) -> set[UUID]:
        """The calls to customers that are up."""
        return {call.call_id for call in self.live_calls()} - self.legs()

    def up(self) -> int:
        """How many there are."""
        return len(self._customers.calls)

    def _note(self, placed: Placed) -> None:
        """A double dial: the same call twice, or a number whose last call is still up."""
        again = placed.call_id in self._known
        before = self._last.get(placed.number)
        if again or (before is not None and before in self.customers()):
            self.doubles.append(placed)
        self._known.add(placed.call_id)
        self._last[placed.number] = placed.call_id
        self.placed.append(placed)
