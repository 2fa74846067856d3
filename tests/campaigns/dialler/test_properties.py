"""What must hold whatever happens: the guard, one result each, any order of events."""

from collections.abc import Callable
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.agents import Leaving
from campaigns.arrivals import InboundOutcome
from campaigns.call_life import IN_FLIGHT, TABLE, CallState, Happening, diagram
from campaigns.effects import AgentState
from campaigns.guard import room_beyond_agents
from campaigns.orders import CampaignState, LogOut, Pause, Ready, SetState
from connectors.calls import (
    AgentLegDown,
    Answered,
    Classified,
    Ended,
    EndReason,
    Event,
    LinkBack,
    LinkLost,
    Party,
    RingAgent,
    Ringing,
)

DeskOf = Callable[..., Any]
MODES = ("progressive", "power", "predictive")


@given(st.floats(0.001, 0.5), st.integers(0, 10_000), st.integers(0, 300), st.integers(0, 5_000))
def test_the_guard_is_exact(limit: float, live: int, abandoned: int, answered: int) -> None:
    """With room R the worst case is within the limit; with one call more it would not be."""
    abandoned = min(abandoned, live)
    room = room_beyond_agents(limit, live, abandoned)
    if room:
        assert abandoned + room <= limit * (live + room) * (1 + 1e-6) + 1e-6
    if abandoned <= limit * live:
        worse = room + 1
        assert abandoned + worse > limit * (live + worse) * (1 - 1e-6) - 1e-3


SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 20))]
"""One in the fast lane, of each mode, and many more in the long one."""


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("seed", SEEDS)
def test_random_days_never_break_the_guard(desk_of: DeskOf, mode: str, seed: int) -> None:
    """Random answers and ends; at each live answer the day's rate is within the limit. The PBX
    bridges at once: one that takes its time makes calls late, which no proof can see."""
    rng = Random(seed)
    desk = desk_of(leads=3000, mode=mode, pacing={"lines_per_agent": 4, "calls_per_second": 100})
    desk.staff(*(f"a{i}" for i in range(rng.randint(2, 12))))
    desk.bridges = True
    for _ in range(2500):
        desk.wait(rng.expovariate(2))
        desk.stir(rng, answered=0.4)
        tally = desk.dialler.run.tally("2026-11-20")
        assert tally.unlawful <= 0.03 * tally.live
    assert tally.live > 100


def covering(desk: Any) -> int:
    """Agents who take a call in flight should it be answered now; who was asked to come to a
    caller, and is still here, among them."""
    return sum(agent.leg_up for agent in desk.dialler.run.floor.ready())


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("seed", SEEDS)
def test_random_days_with_callers_never_break_the_guard(
    desk_of: DeskOf, mode: str, seed: int
) -> None:
    """At every instant: if every call in flight were answered now, the rate would stay within the
    limit, whoever has called in, given up, or taken an agent away."""
    rng = Random(seed)
    pacing = {"lines_per_agent": 4, "calls_per_second": 100}
    desk = desk_of(leads=3000, mode=mode, pacing=pacing, inbound={"lines": ["support"]})
    desk.staff(*(f"a{i}" for i in range(rng.randint(5, 12))))
    run, desk.bridges = desk.dialler.run, True
    for _ in range(2500):
        desk.wait(rng.expovariate(2))
        if rng.random() < 0.04:
            desk.call_in()
        desk.stir(rng, answered=0.4)
        if rng.random() < 0.01:
            desk.answer_all()
        desk.stir_inbound(rng)
        tally = run.tally("2026-11-20")
        room = room_beyond_agents(0.03, tally.live, tally.unlawful)
        assert tally.unlawful <= 0.03 * tally.live
        assert run.in_flight() - covering(desk) <= room
        assert len(run.floor.asked(Leaving.INBOUND)) <= sum(c.waits for c in run.inbound.values())
    assert tally.live > 60, "so that the guard has let calls be in flight beyond the agents"
    answered = [r for r in desk.inbound_results if r.outcome is InboundOutcome.ANSWERED]
    assert len(answered) > 20
    assert len({r.call_id for r in desk.inbound_results}) == len(desk.inbound_results)


