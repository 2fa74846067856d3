"""The balance against the distribution worked out term by term."""

import numpy as np
import pytest
from numpy.random import Generator, default_rng
from numpy.typing import NDArray

from campaigns.pacing.balance import FEW, Balance, Odds

Floats = NDArray[np.float64]


def none_free(base: int, gains: Floats, losses: Floats) -> float:
    """P(base + gains - losses <= 0), by convolution."""
    chances = np.array([1.0])  # of the sum, from -len(losses) on
    for q in (*gains, *(1 - p for p in losses)):
        chances = np.convolve(chances, [1 - q, q])
    return float(chances[: max(0, len(losses) - base + 1)].sum())


def brute(base: int, gains: Floats, losses: Floats) -> float:
    return float(
        np.mean([none_free(base, gains[:, k], losses[:, k]) for k in range(gains.shape[1])])
    )


def balance(base: int, gains: Floats, losses: Floats, new: Floats | None = None) -> Balance:
    """Everybody in a row of their own; `new`: the chances of further calls."""
    further = losses if new is None else new
    return Balance(
        base,
        (Odds(gains, gain=True), np.arange(len(gains))),
        (Odds(losses, gain=False), np.arange(len(losses))),
        (Odds(further, gain=False), np.arange(len(further))),
    )


def people(rng: Generator, agents: int, calls: int, most: float = 0.5) -> tuple[Floats, Floats]:
    return most * rng.random((agents, 3)), most * rng.random((calls, 3))


@pytest.mark.parametrize("seed", range(40))
def test_of_few_it_is_exact(seed: int) -> None:
    rng = default_rng(seed)
    gains, losses = people(rng, int(rng.integers(0, 7)), int(rng.integers(0, 6)))
    base = int(rng.integers(-2, 5))
    assert (gains * (1 - gains)).sum(0).max() + (losses * (1 - losses)).sum(0).max() < FEW
    told = balance(base, gains, losses).none_free()
    assert told == pytest.approx(brute(base, gains, losses), abs=1e-9)


@pytest.mark.parametrize("seed", range(60))
def test_of_many_it_is_within_a_few_per_cent(seed: int) -> None:
    rng = default_rng(seed)
    gains, losses = people(rng, int(rng.integers(20, 200)), int(rng.integers(10, 100)), 0.35)
    spread = (gains * (1 - gains)).sum(0) + (losses * (1 - losses)).sum(0)
    assert spread.min() > FEW
    deviations = rng.uniform(1.2, 2.5)  # where decisions are made
    base = round(deviations * np.sqrt(spread.mean()) - gains.sum(0).mean() + losses.sum(0).mean())
    told = balance(base, gains, losses).none_free()
    assert told == pytest.approx(brute(base, gains, losses), rel=0.02, abs=2e-4)


def test_the_two_ways_meet() -> None:
    """Just below and just above `FEW`, the chances differ by no more than the series errs."""
    rng = default_rng(5)
    gains, losses = people(rng, 40, 12, 0.2)
    before = None
    for calls in range(1, 13):
        told = balance(1, gains[:, :1], losses[:calls, :1])
        true = brute(1, gains[:, :1], losses[:calls, :1])
        assert told.none_free() == pytest.approx(true, rel=0.03, abs=1e-3)
        assert before is None or told.none_free() > before
        before = told.none_free()


@pytest.mark.parametrize("agents", [4, 90])
def test_further_calls_one_by_one(agents: int) -> None:
    rng = default_rng(7)
    gains, losses = people(rng, agents, agents // 2, 0.4)
    new = 0.4 * rng.random((5, 3))
    told = balance(2, gains, losses, new)
    for calls in (5, 0, 2):  # in any order
        with_them = brute(2, gains, np.vstack([losses, new[:calls]]))
        assert told.none_free(calls) == pytest.approx(with_them, rel=0.02, abs=1e-3)


@pytest.mark.parametrize("agents", [4, 90])
def test_further_calls_of_one_kind_go_on_for_ever(agents: int) -> None:
    rng = default_rng(8)
    gains, losses = people(rng, agents, 3, 0.4)
    new = np.array([[0.2, 0.25, 0.3]])
    told = balance(2, gains, losses, new)
    for calls in (0, 1, 3, 6):
        with_them = brute(2, gains, np.vstack([losses, np.repeat(new, calls, 0)]))
        assert told.none_free(calls) == pytest.approx(with_them, rel=0.02, abs=1e-3)


@pytest.mark.parametrize("guess", [0, 3, 9, 30])
@pytest.mark.parametrize("agents", [5, 90])
def test_how_many_further_calls_there_may_be_wherever_one_begins(agents: int, guess: int) -> None:
    rng = default_rng(9)
    gains, losses = people(rng, agents, 4, 0.3)
    new = np.array([[0.2, 0.2, 0.2]])
    chances = [balance(4, gains, losses, new).none_free(calls) for calls in range(31)]
    risk = 0.1
    right = next((n for n, chance in enumerate(chances) if chance > risk), 30)
    assert balance(4, gains, losses, new).within(risk, 0, 30, guess) == right
    assert balance(4, gains, losses, new).within(risk, 2, 30, guess) == max(2, right)
    assert balance(4, gains, losses, new).within(risk, 0, 1, guess) == min(1, right)


def test_nobody_busy_and_no_call() -> None:
    nothing = np.zeros((0, 2))
    one = np.full((1, 2), 0.3)
    assert balance(0, nothing, nothing, one).none_free() == pytest.approx(1)
    assert balance(1, nothing, nothing, one).none_free() == pytest.approx(0, abs=1e-12)
    for base in (9, 16, 5000):  # where the window around the mean has been left
        assert balance(base, nothing, nothing, one).none_free() == pytest.approx(0, abs=1e-9)
    for base in (-1, -9, -16, -5000):
        assert balance(base, nothing, nothing, one).none_free() == pytest.approx(1)


def test_certain_chances() -> None:
    sure, never = np.ones((1, 1)), np.zeros((1, 1))
    assert balance(0, sure, sure).none_free() == pytest.approx(1)
    assert balance(0, sure, never).none_free() == pytest.approx(0, abs=1e-9)


def test_chances_that_nobody_could_have_are_still_chances() -> None:
    crowd = np.full((4000, 2), 0.5)
    for base in (-4000, 0, 4000):
        assert 0 <= balance(base, crowd, crowd[:3000]).none_free() <= 1
