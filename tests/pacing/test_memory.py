"""What pacing has learned goes on with the next worker, whatever the database makes of it."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.pacing.answers import Answers
from campaigns.pacing.asking import Asking
from campaigns.pacing.budget import LEAST, MOST, Budget
from campaigns.pacing.durations import Durations
from campaigns.pacing.learned import NEW_HOUR
from campaigns.pacing.memory import CALLS, NAMES, TALKS, recall, remember, turn
from campaigns.pacing.modes import Ratio, decide
from campaigns.pacing.predictive import Predictive
from campaigns.pacing.view import View

NOW = 1_770_000_000.0
DAY = 86400.0


def pacer() -> Predictive:
    talk, wrap_up = Durations(120, 0.9), Durations(20, 0.7)
    return Predictive(Budget(0.025, 0.03), Answers(0.25, 12, 25, True), talk, wrap_up)


def experienced(calls: int = 600, one_in: int = 10, names: tuple[str, ...] = ("a",)) -> Predictive:
    """After some calls, `one_in` of which was answered, and as many conversations of 300 s."""
    used = pacer()
    turn(used, 9)
    for call in range(calls):
        segment = used.segment(names[call % len(names)])
        used.learn_placed(segment)
        used.answers.advance(NOW + call)
        used.learn_end(segment, 9.0, "live" if call % one_in == 0 else "machine")
        used.learn_talk(300.0, 10.0)
    used.answers.advance(NOW + calls + 60)
    used.rebuild()
    used.budget.theta = 0.2
    used.budget.usual.mean, used.budget.usual.seconds = 6.0, 4000.0
    return used


def test_a_mode_that_learns_nothing_remembers_nothing() -> None:
    assert remember(Ratio(1.0)) == {}
    assert recall(Ratio(1.0), {"version": 9}) == ""


def asked(of: int, asked: int) -> Asking:
    """After so many calls in a flow, of which so many asked for an agent."""
    used = Asking(0.03)
    for call in range(of):
        used.learn_end(0, 9.0, "live" if call < asked else "no_answer")
    return used


def test_how_many_ask_in_a_flow_is_known_at_once() -> None:
    used, new = asked(300, 30), Asking(0.03)
    assert recall(new, json.loads(json.dumps(remember(used))), 5.0) == ""
    assert new.asked / new.ended == pytest.approx(used.asked / used.ended, rel=0.01)
    view = View(NOW, free=4)
    assert new.wants(view, 50).calls == used.wants(view, 50).calls > 4


@pytest.mark.parametrize(("of", "did"), [(1000, 0), (1000, 1000), (3, 0), (0, 0)])
def test_it_weighs_little_and_fades_to_what_is_safe(of: int, did: int) -> None:
    """Every call may ask for an agent, as long as nobody knows better."""
    used, chances = asked(of, did), []
    for age in (0.0, 7 * DAY, 70 * DAY, 7000 * DAY):
        new = Asking(0.03)
        assert recall(new, remember(used), age) == ""
        assert 0 < new.asked <= new.ended <= CALLS + 1
        chances.append(new.asked / new.ended)
    assert chances == sorted(chances)
    assert chances[-1] == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(
    "memory",
    [None, [], {}, {"version": 1, "asked": 1.0}, {"version": 2, "asked": 1.0, "ended": 2.0},
     {"version": 1, "asked": -1.0, "ended": 2.0}, {"version": 1, "asked": 1.0, "ended": "many"},
     {"version": 1, "asked": float("nan"), "ended": 2.0}],
)  # fmt: skip
def test_what_is_no_memory_of_a_flow_changes_nothing(memory: object) -> None:
    new = Asking(0.03)
    assert recall(new, memory) != ""
    assert (new.asked, new.ended) == (1.0, 1.0)


def test_more_who_asked_than_calls_are_taken_for_all() -> None:
    new = Asking(0.03)
    assert recall(new, {"version": 1, "asked": 9.0, "ended": 3.0}) == ""
    assert new.asked == new.ended


def test_what_was_learned_is_there_again_at_once() -> None:
    used, new = experienced(), pacer()
    memory = json.loads(json.dumps(remember(used)))
    assert recall(new, memory, 5.0, 9) == ""
    new.segment("a")
    assert new.budget.theta == pytest.approx(used.budget.theta, abs=1e-4)
    assert new.budget.usual.seconds == pytest.approx(used.budget.usual.seconds, rel=0.01)
    assert new.answers.share[0] == pytest.approx(used.answers.share[0], rel=0.02)
    assert new.answers.share[0] < 0.15  # the plan says 0.25
    assert new.answers.delays == pytest.approx(used.answers.delays, abs=2.0)
    assert new.talk.survival()[250] == pytest.approx(used.talk.survival()[250], abs=0.1)
    assert new.talk.survival()[250] > 2 * pacer().talk.survival()[250]


def test_it_is_remembered_in_few_words() -> None:
    memory = remember(experienced(names=tuple("abcdefghijklmnop")))
    assert len(json.dumps(memory)) < 20_000
    assert all(len(known["live"]) < 12 for known in memory["segments"].values())


def test_the_memory_of_a_memory_is_the_same() -> None:
    new = pacer()
    recall(new, memory := remember(experienced(300)), 0.0, 9)
    assert remember(new)["segments"] == memory["segments"]  # not yet come up, and not forgotten
    new.segment("a")
    again = remember(new)
    assert again.keys() == memory.keys()
    assert again["theta"] == memory["theta"]
    assert again["segments"]["a"]["live"] == memory["segments"]["a"]["live"]


def test_old_memory_weighs_less() -> None:
    memory = remember(experienced(5000))
    for age, part in ((0.0, 1.0), (7 * DAY, 0.5), (70 * DAY, 0.001)):
        new = pacer()
        assert recall(new, memory, age, 3) == ""
        new.segment("a")
        known = remember(new)["segments"]["a"]
        assert known["calls"] <= CALLS + 0.1
        assert known["calls"] == pytest.approx(min(CALLS, 5000 * part), rel=0.1)
        assert new.talk.ends.sum() <= TALKS + 0.1
    assert new.budget.theta == pytest.approx(Budget(0.025).theta, rel=0.01)


def test_the_day_begins_with_the_share_of_the_same_hour() -> None:
    used = experienced(600, one_in=10)
    turn(used, 18)
    for call in range(600):
        used.learn_placed(0)
        used.answers.advance(NOW + 700 + call)
        used.learn_end(0, 9.0, "live" if call % 2 else "no_answer")
    shares = {}
    for hour in (9, 18, 3):
        new = pacer()
        recall(new, remember(used), DAY, hour)
        new.segment("a")
        shares[hour] = float(new.answers.share[0])
    assert shares[9] == pytest.approx(0.1, abs=0.02)
    assert shares[18] == pytest.approx(0.5, abs=0.06)
    assert shares[3] == pytest.approx(shares[18], abs=0.06)  # never seen: as it was last


def test_a_new_hour_begins_with_a_little_of_what_other_days_say() -> None:
    used = pacer()
    recall(used, remember(experienced(600, one_in=2)), DAY, 12)
    used.segment("a")
    before = used.answers.learned()["a"].exposure.copy()
    turn(used, 9)
    after = used.answers.learned()["a"].exposure
    assert after[0] == before[0]
    assert 0 < after[1] - before[1] <= NEW_HOUR


def test_a_warm_start_decides_by_what_it_knows() -> None:
    """Nine of ten do not answer and talks are long: the cold one counts on the plan instead."""
    cold, warm = pacer(), pacer()
    recall(warm, remember(experienced()), DAY, 9)
    seen = View(now=NOW, free=10, live=5000, abandoned=100, left=14_400.0, room=100)
    seen.guarded, seen.lines = 110, 1000
    for one in (cold, warm):
        one.segment("a")
    assert decide(warm, seen).calls > 1.5 * decide(cold, seen).calls


# --- whatever comes from the database

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=20,
)
ODD = JSON | st.lists(st.floats(), max_size=300) | st.just(10**400) | st.just([0.0] * 100_000)


def spoilt(memory: dict[str, Any], path: list[str], value: Any) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(memory))
    place = copy
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return copy


MEMORY = remember(experienced(100))
PATHS = [[key] for key in MEMORY] + [["segments", "a", key] for key in MEMORY["segments"]["a"]]


def is_sound(one: Predictive) -> None:
    one.segment("a")
    one.segment("never heard of")
    seen = View(now=NOW, free=3, talking=[5.0] * 4, room=9, guarded=12, lines=50, left=9e3)
    assert 0 <= decide(one, seen).calls <= 12
    assert LEAST <= one.budget.theta <= MOST
    assert 0 < one.answers.share.min() <= one.answers.share.max() < 1
    assert 0 <= one.answers.of_answered <= 1
    assert np.isfinite(one.budget.risk)
    json.dumps(remember(one), allow_nan=False)


@settings(deadline=None)
@given(JSON, st.floats())
def test_nothing_that_is_no_memory_does_any_harm(found: Any, age: float) -> None:
    new = pacer()
    assert recall(new, found, age)
    is_sound(new)
    assert new.budget.theta == Budget(0.025).theta


@settings(deadline=None)
@given(st.sampled_from(PATHS), ODD, st.floats(), st.integers(0, 23))
def test_nothing_odd_within_a_memory_does_any_harm(
    path: list[str], value: Any, age: float, hour: int
) -> None:
    new = pacer()
    recall(new, spoilt(MEMORY, path, value), age, hour)
    is_sound(new)


@settings(deadline=None)
@given(
    st.sampled_from(PATHS),
    st.floats(0, 1e9) | st.lists(st.floats(0, 1e9), max_size=40) | st.just([[5.0, 9.0]] * 24),
)
def test_figures_that_could_be_true_but_are_not_are_cut_down(path: list[str], value: Any) -> None:
    new = pacer()
    recall(new, spoilt(MEMORY, path, value), 0.0, 9)
    is_sound(new)


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        (["version"], 1, "version"),
        (["theta"], float("nan"), "theta"),
        (["theta"], -0.1, "theta"),
        (["theta"], True, "theta"),
        (["usual"], [1.0], "usual"),
        (["talk"], [0.0] * 2000, "talk"),
        (["more"], 1, "more"),
        (["segments", "a", "live"], [-1.0], "live"),
        (["segments", "a", "calls"], 1e12, "calls"),
        (["segments"], {str(n): MEMORY["segments"]["a"] for n in range(NAMES + 1)}, "segments"),
    ],
)
def test_it_says_what_is_wrong(path: list[str], value: Any, why: str) -> None:
    new = pacer()
    assert why in recall(new, spoilt(MEMORY, path, value))
    assert new.answers.before == {}
