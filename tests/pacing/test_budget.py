"""The day's abandonment budget: what is left, and what it makes of the risk."""

from random import Random

import pytest

from campaigns.pacing.budget import LEAST, MOST, Budget, Usual


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


@pytest.mark.parametrize("bias", [0.3, 1.0, 3.0])
def test_over_a_block_of_days_the_share_is_the_target_too(bias: float) -> None:
    """Thirty days whose live answers count together; each day looks ahead to its own end."""
    budget, rng = Budget(0.025, limit=0.03), Random(6)
    live = abandoned = 0
    for _ in range(30):
        for n in range(600):
            room = int((0.03 * live - abandoned) / 0.97)
            budget.look(live, abandoned, 600 - n, room)
            lost = room > 0 and rng.random() < min(1.0, bias * budget.risk)
            live, abandoned = live + 1, abandoned + lost
            budget.learn(lost)
            assert 0 < budget.risk <= MOST
    assert abandoned / live == pytest.approx(0.025, abs=0.001)


def test_what_a_long_block_has_overspent_is_saved_within_a_day() -> None:
    budget, rng = Budget(0.025, limit=0.03), Random(7)
    live, abandoned, today = 150_000, 3_800, 0  # fifty too many
    for n in range(5000):
        budget.look(live, abandoned, 5000 - n, room=700)
        lost = rng.random() < budget.risk
        live, abandoned, today = live + 1, abandoned + lost, today + lost
        budget.learn(lost)
    assert abandoned / live == pytest.approx(0.025, abs=0.0002)
    assert 0.01 < today / 5000 < 0.02


def test_what_a_long_block_has_saved_is_spent_at_up_to_twice_the_target() -> None:
    budget, rng = Budget(0.025, limit=0.03), Random(8)
    live, abandoned, today = 150_000, 2_000, 0
    for n in range(5000):
        budget.look(live, abandoned, 5000 - n, room=2500)
        lost = rng.random() < budget.risk
        live, abandoned, today = live + 1, abandoned + lost, today + lost
        budget.learn(lost)
    assert today / 5000 == pytest.approx(0.05, abs=0.006)


@pytest.mark.parametrize("expected", [-5.0, 0.0, 1e12])
def test_a_day_that_is_over_or_endless(expected: float) -> None:
    budget = spent(Budget(0.03), 0, 0, expected)
    budget.learn(True)
    assert 0 < budget.risk <= MOST


def test_a_target_of_zero() -> None:
    budget = spent(Budget(0.0), 100, 1)
    budget.learn(True)
    assert 0 < budget.risk <= MOST


def test_what_is_usually_in_flight_is_set_aside_first() -> None:
    budget = Budget(0.025, limit=0.03)
    for second in range(1200):
        budget.usual.see(30, second)
    assert 25 < budget.usual.mean <= 30
    budget.look(live=500, abandoned=5, expected=10_000, room=10)
    short = budget.risk
    assert budget.reserve >= budget.usual.mean
    budget.look(live=5000, abandoned=90, expected=5_500, room=60)
    assert budget.risk > 2 * short
    free = Budget(0.025)
    free.usual.mean = 30
    free.look(live=500, abandoned=5, expected=10_000)
    assert free.risk > 2 * short  # without a guard nothing need be set aside


def test_three_times_the_usual_is_set_aside_and_let_go_as_the_day_ends() -> None:
    budget = Budget(0.03, limit=0.03)
    for second in range(6000):
        budget.usual.see(10 + 20 * (second // 60 % 2), second)
    assert budget.usual.mean == pytest.approx(20, rel=0.02)
    budget.look(live=10, abandoned=0, expected=10_000)
    assert budget.reserve == pytest.approx(60, rel=0.02)
    budget.look(live=6_900, abandoned=100, expected=3_100)
    assert budget.reserve == pytest.approx(60, rel=0.02)
    budget.look(live=8_500, abandoned=200, expected=1_500)
    assert budget.reserve == pytest.approx(40, rel=0.02)
    budget.look(live=10_000, abandoned=200, expected=1)
    assert budget.reserve == pytest.approx(20, rel=0.02)


def test_a_break_in_dialling_is_no_part_of_the_usual() -> None:
    usual = Usual()
    for second in range(3600):
        usual.see(20, second)
    usual.see(0, 9999)
    assert 19 < usual.mean <= 20


def test_while_the_guard_decides_connected_calls_raise_no_risk() -> None:
    budget = Budget(0.03, limit=0.03)
    budget.look(live=100, abandoned=0, expected=1000)
    budget.held = True
    for _ in range(1000):
        budget.learn(abandoned=False)
    assert budget.theta == 0.03
    budget.learn(abandoned=True)
    assert budget.theta < 0.03


@pytest.mark.parametrize("times", [(5.0, 1.0), (0.0, 0.0), (0.0, 1e12)])
def test_the_usual_under_a_clock_that_steps(times: tuple[float, float]) -> None:
    usual = Usual()
    for now in times:
        usual.see(10, now)
    assert 0 <= usual.mean <= 10
    assert 0 <= usual.seconds <= 60
