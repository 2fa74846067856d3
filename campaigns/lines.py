"""The lines a campaign may use: trunks with their channels and calls per second, over PBX nodes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns.spec import Campaign, Trunk

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
class _Line:
    trunk: Trunk
    bucket: Bucket
    in_use: int = 0
    congested: int = 0  # times in a row
    rests_until: datetime | None = None

    def room(self, now: datetime) -> int:
        if self.rests_until is not None and now < self.rests_until:
            return 0
        return max(0, min(self.trunk.channels - self.in_use, self.bucket.room(now)))


class Lines:
    """Shares calls out over trunks and nodes by free capacity, and never exceeds any limit."""

    def __init__(self, campaign: Campaign) -> None:
        self._lines = {t.name: _Line(t, Bucket(t.calls_per_second)) for t in campaign.trunks}
        self._all = Bucket(campaign.pacing.calls_per_second)
        self._pbx = campaign.pbx
        self.up: set[str] = set()
        self.calls_on: dict[str, int] = dict.fromkeys(campaign.pbx, 0)

    def room(self, now: datetime) -> int:
        """How many calls could be placed at this instant."""
        most = self._all.room(now)
        if not most:
            return 0
        reached = [ln for ln in self._lines.values() if not self.up.isdisjoint(self._ends(ln))]
        return min(sum([line.room(now) for line in reached]), most)

    def take(self, now: datetime, nodes: Sequence[str] = ()) -> tuple[str, str] | None:
        """Book a channel on the first of `nodes` that has one; None when all are full.

        Returns (node, trunk): the trunk with the most room for its weight. Without `nodes`,
        those of the campaign, the least loaded first.
        """
        if not self._all.room(now):
            return None
        for node in nodes or sorted(self.up, key=lambda n: (self.calls_on.get(n, 0), n)):
            usable = [ln for ln in self._lines.values() if self._reach(node, ln) and ln.room(now)]
            if usable:
                line = min(usable, key=_fill) if len(usable) > 1 else usable[0]
                self._book(line, node)
                return node, line.trunk.name
        return None

    def adopt(self, node: str, trunk: str) -> None:
        """Count a call that an earlier worker placed."""
        self.calls_on[node] = self.calls_on.get(node, 0) + 1
        if trunk in self._lines:
            self._lines[trunk].in_use += 1

    def free(self, node: str, trunk: str) -> None:
        """Give a channel back."""
        self.calls_on[node] = max(0, self.calls_on.get(node, 0) - 1)
        if trunk in self._lines:
            self._lines[trunk].in_use = max(0, self._lines[trunk].in_use - 1)

    def congested(self, trunk: str, now: datetime) -> None:
        """The trunk had no channel for us: let it rest, longer each time in a row.

        The first time says little: it may have been the far end's one full route.
        """
        line = self._lines.get(trunk)
        if line is None or (line.rests_until is not None and now < line.rests_until):
            return  # calls already under way when the rest began say nothing new
        line.congested += 1
        if line.congested > 1:
            rest = min(LONGEST_REST, 0.25 * 2.0**line.congested)
            line.rests_until = now + timedelta(seconds=rest)

    def worked(self, trunk: str) -> None:
        """The trunk carried a call."""
        if trunk in self._lines:
            self._lines[trunk].congested = 0

    def why_full(self, now: datetime) -> str:
        """In words, why there is no room now."""
        if not self.up:
            return "no PBX is connected"
        if not self._all.room(now):
            return "the campaign's calls per second are used up"
        return "; ".join(_why(line, now) for line in self._lines.values() if not line.room(now))

    def in_use(self) -> dict[str, int]:
        return {name: line.in_use for name, line in self._lines.items()}

    def _ends(self, line: _Line) -> tuple[str, ...]:
        """The nodes that reach a line."""
        return line.trunk.pbx or self._pbx

    def _reach(self, node: str, line: _Line) -> bool:
        return node in self.up and node in self._ends(line)

    def _book(self, line: _Line, node: str) -> None:
        line.in_use += 1
        line.bucket.take()
        self._all.take()
        self.calls_on[node] = self.calls_on.get(node, 0) + 1


def _fill(line: _Line) -> tuple[float, str]:
    """The fuller a trunk is for its weight, the later its turn."""
    return line.in_use / line.trunk.weight, line.trunk.name


def _why(line: _Line, now: datetime) -> str:
    if line.rests_until is not None and now < line.rests_until:
        return f"trunk {line.trunk.name} is congested and rests"
    if line.in_use >= line.trunk.channels:
        return f"trunk {line.trunk.name}: all {line.trunk.channels} channels in use"
    return f"trunk {line.trunk.name}: its calls per second are used up"
