"""Dividing a number by weights, each part within its own bounds."""

from collections.abc import Mapping
from fractions import Fraction

Bounds = Mapping[str, tuple[int, int]]


def fill(total: int, weights: Mapping[str, Fraction], bounds: Bounds) -> dict[str, Fraction]:
    """The parts of `total`, in exact fractions. `bounds`: the least and the most of each part.

    The least comes first, so the sum is `total` unless the bounds say otherwise. Whoever is
    pushed furthest by its bounds is settled first, as boxes are that must share a line.
    """
    settled: dict[str, Fraction] = {}
    while left := {name: weight for name, weight in weights.items() if name not in settled}:
        rest, weight = total - sum(settled.values()), sum(left.values())
        wish = {name: rest * own / weight for name, own in left.items()}
        kept = {name: _within(part, *bounds[name]) for name, part in wish.items()}
        push = sum(kept.values()) - sum(wish.values())
        settled |= {n: part for n, part in kept.items() if not push or (part - wish[n]) * push > 0}
    return settled


def _within(part: Fraction, least: int, most: int) -> Fraction:
    return min(max(part, Fraction(least)), Fraction(most))