@pytest.mark.parametrize("seed", range(20))
def test_duplicated_and_reordered_events_end_the_same(desk_of: DeskOf, seed: int) -> None:
    desk = desk_of(amd={"enabled": True})
    desk.staff("ann")
    (call,) = desk.calls
    at = desk.now
    story: list[Event] = [
        Ringing(call.call_id, at),
        Answered(call.call_id, at),
        Classified(call.call_id, at, Party.MACHINE),
    ]
    rng = Random(seed)
    mixed = story + rng.choices(story, k=3)
    rng.shuffle(mixed)
    for event in mixed:
        desk.event(event)
    assert desk.call(call).state is CallState.ENDING
    desk.event(Ended(call.call_id, at, EndReason.HUNG_UP))
    desk.event(Ended(call.call_id, at, EndReason.BUSY))
    assert desk.result(call).outcome == "machine"


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32))
def test_every_attempt_ends_once_and_lines_come_back(desk_of: DeskOf, seed: int) -> None:
    rng = Random(seed)
    desk = desk_of(leads=500)
    desk.staff("ann", "bob", "cid")
    acts: list[Callable[[], object]] = [
        lambda: desk.stir(rng, answered=0.4),
        lambda: desk.wait(rng.random() * 10),
        lambda: desk.order(Pause(rng.choice(["ann", "bob"]))),
        lambda: desk.order(Ready(rng.choice(["ann", "bob"]))),
        lambda: desk.event(LinkLost(desk.now)),
        lambda: desk.event(LinkBack(desk.now, ())),
    ]
    for _ in range(150):
        rng.choices(acts, weights=[8, 4, 1, 2, 0.3, 0.3])[0]()
        run = desk.dialler.run
        asking = [c for c in run.calls.values() if c.agent is None and c.state in IN_FLIGHT]
        assert list(run.asking.values()) == asking or {*run.asking} == {c.call_id for c in asking}
    desk.link_up()
    desk.order(LogOut("ann"))
    desk.order(SetState(CampaignState.STOPPED))
    for call in desk.calls:
        if call.call_id in desk.dialler.run.calls:
            desk.end(call)
    ended = [r.attempt_id for r in desk.results]
    assert sorted(ended) == sorted(c.call_id for c in desk.calls)
    assert set(desk.dialler.run.lines.in_use().values()) == {0}
    assert desk.dialler.run.in_flight() == 0
    assert not desk.dialler.run.waiting


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32), mode=st.sampled_from(["progressive", "preview"]))
def test_every_inbound_call_ends_once_and_agents_come_back(
    desk_of: DeskOf, seed: int, mode: str
) -> None:
    """Whatever comes between: breaks, lost phones and links, a database that takes its time."""
    rng = Random(seed)
    desk = desk_of(leads=500, mode=mode, inbound={"lines": ["support"], "wait": "20s"})
    desk.staff("ann", "bob", "cid")
    desk.bridges, run = True, desk.dialler.run
    called: list[UUID] = []
    acts: list[Callable[[], object]] = [
        lambda: desk.stir(rng, answered=0.4),
        lambda: desk.stir_inbound(rng),
        lambda: called.append(desk.call_in()),
        lambda: desk.wait(rng.random() * 10),
        lambda: desk.order(Pause(rng.choice(["ann", "bob"]))),
        lambda: desk.order(Ready(rng.choice(["ann", "bob"]))),
        lambda: desk.event(AgentLegDown(rng.choice(desk.sent(RingAgent)).leg_id, desk.now)),
        lambda: desk.event(LinkLost(desk.now)),
        lambda: desk.event(LinkBack(desk.now, ())),
        lambda: setattr(desk, "admit", not desk.admit),
        lambda: desk.leaves(rng.choice(called)) if called else None,
    ]
    for _ in range(150):
        rng.choices(acts, weights=[8, 6, 2, 4, 1, 2, 0.2, 0.3, 0.3, 0.5, 1])[0]()
        asked = run.floor.asked(Leaving.INBOUND)
        assert all(agent.state is AgentState.READY for agent in asked)
        assert len(asked) <= sum(call.waits for call in run.inbound.values())
        busy = [call.agent for call in run.inbound.values() if call.agent is not None]
        assert len(set(busy)) == len(busy), "an agent is on the way to one call"
        if not desk.not_admitted:
            assert not run.arriving
        elif rng.random() < 0.2:
            desk.grant_arrivals(*desk.not_admitted)
            desk.not_admitted.clear()
    desk.grant_arrivals(*desk.not_admitted)
    desk.link_up()
    assert sorted(result.call_id for result in desk.inbound_results) == sorted(called)
    assert not run.inbound
    assert not run.arriving
    assert not run.left_early
    assert not run.floor.asked(Leaving.INBOUND)


def test_the_table_is_closed() -> None:
    """Each state but the last can end, no row leads out of the end, no row leads back."""
    assert all((state, Happening.ENDED) in TABLE for state in CallState if state != "ended")
    assert not [row for row in TABLE if row[0] is CallState.ENDED]
    assert "placed --> ringing: rang" in diagram()


def test_in_flight_is_what_may_still_ask_for_an_agent(desk_of: DeskOf) -> None:
    desk = desk_of()
    desk.staff("ann", "bob")
    first, _ = desk.calls
    assert desk.dialler.run.in_flight() == 2
    desk.answer(first)
    assert desk.dialler.run.in_flight() == 1
    assert set(desk.dialler.run.asking) == {desk.calls[1].call_id}
