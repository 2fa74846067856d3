"""Predictive pacing: what it does, and that nothing it is told makes it do worse than nothing."""

from random import Random
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.pacing.answers import Answers
from campaigns.pacing.budget import Budget
from campaigns.pacing.durations import Durations
from campaigns.pacing.modes import decide
from campaigns.pacing.predictive import Predictive
from campaigns.pacing.view import View

NOW = 1_770_000_000.0
HOWS = ("live", "machine", "failed", "no_answer", "cancelled")


def pacer(cancel_after: float | None = None, target: float = 0.03) -> Predictive:
    return Predictive(
        Budget(target),
        Answers(0.25, 12, 25, True),
        Durations(120, 0.9),
        Durations(20, 0.7),
        cancel_after=cancel_after,
    )


def view(free: int = 0, ringing: int = 0, talking: int = 0, **more: Any) -> View:
    """A day on which much may be risked, and lines enough."""
    seen = View(now=NOW, free=free, in_flight=ringing, talking=[60.0] * talking)
    seen.ringing, seen.rung = np.full(ringing, 8.0), np.full(ringing, 6.0)
    seen.ringing_segments = np.zeros(ringing, np.int64)
    seen.ringing_ids = [UUID(int=n) for n in range(ringing)]
    seen.live, seen.abandoned, seen.left = 5000, 100, 14_400.0
    seen.room = 40
    seen.guarded, seen.lines = free + seen.room, 10_000
    for name, value in more.items():
        setattr(seen, name, value)
    return seen


def test_free_agents_are_never_left_without_a_call() -> None:
    assert decide(pacer(), view(free=5)).calls >= 5


def test_more_calls_than_free_agents_since_not_every_call_is_answered() -> None:
    calls = decide(pacer(), view(free=10, talking=30)).calls
    assert 15 < calls <= 50


def test_calls_in_flight_are_counted() -> None:
    before = decide(pacer(), view(free=10, talking=30)).calls
    after = decide(pacer(), view(free=10, talking=30, ringing=before)).calls
    assert after <= 3


def test_the_reason_is_told() -> None:
    why = decide(pacer(), view(free=10, talking=30, ringing=4)).why
    assert why.startswith("10 free, ")
    assert " of 30 busy free soon, " in why
    assert " of 4 calls answered soon, risk 0." in why


def test_a_wave_of_answers_makes_it_careful() -> None:
    careful = pacer()
    for n in range(600):
        careful.learn_placed(0)
        careful.learn_end(0, 9.0, "live")
        decide(careful, view(free=2, now=NOW + n))
    seen = view(free=10, talking=30, now=NOW + 700)
    assert decide(careful, seen).calls < decide(pacer(), view(free=10, talking=30)).calls


def test_the_segment_of_the_next_leads_decides() -> None:
    told = pacer()
    good, bad = told.segment("good"), told.segment("bad")
    for n in range(900):
        for segment, live in ((good, n % 10 < 7), (bad, n % 20 == 0)):
            told.learn_placed(segment)
            told.learn_end(segment, 10.0 if live else 25.0, "live" if live else "no_answer")
        decide(told, view(free=1, now=NOW + 3 * n))
    at = NOW + 3000
    calls = {}
    for segment in (good, bad):
        seen = view(free=10, talking=30, now=at)
        seen.next_segments = [segment] * 60
        calls[segment] = decide(told, seen).calls
    assert calls[bad] > calls[good] >= 10


def test_a_new_segment_is_known_at_once() -> None:
    told = pacer()
    decide(told, view(free=1))
    seen = view(free=4, ringing=3)
    seen.ringing_segments = [told.segment(name) for name in ("a", "b", "c")]
    seen.next_segments = [told.segment(f"more {n}") for n in range(40)]
    assert decide(told, seen).calls >= 1


def test_calls_that_have_rung_long_enough_are_given_up_when_nobody_would_be_there() -> None:
    crowded = view(ringing=20, talking=5)
    crowded.rung = np.array([16.0, 14.9] * 10)
    decision = decide(pacer(cancel_after=15), crowded)
    assert decision.cancel
    assert all(crowded.rung[place] >= 15 for place in decision.cancel)
    assert len(set(decision.cancel)) == len(decision.cancel)
    assert decide(pacer(), crowded).cancel == []
    assert decide(pacer(cancel_after=15), view(free=40, ringing=20, rung=crowded.rung)).cancel == []


@pytest.mark.parametrize("lines", [0, -4, 1])
@pytest.mark.parametrize("guarded", [0, -4, 1])
def test_limits_of_zero(lines: int, guarded: int) -> None:
    seen = view(free=3, ringing=9, talking=4, lines=lines, guarded=guarded)
    for after in (None, 15.0):
        assert 0 <= decide(pacer(after), seen).calls <= max(0, min(lines, guarded))


