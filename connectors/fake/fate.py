"""What will become of a call, known to the fake PBX alone from the moment it is placed."""

from itertools import accumulate
from typing import NamedTuple

from connectors.calls import EndReason, Party
from connectors.fake.chance import Luck, luck
from connectors.fake.tide import Water
from connectors.fake.world import Segment, World

_NEVER = 86_400.0  # seconds; no call is left to ring for longer

OUTCOMES: tuple[tuple[str, Party | None, EndReason], ...] = (
    ("machine", Party.MACHINE, EndReason.HUNG_UP),
    ("screening", Party.SCREENING, EndReason.HUNG_UP),
    ("busy", None, EndReason.BUSY),
    ("rejected", None, EndReason.REJECTED),
    ("congestion", None, EndReason.CONGESTION),
    ("failed", None, EndReason.FAILED),
)
"""A segment's shares, in the order in which they are cut off the upper end of chance."""


class Fate(NamedTuple):
    """Who picks up (None: nobody), or why it ends; times in seconds from the originate."""

    party: Party | None
    reason: EndReason
    rings_after: float | None  # None: it never rings
    over_after: float  # until somebody picks up, or it ends by itself
    luck: Luck
    stays: float | None = None  # after the answer, whatever happens; None: as chance has it
    presses: str = ""  # from a second after the answer


class Fates:
    """The fates of one run. They depend on (world, seed, number, how often it was called).

    People take the lower end of chance and all else the upper: a turn of the tide only changes
    who answers and who lets it ring.
    """

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self._seed = seed
        self._water = Water(world.tide, seed)
        self._limits = {part.prefix: _limits(part) for part in world.segments}

    def of(self, number: str, nth: int, seconds: float) -> Fate:
        """The fate of the `nth` call to `number`, placed `seconds` after the start."""
        draw = luck(self._seed, number, nth)
        segment = self._world.segment_of(number)
        if segment is None or luck(self._seed, number).outcome < segment.invalid:
            return self._ends(EndReason.INVALID_NUMBER, draw)
        if draw.outcome < self._humans(segment, seconds):
            return self._picked_up(Party.HUMAN, segment, draw)
        for (_, party, reason), limit in zip(OUTCOMES, self._limits[segment.prefix], strict=True):
            if draw.outcome >= limit:
                return self._picked_up(party, segment, draw) if party else self._ends(reason, draw)
        return Fate(None, EndReason.NO_ANSWER, self._post_dial(draw), _NEVER, draw)

    def _humans(self, segment: Segment, seconds: float) -> float:
        valid = 1 - segment.invalid
        share = segment.human * self._water.factor(seconds) / valid if valid else 0.0
        return min(share, self._limits[segment.prefix][-1])

    def _picked_up(self, party: Party, segment: Segment, draw: Luck) -> Fate:
        rings_after = self._post_dial(draw)
        rings = segment.ring if party is Party.HUMAN else segment.machine_ring
        over_after = rings_after + rings.at(draw.ring)
        return Fate(party, EndReason.HUNG_UP, rings_after, over_after, draw)

    def _ends(self, reason: EndReason, draw: Luck) -> Fate:
        carrier = self._world.carrier
        after = carrier.busy_after if reason is EndReason.BUSY else carrier.fail_after
        return Fate(None, reason, None, after.at(draw.delay), draw)

    def _post_dial(self, draw: Luck) -> float:
        return self._world.carrier.post_dial.at(draw.delay)


def _limits(segment: Segment) -> tuple[float, ...]:
    """For each of OUTCOMES, the chance from which on it happens; of calls to valid numbers."""
    valid = max(1e-9, 1 - segment.invalid)
    shares = (getattr(segment, name) / valid for name, _, _ in OUTCOMES)
    return tuple(1 - used for used in accumulate(shares))
