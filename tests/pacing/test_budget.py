"""The day's abandonment budget: what is left, and what it makes of the risk."""

from random import Random

import pytest

from campaigns.pacing.budget import LEAST, MOST, Budget


def spent(budget: Budget, live: float, abandoned: float, expected: float = 1000) -> Budget:
    budget.look(live, abandoned, expected)
    return budget


def test_abandoned_calls_lower_the_risk_connected_ones_raise_it() -> None:
    budget = spent(Budget(0.03), 1000, 30)
    before = budget.theta
    budget.learn(False)
    assert budget.theta > before
    budget.learn(True)
    assert budget.theta < before


def test_whoever_has_spent_too_much_risks_less() -> None:
    saved, even, over = (spent(Budget(0.03), 1000, n).risk for n in (10, 30, 60))
    assert saved > even > over > 0


@pytest.mark.parametrize("abandoned", [True, False])
def test_theta_keeps_within_its_bounds(abandoned: bool) -> None:
    budget = spent(Budget(0.03), 100, 100 if abandoned else 0)
    for _ in range(20_000):
        budget.learn(abandoned)
        assert LEAST <= budget.theta <= MOST
        assert 0 < budget.risk <= MOST


@pytest.mark.parametrize("bias", [0.3, 1.0, 3.0])
def test_the_share_abandoned_is_the_target_whatever_the_error_of_the_model(bias: float) -> None:
    """A world in which a call of risk r is abandoned with chance bias * r."""
    budget, rng = Budget(0.03), Random(5)
    live = abandoned = 0
    for n in range(8000):
        budget.look(live, abandoned, 8000 - n)
        lost = rng.random() < min(1.0, bias * budget.risk)
        live, abandoned = live + 1, abandoned + lost
        budget.learn(lost)
    assert abandoned / live == pytest.approx(0.03, abs=0.004)


@pytest.mark.parametrize("expected", [-5.0, 0.0, 1e12])
def test_a_day_that_is_over_or_endless(expected: float) -> None:
    budget = spent(Budget(0.03), 0, 0, expected)
    budget.learn(True)
    assert 0 < budget.risk <= MOST


def test_a_target_of_zero() -> None:
    budget = spent(Budget(0.0), 100, 1)
    budget.learn(True)
    assert 0 < budget.risk <= MOST