def test_nobody_is_logged_in() -> None:
    assert decide(pacer(), view(guarded=50)).calls == 0


@pytest.mark.parametrize("how", HOWS)
def test_one_outcome_only(how: str) -> None:
    told = pacer(cancel_after=15)
    for n in range(400):
        told.learn_placed(0)
        told.learn_end(0, 10.0, how)
        told.learn_live(how == "live")
        calls = decide(told, view(free=5, ringing=5, talking=10, now=NOW + n)).calls
        assert 0 <= calls <= 45


def test_a_clock_that_steps_back_and_ahead() -> None:
    told = pacer(cancel_after=15)
    for now in (NOW, NOW + 1, NOW - 7200, NOW - 7199, NOW + 1e7, NOW, NOW + 0.5):
        told.learn_placed(0)
        decision = decide(told, view(free=5, ringing=5, talking=10, now=now))
        assert 0 <= decision.calls <= 45


def test_a_clock_that_has_stepped_back_does_not_keep_it_from_learning() -> None:
    told = pacer()
    for later in (0, 5, 10):
        decide(told, view(free=1, now=NOW + later))
    for n in range(600):
        told.learn_placed(0)
        told.learn_end(0, 9.0, "live")
        decide(told, view(free=1, now=NOW - 7200 + n))
    assert told.answers.share[0] > 0.6


def test_ages_and_durations_that_cannot_be() -> None:
    told = pacer(cancel_after=15)
    seen = view(free=2, ringing=4)
    seen.ringing, seen.rung = np.array([-5.0, 1e7, 0, 30]), np.array([-np.inf, 1e7, -3, 20])
    seen.dialled, seen.dialled_segments = [-1e6, 1e6], [0, 0]
    seen.talking, seen.wrapping = [-10.0, 1e9], [-1.0, 1e9]
    told.learn_end(0, -20.0, "live")
    told.learn_talk(-1.0, 1e9)
    assert 0 <= decide(told, seen).calls <= 42


def test_five_thousand_agents() -> None:
    rng = np.random.default_rng(1)
    seen = view(free=300)
    seen.talking, seen.wrapping = rng.exponential(100, 4000), rng.exponential(10, 700)
    seen.ringing, seen.rung = rng.random(3000) * 25, rng.random(3000) * 20
    seen.ringing_segments = np.zeros(3000, np.int64)
    seen.in_flight, seen.lines = 3000, 20_000
    seen.live, seen.room, seen.guarded = 400_000, 9_000, 6_300
    for after in (None, 15.0):
        assert 0 <= decide(pacer(after), seen).calls <= 6_300


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_whatever_it_sees_it_keeps_within_guard_and_lines(seed: int) -> None:
    rng = Random(seed)
    told = pacer(rng.choice([None, 15.0]), rng.choice([0.0, 0.03, 0.5]))
    now = NOW
    for _ in range(30):
        now += rng.choice([0.0, 0.3, 1.0, 40.0, -30.0, 1e5])
        seen = view(rng.randint(0, 40), rng.randint(0, 60), rng.randint(0, 60), now=now)
        seen.rung = np.array([rng.uniform(-1, 30) for _ in seen.rung])
        seen.analysing, seen.waiting = rng.randint(0, 5), rng.randint(0, 5)
        seen.guarded, seen.lines = rng.randint(-5, 60), rng.randint(-5, 60)
        seen.next_segments = [told.segment(rng.choice("abc")) for _ in range(rng.randint(0, 60))]
        told.learn_placed(told.segment(rng.choice("abc")))
        told.learn_end(rng.randint(0, 3), rng.uniform(-5, 60), rng.choice(HOWS))
        told.learn_talk(rng.uniform(-5, 4000), rng.uniform(-5, 4000))
        told.learn_live(rng.random() < 0.2)
        decision = decide(told, seen)
        assert 0 <= decision.calls <= max(0, min(seen.guarded, seen.lines))
        assert all(seen.rung[place] >= 15 for place in decision.cancel)


def test_while_the_guard_holds_a_new_call_takes_the_place_of_one_that_has_rung_long() -> None:
    careful = pacer(cancel_after=15)
    seen = view(free=5, ringing=5, talking=20, rung=np.array([16.0, 3.0, 20.0, 3.0, 3.0]))
    seen.room, seen.guarded = 0, 0
    held = decide(careful, seen)
    assert (held.calls, held.cancel) == (0, [2, 0])
    assert careful.budget.held
    seen.room = seen.guarded = 40
    roomy = decide(careful, seen)
    assert roomy.calls > 0
    assert roomy.cancel == []
