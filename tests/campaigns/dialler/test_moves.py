"""A shared agent leaves for another campaign: as covered as any log-out, and as durable."""

from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Any
from uuid import UUID

import pytest

from campaigns.dialler import OrderRefused
from campaigns.effects import AgentChanged, AgentState
from campaigns.links import KnownAgent
from campaigns.orders import Dispose, LogOut, Move, Pause, Ready, Stay
from connectors.calls import AgentLegUp, EndReason, HangUp, LiveCall, Phase, RingAgent

DeskOf = Callable[..., Any]


def last(desk: Any, name: str = "ann") -> AgentChanged:
    changes = [e for e in desk.effects if isinstance(e, AgentChanged) and e.agent == name]
    return changes[-1]


def test_who_is_free_leaves_at_once_and_tells_where_to(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0)
    desk.staff("ann")
    desk.order(Move("ann", "autumn"))
    assert desk.sent(HangUp) == [HangUp(desk.sent(RingAgent)[0].leg_id)]
    assert (last(desk).state, last(desk).reason) == (AgentState.OFFLINE, "moved to autumn")
    assert last(desk).leg_id is None
    with pytest.raises(OrderRefused, match="not logged in"):
        desk.order(Stay("ann"))


def test_who_is_needed_for_a_call_in_flight_leaves_after_it(desk_of: DeskOf) -> None:
    desk = desk_of(leads=1)
    desk.staff("ann")
    (call,) = desk.calls
    desk.order(Move("ann", "autumn"))
    assert desk.agent("ann") is AgentState.READY
    assert desk.dialler.snapshot(desk.now)["roster"][0]["leaving"] == "moved to autumn"
    desk.talk(call)
    assert desk.agent("ann") is AgentState.TALKING
    desk.end(call)
    desk.order(Dispose("ann", "sale"))
    assert (last(desk).state, last(desk).reason) == (AgentState.OFFLINE, "moved to autumn")


def test_ready_ends_a_wrap_up_and_not_the_move(desk_of: DeskOf) -> None:
    desk = desk_of(leads=1)
    desk.staff("ann")
    (call,) = desk.calls
    desk.talk(call)
    desk.order(Move("ann", "autumn"))
    desk.end(call)
    assert desk.agent("ann") is AgentState.WRAP_UP
    desk.order(Ready("ann"))
    assert last(desk).reason == "moved to autumn"


def test_who_is_to_stay_after_all_takes_the_next_call(desk_of: DeskOf) -> None:
    desk = desk_of(leads=2)
    desk.staff("ann")
    desk.talk(desk.calls[0])
    desk.order(Move("ann", "autumn"))
    desk.order(Stay("ann"))
    desk.end(desk.calls[0])
    desk.wait(30)
    assert desk.agent("ann") is AgentState.READY
    assert len(desk.calls) == 2


def test_a_break_comes_before_a_move(desk_of: DeskOf) -> None:
    desk = desk_of(leads=1)
    desk.staff("ann", "bob")
    (call,) = desk.calls
    desk.talk(call)
    desk.order(Move("ann", "autumn"))
    desk.order(Pause("ann", "lunch"))
    with pytest.raises(OrderRefused, match="takes a break and is not moved"):
        desk.order(Move("ann", "autumn"))
    desk.end(call)
    desk.wait(30)
    assert (last(desk).state, last(desk).reason) == (AgentState.PAUSED, "lunch")
    with pytest.raises(OrderRefused, match="takes a break and is not moved"):
        desk.order(Move("ann", "autumn"))


def test_who_wants_to_go_home_is_not_moved(desk_of: DeskOf) -> None:
    desk = desk_of(leads=1)
    desk.staff("ann")
    desk.talk(desk.calls[0])
    for order in (LogOut("ann"), Move("ann", "autumn"), Stay("ann")):
        desk.order(order)
    desk.end(desk.calls[0])
    desk.wait(30)
    assert (last(desk).state, last(desk).reason) == (AgentState.OFFLINE, "logged out")


def test_a_successor_knows_who_was_asked_to_move(desk_of: DeskOf) -> None:
    fresh = type(desk_of(leads=0))(leads=5)
    leg = UUID(int=77)
    parts = ("phone-ann", "main", frozenset[str](), AgentState.WRAP_UP, "", leg, fresh.now)
    ann = KnownAgent("ann", *parts, bound="autumn")
    fresh.feed(fresh.dialler.adopt([], [ann], [], fresh.now))
    fresh.link_up(LiveCall(leg, Phase.AGENT_LEG))
    fresh.wait(30)
    assert (last(fresh).state, last(fresh).reason) == (AgentState.OFFLINE, "moved to autumn")
    assert fresh.calls == []


def test_a_phone_that_is_gone_when_a_successor_looks_comes_before_the_move(
    desk_of: DeskOf,
) -> None:
    fresh = type(desk_of(leads=0))(leads=5)
    parts = ("phone-ann", "main", frozenset[str](), AgentState.READY, "", UUID(int=77), fresh.now)
    ann = KnownAgent("ann", *parts, bound="autumn")
    fresh.feed(fresh.dialler.adopt([], [ann], [], fresh.now))
    fresh.link_up()
    assert (last(fresh).state, last(fresh).reason) == (AgentState.PAUSED, "phone")
    fresh.event(AgentLegUp(fresh.sent(RingAgent)[0].leg_id, fresh.now))
    assert last(fresh).state is AgentState.READY  # and is asked anew, if it is still wanted


def test_a_successor_rings_who_was_to_be_logged_in(desk_of: DeskOf) -> None:
    fresh = type(desk_of(leads=0))(leads=5)
    ann = KnownAgent("ann", "phone-ann", "main", frozenset(), AgentState.OFFLINE)
    fresh.feed(fresh.dialler.adopt([], [ann], [], fresh.now))
    fresh.link_up()
    (leg,) = fresh.sent(RingAgent)
    fresh.event(AgentLegUp(leg.leg_id, fresh.now))
    assert len(fresh.calls) == 1


@pytest.mark.parametrize("seed", range(3))
def test_agents_who_come_and_go_never_break_the_guard(desk_of: DeskOf, seed: int) -> None:
    rng = Random(seed)
    desk = desk_of(leads=2000, mode="power", pacing={"lines_per_agent": 4, "calls_per_second": 100})
    names = [f"a{n}" for n in range(8)]
    desk.staff(*names)
    for _ in range(1200):
        desk.wait(rng.expovariate(2))
        calls = [c for c in desk.calls[-60:] if c.call_id in desk.dialler.run.calls]
        if calls:
            call = rng.choice(calls)
            desk.answer(call) if rng.random() < 0.4 else desk.end(call, EndReason.NO_ANSWER)
        for call in desk.bridging:
            desk.connect(call)
        if rng.random() < 0.2:
            name = rng.choice(names)
            if desk.dialler.run.floor.get(name) is None:
                desk.staff(name)
            else:
                with suppress(OrderRefused):
                    desk.order(rng.choice([Move(name, "autumn"), Stay(name)]))
        tally = desk.dialler.run.tally("2026-11-20")
        assert tally.unlawful <= 0.03 * tally.live
    assert tally.live > 50
    assert any(e.reason == "moved to autumn" for e in desk.effects if isinstance(e, AgentChanged))
