"""What may be in use at once, and begun per second: of a trunk, of a PBX node, of a campaign."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from campaigns.spec.lines import Node, Trunk

LONGEST_REST = 30.0  # seconds a congested trunk is left alone, at most


class Bucket:
    """A token bucket without a clock: `rate` tokens a second, at most one second's worth."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self._most = max(1.0, rate)
        self._tokens = self._most
        self._at: datetime | None = None

    def room(self, now: datetime) -> int:
        """Whole tokens there are now. A clock that steps back gives none, and takes none."""
        if self._at is None or now > self._at:
            passed = 0.0 if self._at is None else (now - self._at).total_seconds()
            self._tokens = min(self._most, self._tokens + passed * self.rate)
            self._at = now
        return int(self._tokens + 1e-9)

    def take(self) -> None:
        self._tokens -= 1


@dataclass(slots=True)
class Line:
    """A trunk."""

    trunk: Trunk
    bucket: Bucket = field(init=False)
    in_use: int = 0
    congested: int = 0  # times in a row
    rests_until: datetime | None = None

    def __post_init__(self) -> None:
        self.bucket = Bucket(self.trunk.calls_per_second)

    @property
    def fill(self) -> float:
        """The fuller a trunk is for its weight, the later its turn."""
        return self.in_use / self.trunk.weight

    def room(self, now: datetime) -> int:
        """Calls that could be placed over it at this instant."""
        if self._rests(now):
            return 0
        return max(0, min(self.trunk.channels - self.in_use, self.bucket.room(now)))

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
    bucket: Bucket = field(init=False)
    calls: int = 0

    def __post_init__(self) -> None:
        self.bucket = Bucket(self.limits.calls_per_second)

    @property
    def load(self) -> float:
        """Its calls, for its weight."""
        return self.calls / self.limits.weight

    def room(self, now: datetime) -> int:
        """Calls that could be placed on it at this instant."""
        return max(0, min(self.limits.channels - self.calls, self.bucket.room(now)))

    def why_full(self) -> str:
        """In words, why there is no room now."""
        return _why_full(f"PBX {self.name}", self.calls, self.limits.channels)


def _why_full(what: str, used: int, channels: int) -> str:
    if used >= channels:
        return f"{what}: all {channels} channels in use"
    return f"{what}: its calls per second are used up"
