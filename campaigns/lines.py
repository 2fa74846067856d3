"""The lines a campaign may use: trunks with their channels and calls per second, over PBX nodes."""

from collections.abc import Sequence
from datetime import datetime
from math import inf

from campaigns.capacity import Line, Place, Rate
from campaigns.spec.campaign import Campaign
from campaigns.spec.lines import Node


class Lines:
    """Shares calls out over trunks and nodes by free capacity, and never exceeds any limit."""

    def __init__(self, campaign: Campaign) -> None:
        self._lines = {trunk.name: Line(trunk) for trunk in campaign.trunks}
        self._places = {n: Place(n, campaign.nodes.get(n, Node())) for n in campaign.pbx}
        self._all = Rate(campaign.pacing.calls_per_second)
        self._most = campaign.pacing.channels or inf
        self._pbx = campaign.pbx
        self.up: set[str] = set()

    def room(self, now: datetime) -> int:
        """How many calls could be placed at this instant, at most."""
        most = self._left(now)
        if not most:
            return 0
        places = {place.name: place.room(now) for place in self._reached()}
        lines = [line for line in self._lines.values() if any(map(places.get, self._ends(line)))]
        return min(sum([line.room(now) for line in lines]), sum(places.values()), most)

    def frees_at(self, now: datetime) -> datetime | None:
        """When calls per second that are used up have room again; None: nobody knows, or some
        other limit holds."""
        rates = [self._all, *(ln.rate for ln in self._lines.values())]
        rates += [place.rate for place in self._reached()]
        times = [rate.frees_at() for rate in rates if rate.room(now) <= 0]
        return min((at for at in times if at is not None), default=None)

    def take(self, now: datetime, nodes: Sequence[str] = ()) -> tuple[str, str] | None:
        """Book a channel on the first of `nodes` that has one; None when all are full.

        Returns (node, trunk): the trunk with the most room for its weight. Without `nodes`,
        those of the campaign, the least loaded first.
        """
        if not self._left(now):
            return None
        for node in nodes or sorted(self.up, key=lambda n: (self.load(n), n)):
            place = self._places.get(node)
            if place is None or node not in self.up or not place.room(now):
                continue
            usable = [ln for ln in self._lines.values() if node in self._ends(ln) and ln.room(now)]
            if usable:
                line = min(usable, key=_turn) if len(usable) > 1 else usable[0]
                self._book(line, place)
                return node, line.trunk.name
        return None

    def sent(self, node: str, trunk: str, now: datetime) -> None:
        """The call that a channel was booked for is being placed: calls per second count it now."""
        for rate in self._rates(node, trunk):
            rate.sent(now)

    def unsent(self, node: str, trunk: str) -> None:
        """... is not placed after all. Its channel is given back by `free`."""
        for rate in self._rates(node, trunk):
            rate.unsent()

    def load(self, node: str) -> float:
        """The calls on a node, for its weight."""
        place = self._places.get(node)
        return place.load if place is not None else 0.0

    def adopt(self, node: str, trunk: str) -> None:
        """Count a call that an earlier worker placed."""
        self._count(node, trunk, 1)

    def free(self, node: str, trunk: str) -> None:
        """Give a channel back."""
        self._count(node, trunk, -1)

    def congested(self, trunk: str, now: datetime) -> None:
        """The trunk had no channel for us."""
        if trunk in self._lines:
            self._lines[trunk].congest(now)

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
        if not self._left(now):
            return f"all {self._most} channels of the campaign are in use"
        places = [place.why_full() for place in self._reached() if not place.room(now)]
        lines = [line.why_full(now) for line in self._lines.values() if not line.room(now)]
        return "; ".join([*places, *lines])

    def in_use(self) -> dict[str, int]:
        """Calls on each trunk."""
        return {name: line.in_use for name, line in self._lines.items()}

    def _left(self, now: datetime) -> int:
        """What the campaign as a whole may place yet, wherever it may go."""
        used = sum([line.in_use for line in self._lines.values()])
        return int(max(0, min(self._all.room(now), self._most - used)))

    def _reached(self) -> list[Place]:
        """The nodes that are up. One that only an earlier version named gets no new calls."""
        return [place for name, place in self._places.items() if name in self.up]

    def _ends(self, line: Line) -> tuple[str, ...]:
        """The nodes that reach a line."""
        return line.trunk.pbx or self._pbx

    def _book(self, line: Line, place: Place) -> None:
        for rate in self._rates(place.name, line.trunk.name):
            rate.take()
        self._count(place.name, line.trunk.name, 1)

    def _rates(self, node: str, trunk: str) -> tuple[Rate, ...]:
        return self._lines[trunk].rate, self._places[node].rate, self._all

    def _count(self, node: str, trunk: str, change: int) -> None:
        place, line = self._places.get(node), self._lines.get(trunk)
        if place is not None:
            place.calls = max(0, place.calls + change)
        if line is not None:
            line.in_use = max(0, line.in_use + change)


def _turn(line: Line) -> tuple[float, str]:
    return line.fill, line.trunk.name
