"""How long talk and wrap-up take, as learned."""

import numpy as np
import pytest
from numpy.random import default_rng

from campaigns.pacing.durations import (
    LONGEST,
    Durations,
    free_after_talk,
    free_after_wrap_up,
    lognormal,
)

HORIZONS = np.array([1.0, 5.0, 15.0, 60.0])


def test_a_lognormal_has_its_mean() -> None:
    chances = lognormal(60, 0.8, 2000)
    assert chances.sum() == pytest.approx(1)
    assert (chances * (np.arange(2000) + 0.5)).sum() == pytest.approx(60, rel=0.02)


def test_before_any_talk_the_planning_value_holds() -> None:
    survival = Durations(100, 0.9).survival()
    assert survival[0] == 1
    assert np.all(np.diff(survival) <= 0)
    assert survival.sum() == pytest.approx(100, rel=0.1)


def test_what_is_learned_outweighs_the_plan() -> None:
    talk = Durations(200, 0.9)
    for seconds in default_rng(1).exponential(60, 4000):
        talk.learn(float(seconds))
    survival = talk.survival()
    assert survival[60] == pytest.approx(np.exp(-1), abs=0.03)
    assert survival[120] == pytest.approx(np.exp(-2), abs=0.03)


def test_old_durations_fade() -> None:
    talk = Durations(60, 0.9)
    for mean in (200, 30):
        for seconds in default_rng(2).exponential(mean, 6000):
            talk.learn(float(seconds))
            talk.survival() if seconds > 3 * mean else None
    assert talk.survival()[30] == pytest.approx(np.exp(-1), abs=0.1)


@pytest.mark.parametrize("seconds", [0.0, -5.0, 1e9])
def test_one_duration_only(seconds: float) -> None:
    talk = Durations(60, 0.9)
    for _ in range(100):
        talk.learn(seconds)
    survival = talk.survival()
    assert len(survival) == LONGEST + 1
    assert np.all(np.isfinite(survival))
    assert np.all((survival >= 0) & (survival <= 1))


def test_the_longer_one_waits_the_surer_an_agent_is_free() -> None:
    talk, wrap_up = Durations(100, 0.9).survival(), Durations(15, 0.7).survival()
    for freed in (free_after_wrap_up(wrap_up, HORIZONS), free_after_talk(talk, wrap_up, HORIZONS)):
        assert np.all((freed >= 0) & (freed <= 1))
        assert np.all(np.diff(freed, axis=1) >= -1e-9)


def test_both_talk_and_wrap_up_have_to_be_over() -> None:
    talk = Durations(100, 0.9)
    for _ in range(20_000):
        talk.learn(30)
    long, short = Durations(300, 0.1).survival(), Durations(0.1, 0.1).survival()
    horizons = np.array([60.0])
    assert free_after_talk(talk.survival(), long, horizons)[0, 0] < 0.05
    assert free_after_talk(talk.survival(), short, horizons)[0, 0] > 0.9
