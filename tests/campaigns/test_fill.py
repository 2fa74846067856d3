"""Dividing by weights within bounds."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.fill import fill

WIDE = (0, 100)


@pytest.mark.parametrize(
    ("total", "weights", "bounds", "parts"),
    [
        (6, {"a": 2, "b": 1}, {}, {"a": 4, "b": 2}),
        (5, {"a": 1, "b": 1}, {}, {"a": Fraction(5, 2), "b": Fraction(5, 2)}),
        (6, {"a": 100, "b": 1}, {"b": (1, 100)}, {"a": 5, "b": 1}),
        (6, {"a": 1, "b": 1, "c": 1}, {"a": (4, 100)}, {"a": 4, "b": 1, "c": 1}),
        (6, {"a": 2, "b": 1}, {"a": (0, 1)}, {"a": 1, "b": 5}),
        (6, {"a": 2, "b": 1}, {"a": (0, 1), "b": (0, 2)}, {"a": 1, "b": 2}),
        (0, {"a": 2, "b": 1}, {}, {"a": 0, "b": 0}),
        (4, {}, {}, {}),
    ],
)
def test_parts(
    total: int,
    weights: dict[str, int],
    bounds: dict[str, tuple[int, int]],
    parts: dict[str, Fraction],
) -> None:
    named = {name: Fraction(weight) for name, weight in weights.items()}
    assert fill(total, named, dict.fromkeys(weights, WIDE) | bounds) == parts


@given(
    st.lists(
        st.tuples(st.integers(1, 50), st.integers(0, 5), st.integers(0, 9)), min_size=1, max_size=6
    ),
    st.integers(0, 40),
)
def test_every_part_is_within_its_bounds_and_nothing_is_left_that_somebody_could_have(
    parts: list[tuple[int, int, int]], more: int
) -> None:
    bounds = {str(n): (least, least + room) for n, (_, least, room) in enumerate(parts)}
    total = sum(least for least, _ in bounds.values()) + more
    weights = {str(n): Fraction(weight) for n, (weight, _, _) in enumerate(parts)}
    given_ = fill(total, weights, bounds)
    assert all(bounds[name][0] <= part <= bounds[name][1] for name, part in given_.items())
    assert sum(given_.values()) == min(total, sum(most for _, most in bounds.values()))
    for one, part in given_.items():  # who is below its most has no less by weight than others
        for other, its in given_.items():
            if part < bounds[one][1] and its > bounds[other][0]:
                assert part / weights[one] >= its / weights[other]
