"""The factor on the share of people who answer, over the hours of a shift."""

import math
import random
from itertools import pairwise

from connectors.fake.world import Tide

_GRID = 10.0  # seconds for which one factor holds


class Water:
    """The tide of one run: what it is at each moment depends on (tide, seed) alone."""

    __slots__ = ("_chance", "_factors", "_keeps", "_noise", "_tide")

    def __init__(self, tide: Tide, seed: int) -> None:
        self._tide = tide
        self._chance = random.Random(seed)
        self._keeps = math.exp(-_GRID / tide.noise_memory)
        self._noise = self._chance.gauss(0, tide.noise)
        self._factors: list[float] = []

    def factor(self, seconds: float) -> float:
        """The factor `seconds` after the start. Asked in any order, it is the same."""
        slot = int(seconds / _GRID)
        while len(self._factors) <= slot:
            self._factors.append(self._next(len(self._factors) * _GRID / 3600))
        return self._factors[slot]

    def _next(self, hour: float) -> float:
        factor = _on_curve(self._tide, hour) * math.exp(self._noise)
        fresh = self._tide.noise * math.sqrt(1 - self._keeps**2)
        self._noise = self._keeps * self._noise + self._chance.gauss(0, fresh)
        for step in self._tide.steps:
            if step.from_hour <= hour < step.to_hour:
                factor *= step.times
        return factor


def _on_curve(tide: Tide, hour: float) -> float:
    points = tide.curve
    if not points:
        return 1.0
    if hour <= points[0][0]:
        return points[0][1]
    for (start, low), (end, high) in pairwise(points):
        if hour < end:
            return low + (high - low) * (hour - start) / (end - start)
    return points[-1][1]
