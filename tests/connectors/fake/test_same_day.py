"""The same seed is the same day, whatever the dialler does with it."""

import random
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from connectors.calls import Answered, Ended, HangUp, RingAgent
from connectors.fake.chance import luck
from connectors.fake.exchange import Exchange
from connectors.fake.presets import preset
from connectors.fake.world import World
from tests.connectors.fake.conftest import MakeBench

NUMBERS = [f"+49301{n:06}" for n in range(500)]


def test_the_same_seed_tells_the_same_events(bench: MakeBench) -> None:
    runs = [bench(preset("busy"), 7), bench(preset("busy"), 7), bench(preset("busy"), 8)]
    for run in runs:
        run.give(RingAgent(UUID(int=9999), "a"))
        run.dial(NUMBERS, amd=True)
        run.wait(300)
    assert runs[0].events == runs[1].events
    assert runs[0].events != runs[2].events


def test_customers_do_not_care_in_which_order_they_are_called(bench: MakeBench) -> None:
    """Common random numbers: who answers depends on the number and how often it was called."""
    shuffled = random.Random(1).sample(NUMBERS, len(NUMBERS))
    told = []
    for numbers in (NUMBERS, shuffled):
        run = bench(World())
        number_of = dict(zip(run.dial(numbers), numbers, strict=True))
        run.wait(300)
        told.append(
            {number_of[e.call_id]: (e.at, e.reason) for e in run.of(Ended)}
            | {number_of[e.call_id] + "?": (e.at, None) for e in run.of(Answered)}
        )
    assert told[0] == told[1]


def test_a_call_that_was_cancelled_changes_no_other(bench: MakeBench) -> None:
    plain, other = bench(World()), bench(World())
    for run in (plain, other):
        calls = run.dial(NUMBERS)
        run.wait(1)
        if run is other:
            run.give(*map(HangUp, calls[:50]))
        run.wait(300)
    untouched = {UUID(int=n) for n in range(51, 501)}
    ends = [
        {e.call_id: e for e in run.of(Ended) if e.call_id in untouched} for run in (plain, other)
    ]
    assert ends[0] == ends[1]


def test_a_second_call_to_a_number_has_a_luck_of_its_own(bench: MakeBench) -> None:
    run = bench(World())
    run.dial(NUMBERS)
    run.wait(300)
    first = [event.reason for event in sorted(run.of(Ended), key=lambda e: e.call_id)]
    run.dial(NUMBERS)
    run.wait(300)
    both = [event.reason for event in sorted(run.of(Ended), key=lambda e: e.call_id)]
    assert both[:500] == first
    assert both[500:] != first


def test_luck_is_the_same_on_every_machine() -> None:
    assert luck(1, "+4930", 2) == luck(1, "+4930", 2)
    assert luck(1, "+4930", 2).outcome == pytest.approx(0.30599169004837645)
    assert all(0 < draw < 1 for n in range(1000) for draw in luck(n))


def test_advance_stamps_what_is_due_by_its_own_time_and_never_goes_back() -> None:
    start = datetime(2026, 11, 20, 9, tzinfo=UTC)
    exchange = Exchange(preset("lab"), 1)
    exchange.command(RingAgent(UUID(int=1), "1001"), start)
    assert exchange.advance(start - timedelta(hours=1)) == []
    (up,) = exchange.advance(start + timedelta(hours=1))
    assert up.at == start + timedelta(seconds=0.1)
    assert exchange.advance(start) == []


def test_a_crash_loses_everything_without_a_word(bench: MakeBench) -> None:
    run = bench(preset("lab"))
    run.dial(["+4930123450"], trunk="carrier")
    run.give(RingAgent(UUID(int=99), "1001"))
    run.wait(1)
    told = len(run.events)
    run.exchange.lose_all()
    run.wait(3600)
    assert run.exchange.live_calls() == ()
    assert len(run.events) == told


def test_the_work_grows_with_the_calls_and_not_faster(bench: MakeBench) -> None:
    """Ten times the calls may cost ten times the time (and the noise of a busy machine)."""

    def cost(calls: int) -> float:
        run = bench(World())
        began = time.process_time()
        for start in range(0, calls, 20):
            run.dial(f"+49301{n:06}" for n in range(start, start + 20))
            run.wait(20)
        run.wait(600)
        assert len(run.reasons()) == calls
        return (time.process_time() - began) / calls

    small = min(cost(500) for _ in range(3))
    large = min(cost(5000) for _ in range(2))
    assert large < 3 * small
