"""The circuit breaker: a table, and what it means."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.crm.breaker import (
    ENOUGH,
    LONGEST_ASKED,
    LONGEST_WAIT,
    NEXT,
    PROBES,
    Breaker,
    Event,
    Outcome,
    State,
    admit,
    after,
)

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)
NEVER = {(State.CLOSED, Event.DUE)}  # one that is closed waits for nothing


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_the_table_knows_what_follows_from_everything_that_can_be() -> None:
    assert set(NEXT) == set(product(State, Event)) - NEVER


def test_it_opens_after_some_failures_in_a_row_and_no_sooner() -> None:
    breaker = Breaker()
    for _ in range(ENOUGH - 1):
        breaker = after(breaker, 0, [Outcome()], NOW)
        assert admit(breaker, NOW, 200) == (breaker, 200)
    breaker = after(breaker, 0, [Outcome()], NOW)
    assert breaker.state is State.OPEN
    assert admit(breaker, NOW, 200)[1] == 0


def test_some_that_arrived_count_as_its_being_there() -> None:
    assert after(Breaker(State.CLOSED, 2), 1, [Outcome()] * 9, NOW) == Breaker()
    assert after(Breaker(State.CLOSED, 2), 0, [Outcome(for_good=True)], NOW) == Breaker()


def test_a_few_try_it_and_decide() -> None:
    breaker, room = admit(Breaker(State.OPEN, 3, NOW), NOW, 200)
    assert (breaker.state, room) == (State.PROBING, PROBES)
    assert admit(breaker, later(1), 200)[1] == 0
    assert admit(breaker, later(121), 200)[1] == PROBES  # who tried has died
    assert after(breaker, 1, [], NOW).state is State.CLOSED
    assert after(breaker, 0, [Outcome()], NOW) == Breaker(State.OPEN, 4, later(10))


@pytest.mark.parametrize(("asked", "waits"), [(30.0, 30.0), (1e9, LONGEST_ASKED)])
def test_one_that_says_how_long_is_obeyed(asked: float, waits: float) -> None:
    breaker = after(Breaker(), 5, [Outcome(wait=asked)], NOW)
    assert breaker == Breaker(State.OPEN, 0, later(waits))


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.floats(0, 100)), max_size=60))
def test_whatever_happens_it_is_tried_again_within_its_longest_wait(
    batches: list[tuple[int, bool, float]],
) -> None:
    breaker, now = Breaker(), NOW
    for arrived, fails, wait in batches:
        breaker = after(breaker, arrived, [Outcome(wait=wait)] if fails else [], now)
        _, room = admit(breaker, now + timedelta(seconds=max(LONGEST_WAIT, 100)), 200)
        assert room > 0
        now += timedelta(seconds=1)
