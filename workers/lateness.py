"""How late what was planned for a moment was done: counted by classes, so that any share is known.

An average hides the one in a hundred that is felt, and the worst is one in a million. The counts
only rise: whoever wants the figure of a while takes the difference of two looks.
"""

from bisect import bisect_left
from collections.abc import Mapping
from math import ceil, inf

BOUNDS = (0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.35, 0.5, 1.0, inf)
"""Seconds: a class holds what was later than the bound before it, and no later than its own."""


class Lateness:
    """Counts since the process took the campaign over."""

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        self._counts = [0] * len(BOUNDS)

    def see(self, seconds: float) -> None:
        """One more. Called at each turn of the loop, so it costs next to nothing."""
        self._counts[bisect_left(BOUNDS, seconds)] += 1

    def told(self) -> dict[str, int]:
        """How many in each class, as plain JSON types, by its bound."""
        return {f"{bound:g}": n for bound, n in zip(BOUNDS, self._counts, strict=True)}


def between(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    """What has been counted from one look to another at the same process."""
    return {bound: n - before.get(bound, 0) for bound, n in after.items()}


def at_most(told: Mapping[str, int], share: float) -> float:
    """Seconds that so large a share was no later than: the bound of its class. 0: of nothing."""
    left = ceil(share * sum(told.values()))
    for bound, count in sorted((float(bound), count) for bound, count in told.items()):
        left -= count
        if left <= 0:
            return bound if sum(told.values()) else 0.0
    return inf
