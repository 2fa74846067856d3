"""Other diallers' rules, as their descriptions have them: on views made by hand."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from campaigns.pacing.view import View
from workers.bench.pacing_rules import RULES
from workers.bench.rivals.issabel import Issabel
from workers.bench.rivals.rival import Every, Rival, Window, nearest
from workers.bench.rivals.vicidial import OVER_LIMIT, Method, Vicidial
from workers.bench.rivals.webitel import Webitel, level_of
from workers.bench.rivals.wombat import Wombat

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC).timestamp()
MANY = 1_000
RIVALS = [name for name, rule in RULES.items() if rule.pacer is not None]


def over(rule: Rival, view: View, seconds: float) -> Iterator[int]:
    """What a rule wants in each half second of a time in which nothing changes."""
    end = view.now + seconds
    while view.now < end:
        yield rule.wants(view, MANY).calls
        view.now += 0.5


def with_calls(rule: Vicidial, calls: int, view: View) -> Vicidial:
    """A rule that has placed so many calls, when it has adapted once."""
    for _ in range(calls):
        rule.learn_placed(0)
    list(over(rule, view, 15))
    return rule


@pytest.mark.parametrize("name", RIVALS)
def test_nobody_free_and_nothing_known_places_no_calls(name: str) -> None:
    make = RULES[name].pacer
    assert make is not None
    view = View(now=NINE, talking=[10.0] * 5, left=3600)
    assert make().wants(view, MANY).calls <= 0


@pytest.mark.parametrize("name", RIVALS)
def test_a_rule_begins_with_about_a_call_for_each_free_agent(name: str) -> None:
    make = RULES[name].pacer
    assert make is not None
    assert 10 <= make().wants(View(now=NINE, free=10, left=3600), MANY).calls <= 30


def test_vicidial_fills_up_to_its_level_each_two_and_a_half_seconds() -> None:
    rule = Vicidial(level=1.0)
    view = View(now=NINE, free=0, waiting=0, talking=[5.0] * 10, in_flight=4, left=3600)
    rule.level = 2.0
    wanted = list(over(rule, view, 5))
    assert wanted == [2 * 10 - 4 - 10, 0, 0, 0, 0] * 2  # talking agents count, nobody is free


def test_vicidial_with_available_only_counts_those_who_are_free() -> None:
    rule = Vicidial(available_only=True, level=2.0)
    view = View(now=NINE, free=3, talking=[5.0] * 10, in_flight=4)
    assert rule.wants(view, MANY).calls == 2 * 3 - 4


def test_vicidial_moves_its_level_by_the_share_of_idle_agents() -> None:
    rule = Vicidial()
    view = View(now=NINE, free=2, talking=[5.0] * 6, wrapping=[1.0] * 2, left=3600)
    list(over(rule, view, 15))
    assert rule.level == pytest.approx(1 + 2 / 10)
    list(over(rule, view, 3600))
    assert rule.level == 3.0  # the highest
    view.free, view.waiting = 0, 5
    list(over(rule, view, 3600))
    assert rule.level == 1.0  # the least


@pytest.mark.parametrize(
    ("method", "left", "level"),
    [("hard_limit", 0.5, 1.0), ("average", 0.5, 1.5), ("tapered", 2.5, 1.0), ("tapered", 5, 1.5)],
)
def test_vicidial_cuts_its_level_when_the_day_has_too_many_drops(
    method: str, left: float, level: float
) -> None:
    rule = Vicidial(method=Method(method), level=3.0)
    view = View(now=NINE, talking=[5.0] * 10, live=100, abandoned=4, left=left * 3600)
    assert with_calls(rule, 51, view).level == pytest.approx(level)


@pytest.mark.parametrize(("calls", "abandoned"), [(50, 4), (51, 3)])
def test_vicidial_bears_few_calls_and_the_limit_itself(calls: int, abandoned: int) -> None:
    view = View(now=NINE, talking=[5.0] * 10, live=100, abandoned=abandoned, left=3600)
    assert with_calls(Vicidial(level=3.0), calls, view).level == 3.0


def test_vicidial_subtracts_the_digits_of_the_clock() -> None:
    late = datetime(2026, 1, 5, 20, 59, tzinfo=UTC)
    rule = Vicidial(method=Method.TAPERED, level=3.0)
    view = View(now=late.timestamp(), talking=[5.0] * 10, live=100, abandoned=9, left=60)
    assert OVER_LIMIT[Method.TAPERED](3.0, 2100 - 2059) == pytest.approx(0.123)
    assert with_calls(rule, 51, view).level == 1.0
    assert OVER_LIMIT[Method.TAPERED](3.0, -1) == 1.0


def test_wombat_boosts_the_free_agents() -> None:
    assert Wombat().wants(View(free=7), MANY).calls == 9  # the vendor's own example
    assert Wombat().wants(View(free=7, in_flight=4), MANY).calls == 5
    assert Wombat().wants(View(free=7, waiting=3), MANY).calls == 0


def test_issabel_overcommits_by_the_answers_of_half_an_hour() -> None:
    rule = Issabel()
    view = View(now=NINE, free=6, in_flight=2)
    assert rule.wants(view, MANY).calls == 4
    for number in range(20):
        rule.learn_end(0, 12.0, "live" if number % 2 else "no_answer")
    assert rule.wants(view, MANY).calls == 8  # 4 / 0.5
    view.now += 1801
    assert rule.wants(view, MANY).calls == 4
    for _ in range(20):
        rule.learn_end(0, 25.0, "no_answer")
    assert rule.wants(view, MANY).calls == 20  # 4 / 0.2, the least


def test_issabel_counts_on_those_who_have_talked_for_long() -> None:
    rule = Issabel()
    view = View(now=NINE, talking=[100.0, 600.0], waiting=0)
    assert rule.wants(view, MANY).calls == 0
    for _ in range(10):
        rule.learn_talk(120.0, 30.0)
    assert rule.wants(view, MANY).calls == 1  # 600 s is more than 3.5 x 120 s


@pytest.mark.parametrize(
    ("abandoned", "target", "level"),
    [(0, 3, 3 * 1.3), (2, 3, 3 * 1.1), (3, 3, 1.0), (5, 3, 1.0), (4, 3, 3 * 3 / 7 * 1.1)],
)
def test_webitel_derives_its_level_from_the_hour(
    abandoned: float, target: float, level: float
) -> None:
    maximum = 7.0 if abandoned == 4 else 3.0
    assert level_of(3.0, abandoned, target, maximum) == pytest.approx(level)


def test_webitel_is_progressive_until_it_knows_enough() -> None:
    rule = Webitel()
    view = View(now=NINE, free=10)
    assert rule.wants(view, MANY).calls == 10
    for number in range(90):
        rule.learn_end(0, 12.0, "live" if number % 3 == 0 else "no_answer")
        if number % 3 == 0:
            rule.learn_live(False)
    assert rule.wants(view, MANY).calls == 10  # counted anew every 30 s
    view.now += 30
    assert rule.wants(view, MANY).calls == 39  # 10 x 3 x 1.3


def test_a_loop_turns_on_time_and_makes_up_for_nothing() -> None:
    loop = Every(2.5)
    turns = [at for at in (100, 101, 102.5, 104, 105, 113, 114, 115) if loop.due(at)]
    assert turns == [100, 102.5, 105, 113, 115]


def test_a_window_forgets() -> None:
    window = Window(60)
    start = timedelta(minutes=5).total_seconds()
    window.add(start, "a")
    window.add(start + 30, "a")
    window.forget(start + 61)
    assert window.counts["a"] == 1


def test_halves_are_rounded_up_and_nothing_is_below_zero() -> None:
    assert [nearest(number) for number in (-1.0, 0.4, 0.5, 1.5, 2.4)] == [0, 0, 1, 2, 2]
