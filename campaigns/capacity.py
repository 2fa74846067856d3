"""What may be in use at once, and begun per second: of a trunk, of a PBX node, of a campaign."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil

from campaigns.spec.lines import Node, Trunk

LONGEST_REST = 30.0  # seconds a congested trunk is left alone, at most


class Rate:
    """So many a second, and in no second more, wherever it begins. Without a clock.

    A call takes its place when it is ordered, and counts from when it is sent: what a database
    that was slow hands out at once was as many seconds' worth before, and must not be one's now.

    What is no whole number is kept over a longer while: 2.5 a second are 3 in 1.2 seconds, and 0.5
    one in two.
    """

    def __init__(self, rate: float) -> None:
        self._most = ceil(rate)
        self._while = timedelta(seconds=self._most / rate)
        self._sent: deque[datetime] = deque()
        self._ordered = 0  # and not sent yet
        self._at: datetime | None = None

    def room(self, now: datetime) -> int:
        """How many more there may be now. A clock that steps back gives none, and takes none."""
        self._at = now if self._at is None else max(now, self._at)
        while self._sent and self._sent[0] <= self._at - self._while:
            self._sent.popleft()
        return self._most - len(self._sent) - self._ordered

    def frees_at(self) -> datetime | None:
        """When the next place is free again; None: that is not known before one that is ordered
        was sent."""
        return self._sent[0] + self._while if self._sent else None

    def take(self) -> None:
        """One of those that there is `room` for is ordered."""
        self._ordered += 1

    def sent(self, now: datetime) -> None:
        """One that was ordered is sent."""
        self._ordered -= 1
        self._sent.append(now if self._at is None else max(now, self._at))

    def unsent(self) -> None:
        """One that was ordered never will be."""
        self._ordered -= 1


@dataclass(slots=True)
class Line:
    """A trunk."""

    trunk: Trunk
    rate: Rate = field(init=False)
    in_use: int = 0
    congested: int = 0  # times in a row
    rests_until: datetime | None = None

    def __post_init__(self) -> None:
        self.rate = Rate(self.trunk.calls_per_second)

    @property
    def fill(self) -> float:
        """The fuller a trunk is for its weight, the later its turn."""
        return self.in_use / self.trunk.weight

    def room(self, now: datetime) -> int:
        """Calls that could be placed over it at this instant."""
        if self._rests(now):
            return 0
        return max(0, min(self.trunk.channels - self.in_use, self.rate.room(now)))

    def congest(self, now: datetime) -> None:
        """It had no channel for us: let it rest, longer each time in a row.

        The first time says little: it may have been the far end's one full route.
        """
        if self._rests(now):
            return  # calls already under way when the rest began say nothing new
        self.congested += 1
        if self.congested > 1:
            rest = min(LONGEST_REST, 0.25 * 2.0**self.congested)
            self.rests_until = now + timedelta(seconds=rest)

    def why_full(self, now: datetime) -> str:
        """In words, why there is no room now."""
        if self._rests(now):
            return f"trunk {self.trunk.name} is congested and rests"
        return _why_full(f"trunk {self.trunk.name}", self.in_use, self.trunk.channels)

    def _rests(self, now: datetime) -> bool:
        return self.rests_until is not None and now < self.rests_until


@dataclass(slots=True)
class Place:
    """A PBX node."""

    name: str
    limits: Node
    rate: Rate = field(init=False)
    calls: int = 0

    def __post_init__(self) -> None:
        self.rate = Rate(self.limits.calls_per_second)

    @property
    def load(self) -> float:
        """Its calls, for its weight."""
        return self.calls / self.limits.weight

    def room(self, now: datetime) -> int:
        """Calls that could be placed on it at this instant."""
        return max(0, min(self.limits.channels - self.calls, self.rate.room(now)))

    def why_full(self) -> str:
        """In words, why there is no room now."""
        return _why_full(f"PBX {self.name}", self.calls, self.limits.channels)


def _why_full(what: str, used: int, channels: int) -> str:
    if used >= channels:
        return f"{what}: all {channels} channels in use"
    return f"{what}: its calls per second are used up"
