"""What a trunk still has room for: channels, and calls in this second."""

from connectors.fake.world import Trunk, World

_MICRO = 1_000_000


class Lines:
    """The lines of one trunk; a token bucket holds the calls that one second may start."""

    __slots__ = ("_at", "_tokens", "channels", "rate", "used")

    def __init__(self, trunk: Trunk, now: int) -> None:
        self.channels = trunk.channels
        self.rate = trunk.calls_per_second
        self.used = 0
        self._tokens = max(1.0, self.rate)
        self._at = now

    def take(self, now: int) -> str:
        """Take a line at `now` microseconds: empty, or the reason why there is none."""
        earned = (now - self._at) * self.rate / _MICRO
        self._tokens = min(max(1.0, self.rate), self._tokens + earned)
        self._at = now
        if self.used >= self.channels:
            return f"all {self.channels} channels in use"
        if self._tokens < 1:
            return f"above {self.rate:g} calls per second"
        self._tokens -= 1
        self.used += 1
        return ""

    def give_back(self) -> None:
        self.used -= 1


class Trunks:
    """All trunks of a world, as they fill and empty."""

    __slots__ = ("_lines", "_world")

    def __init__(self, world: World) -> None:
        self._world = world
        self._lines: dict[str, Lines] = {}

    def lines(self, name: str, now: int) -> Lines | None:
        """The lines of a trunk, or None where the PBX knows no such trunk."""
        held = self._lines.get(name)
        if held is None:
            trunk = self._world.trunks.get(name, self._world.other_trunk)
            if trunk is None:
                return None
            held = self._lines[name] = Lines(trunk, now)
        return held
