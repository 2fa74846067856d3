"""The balance against the distribution worked out term by term."""

import numpy as np
import pytest
from numpy.random import default_rng
from numpy.typing import NDArray

from campaigns.pacing.balance import LEVELS, Balance, Gains, Losses

Floats = NDArray[np.float64]


def none_free(base: int, gains: Floats, losses: Floats) -> float:
    """P(base + gains - losses <= 0), by convolution."""
    chances = np.array([1.0])  # of the sum, from -len(losses) on
    for q in (*gains, *(1 - p for p in losses)):
        chances = np.convolve(chances, [1 - q, q])
    return float(chances[: max(0, len(losses) - base + 1)].sum())


def brute(base: int, gains: Floats, counts: Floats, losses: Floats) -> float:
    columns = range(gains.shape[1])
    each = [np.repeat(gains[:, k], counts.astype(int)) for k in columns]
    return float(np.mean([none_free(base, each[k], losses[:, k]) for k in columns]))


@pytest.mark.parametrize("seed", range(30))
def test_it_is_exact_where_chances_lie_on_the_levels(seed: int) -> None:
    rng = default_rng(seed)
    base, calls = int(rng.integers(-3, 8)), int(rng.integers(0, 40))
    gains = rng.random((5, 3))
    counts = rng.integers(0, 5, 5).astype(float)
    losses = rng.integers(0, LEVELS, (calls, 3)) / (LEVELS - 1)
    balance = Balance(base, Gains(gains), counts, losses)
    assert balance.none_free() == pytest.approx(brute(base, gains, counts, losses), abs=1e-6)


@pytest.mark.parametrize("seed", range(30))
def test_chances_between_two_levels_are_shared_out(seed: int) -> None:
    rng = default_rng(seed)
    gains, counts = rng.random((4, 2)), rng.integers(0, 6, 4).astype(float)
    losses = rng.random((30, 2))
    balance = Balance(4, Gains(gains), counts, losses)
    assert balance.none_free() == pytest.approx(brute(4, gains, counts, losses), abs=2e-3)


def test_one_more_call_and_one_less() -> None:
    rng = default_rng(7)
    gains, counts, losses = rng.random((4, 2)), np.array([3.0, 2, 0, 1]), rng.random((6, 2))
    balance = Balance(2, Gains(gains), counts, losses)
    before = balance.none_free()
    new = Losses(np.array([[0.1, 0.2], [0.3, 0.4]]))
    balance.lose(new, 1)
    with_it = brute(2, gains, counts, np.vstack([losses, new.chances[1]]))
    assert balance.none_free() == pytest.approx(with_it, abs=2e-3)
    balance.regain(new, 1)
    assert balance.none_free() == pytest.approx(before, abs=1e-9)


@pytest.mark.parametrize("base", [-20, 0, 15, 40])
def test_many_are_near_enough_to_normal(base: int) -> None:
    rng = default_rng(3)
    gains, counts = rng.random((4, 2)), np.full(4, 60.0)
    losses = 0.8 * rng.random((300, 2))
    balance = Balance(base, Gains(gains), counts, losses)
    assert balance.none_free() == pytest.approx(brute(base, gains, counts, losses), abs=5e-3)


def test_nobody_busy_and_no_call() -> None:
    nothing, none = Gains(np.zeros((1, 2))), np.zeros((0, 2))
    assert Balance(0, nothing, np.zeros(1), none).none_free() == pytest.approx(1)
    assert Balance(1, nothing, np.zeros(1), none).none_free() == pytest.approx(0, abs=1e-12)
    assert 0 <= Balance(5000, nothing, np.zeros(1), none).none_free() < 1e-9


def test_certain_chances() -> None:
    sure = Gains(np.ones((1, 1)))
    assert Balance(0, sure, np.ones(1), np.ones((1, 1))).none_free() == pytest.approx(1)
    assert Balance(0, sure, np.ones(1), np.zeros((1, 1))).none_free() == pytest.approx(0, abs=1e-9)
