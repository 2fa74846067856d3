"""Who covers the calls in flight: agents of the same PBX, on the day the calls were placed."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import UUID

import pytest

from campaigns.call_life import UNANSWERED, CallState
from campaigns.effects import AgentState
from campaigns.guard import Tally
from campaigns.leads import Candidate
from campaigns.orders import EndCall, LogOut, Pause, Ready
from connectors.calls import (
    AgentLegDown,
    Answered,
    Connected,
    ConnectToAgent,
    Ended,
    EndReason,
    LinkLost,
    LiveCall,
    Phase,
    RingAgent,
)

DeskOf = Callable[..., Any]
TWO = {"pbx": ["a", "b"]}
TODAY = "2026-11-20"
TURKISH = frozenset({"tr"})
SEEDS = [*range(4), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(4, 24))]
"""Of random days: four in the fast lane, each mode among them."""


def trunk(channels: int = 50, **more: Any) -> dict[str, Any]:
    return {"channels": channels, "calls_per_second": 100, **more}


def wanting(skills: frozenset[str], count: int, start: int = 0) -> list[Candidate]:
    return [
        Candidate(UUID(int=50_000 + n), f"+1415555{n:04d}", skills=skills)
        for n in range(start, start + count)
    ]


def nodes_called(desk: Any) -> Counter[str]:
    calls = desk.dialler.run.calls.values()
    return Counter(call.node for call in calls if call.state in UNANSWERED)


def test_agents_of_one_pbx_do_not_cover_calls_on_another(desk_of: DeskOf) -> None:
    desk = desk_of(**TWO, trunks=[trunk(name="carrier", pbx=["b"])])
    desk.staff("ann", "bob", "cid", node="a")
    desk.wait(10)
    assert desk.calls == []
    desk.staff("dan", node="b")
    assert nodes_called(desk) == {"b": 1}


def test_a_lost_link_takes_its_agents_out_of_the_cover(desk_of: DeskOf) -> None:
    desk = desk_of(**TWO)
    desk.event(LinkLost(desk.now), "a")
    desk.staff("ann", "bob", "cid", node="a")
    desk.staff("dan", node="b")
    desk.wait(20)
    assert nodes_called(desk) == {"b": 1}


def test_calls_on_a_lost_link_stay_uncovered_only_as_long_as_they_can_ring(
    desk_of: DeskOf,
) -> None:
    desk = desk_of(**TWO, mode="power", pacing={"lines_per_agent": 3, "calls_per_second": 100})
    desk.staff("ann", node="a")
    desk.event(LinkLost(desk.now), "a")
    desk.staff("dan", "eve", node="b")
    assert nodes_called(desk) == {"a": 1, "b": 2}
    desk.dialler.run.tallies[TODAY] = Tally(TODAY, connected=34)  # room for one uncovered call
    desk.event(AgentLegDown(desk.sent(RingAgent)[-1].leg_id, desk.now), "b")
    for call in desk.calls:
        if desk.dialler.run.calls[call.call_id].node == "b":
            desk.event(Ended(call.call_id, desk.now, EndReason.NO_ANSWER), "b")
    assert nodes_called(desk) == {"a": 1, "b": 1}  # the room is taken by the call out of sight
    desk.wait(68)  # 25 s, as much as 15 s on the way to the phone, and 30 s
    assert nodes_called(desk) == {"a": 1, "b": 1}
    desk.wait(4)
    assert nodes_called(desk) == {"a": 1, "b": 2}


def test_calls_out_of_sight_take_up_the_room_of_a_pbx_that_has_none_itself(
    desk_of: DeskOf,
) -> None:
    desk = desk_of(**TWO, mode="power", pacing={"lines_per_agent": 3, "calls_per_second": 100})
    desk.staff("ann", node="a")
    desk.event(LinkLost(desk.now), "a")
    desk.dialler.run.tallies[TODAY] = Tally(TODAY, connected=34)  # room for one uncovered call
    desk.staff("dan", node="b")
    assert nodes_called(desk) == {"a": 1, "b": 1}  # the one that dan covers


def test_a_full_trunk_does_not_push_calls_to_a_pbx_without_agents(desk_of: DeskOf) -> None:
    trunks = [trunk(2, name="one", pbx=["a"]), trunk(name="two", pbx=["b"])]
    desk = desk_of(**TWO, trunks=trunks)
    desk.staff("ann", "bob", "cid", "dan", node="a")
    desk.wait(10)
    assert nodes_called(desk) == {"a": 2}


def test_leavers_stay_only_where_they_are_needed(desk_of: DeskOf) -> None:
    desk = desk_of(**TWO)
    desk.staff("ann", node="a")
    desk.staff("bob", node="b")
    on_b = [c for c in desk.dialler.run.calls.values() if c.node == "b"]
    desk.event(Ended(on_b[0].call_id, desk.now, EndReason.NO_ANSWER), "b")
    desk.order(LogOut("ann"))
    desk.order(LogOut("bob"))
    assert desk.agent("ann") is AgentState.READY


@pytest.mark.parametrize("beyond", ["a", "b"])
def test_who_is_needed_on_one_pbx_stays_though_another_has_a_call_beyond_its_agents(
    desk_of: DeskOf, beyond: str
) -> None:
    """The guard's room is taken by that call; the leaver's own would be one more."""
    pacing = {"lines_per_agent": 3, "calls_per_second": 100}
    one, other = ("a", "b") if beyond == "a" else ("b", "a")
    trunks = [trunk(2, name="one", pbx=[one]), trunk(1, name="other", pbx=[other])]
    desk = desk_of(**TWO, mode="power", pacing=pacing, trunks=trunks)
    desk.dialler.run.tallies[TODAY] = Tally(TODAY, connected=40)  # room for one call
    desk.staff("ann", node=one)
    desk.staff("bob", node=other)
    desk.wait(2)
    assert nodes_called(desk) == {one: 2, other: 1}
    desk.order(Pause("bob"))
    assert desk.agent("bob") is AgentState.READY


def test_after_midnight_calls_of_both_days_share_the_agents(desk_of: DeskOf) -> None:
    desk = desk_of(leads=300, mode="power", pacing={"lines_per_agent": 2, "calls_per_second": 100})
    desk.now = datetime(2026, 11, 20, 23, 59, 50, tzinfo=UTC)
    desk.staff(*(f"a{n}" for n in range(12)))
    yesterday = {call.call_id for call in desk.calls}
    assert len(yesterday) == 12
    desk.now = datetime(2026, 11, 21, 0, 0, 5, tzinfo=UTC)
    # a day's worth of good calls opens room today, none yesterday
    desk.dialler.run.tallies["2026-11-21"] = Tally("2026-11-21", connected=1000)
    desk.wait(1)
    assert len(desk.calls) == 12
    for call in list(desk.calls):
        desk.answer(call)
    tally = desk.dialler.run.tally(TODAY)
    assert tally.unlawful <= 0.03 * tally.live


def test_a_skilled_lead_whose_agents_pbx_is_away_stops_nobody(desk_of: DeskOf) -> None:
    desk = desk_of(**TWO, first=wanting(TURKISH, 1))
    desk.event(LinkLost(desk.now), "a")
    desk.staff("tuba", skills=TURKISH, node="a")
    desk.staff("ann", "bob", node="b")
    assert nodes_called(desk) == {"b": 2}


def test_a_skilled_lead_whose_agents_lines_are_full_stops_nobody(desk_of: DeskOf) -> None:
    trunks = [trunk(1, name="one", pbx=["a"]), trunk(name="two", pbx=["b"])]
    desk = desk_of(**TWO, trunks=trunks, first=wanting(TURKISH, 2))
    desk.staff("tuba", "tekin", skills=TURKISH, node="a")
    desk.staff("ann", "bob", node="b")
    assert nodes_called(desk) == {"a": 1, "b": 2}


def test_leads_that_nobody_can_take_never_crowd_out_the_others(desk_of: DeskOf) -> None:
    desk = desk_of(first=wanting(TURKISH, 2500))
    desk.staff("ann", "bob")
    desk.wait(20)
    assert len(desk.calls) == 2
    assert desk.dialler.snapshot(desk.now)["wanting_skills"]["tr"] <= 450
    desk.staff("tuba", skills=TURKISH)
    assert desk.calls[-1].number.startswith("+1415")


def test_of_the_leads_set_aside_the_first_of_the_list_comes_first(desk_of: DeskOf) -> None:
    german = wanting(frozenset({"de"}), 1, start=9)
    desk = desk_of(first=[*wanting(TURKISH, 1), *german, *wanting(TURKISH, 1, start=1)])
    desk.staff("ann")
    desk.staff("tuba", skills=frozenset({"tr", "de"}))
    desk.end(desk.calls[-1])
    desk.end(desk.calls[-1])
    numbers = [call.number for call in desk.calls if call.number.startswith("+1415")]
    assert numbers == ["+14155550000", "+14155550009", "+14155550001"]


def test_a_person_who_waits_for_a_bridge_in_vain_was_abandoned(desk_of: DeskOf) -> None:
    desk = desk_of()
    desk.staff("ann")
    (call,) = desk.calls
    desk.answer(call)
    desk.wait(4)
    desk.end(call)
    assert desk.result(call).outcome == "abandoned"
    assert desk.dialler.run.tally(TODAY).abandoned == 1


def test_a_person_on_whom_the_agent_hangs_up_before_the_bridge_was_abandoned(
    desk_of: DeskOf,
) -> None:
    desk = desk_of()
    desk.staff("ann")
    (call,) = desk.calls
    desk.answer(call)
    desk.order(EndCall("ann"))
    desk.end(call)
    assert desk.result(call).outcome == "abandoned"


def test_a_person_in_haste_was_not_abandoned(desk_of: DeskOf) -> None:
    desk = desk_of()
    desk.staff("ann")
    (call,) = desk.calls
    desk.answer(call)
    desk.wait(1)
    desk.end(call)
    assert desk.result(call).outcome == "early_hang_up"
    assert desk.dialler.run.tally(TODAY).live == 0


def test_a_conversation_found_after_a_lost_link_is_as_late_as_it_may_have_been(
    desk_of: DeskOf,
) -> None:
    desk = desk_of()
    desk.staff("ann")
    (call,) = desk.calls
    desk.event(LinkLost(desk.now))
    desk.dialler.run.calls[call.call_id].answered_at = desk.now
    desk.dialler.run.calls[call.call_id].live_at = desk.now
    leg = desk.sent(RingAgent)[0].leg_id
    desk.wait(10)
    talks = LiveCall(call.call_id, Phase.CONNECTED, leg)
    desk.link_up(LiveCall(leg, Phase.ANSWERED), talks)
    assert desk.dialler.run.tally(TODAY).late == 1


def test_what_an_agent_was_set_aside_for_is_not_placed_once_that_agent_is_gone(
    desk_of: DeskOf,
) -> None:
    desk = desk_of(first=wanting(TURKISH, 1), leads=0)
    desk.grant = False
    desk.staff("tuba", skills=TURKISH)
    (claim,) = desk.held_back
    desk.event(AgentLegDown(desk.sent(RingAgent)[0].leg_id, desk.now))
    desk.grant_claim(claim)
    assert desk.calls == []
    (result,) = desk.results
    assert result.outcome == "cancelled"


def test_the_call_that_a_vanished_agent_was_to_take_is_counted_as_such(desk_of: DeskOf) -> None:
    desk = desk_of()
    desk.staff("ann")
    (call,) = desk.calls
    desk.event(AgentLegDown(desk.sent(RingAgent)[0].leg_id, desk.now))
    desk.answer(call)
    desk.wait(3)
    tally = desk.dialler.run.tally(TODAY)
    assert (tally.abandoned, tally.agent_lost) == (1, 1)


def test_who_is_on_a_break_owes_nobody_a_call(desk_of: DeskOf) -> None:
    desk = desk_of()
    desk.staff("ann")
    desk.staff("bob")
    legs = [leg.leg_id for leg in desk.sent(RingAgent)]
    desk.end(desk.calls[1])
    desk.wait(1)
    desk.event(AgentLegDown(legs[0], desk.now))  # a call rings that ann was to take
    desk.order(Pause("bob"))
    assert desk.dialler.run.owing.total() <= 1
    for call in desk.calls:
        if call.call_id in desk.dialler.run.calls:
            desk.end(call)
    desk.wait(1)
    owed = desk.dialler.run.owing.total()
    desk.event(AgentLegDown(legs[1], desk.now))
    assert desk.dialler.run.owing.total() == owed


@pytest.mark.parametrize("seed", SEEDS)
def test_random_days_on_two_pbxes_never_break_the_guard(desk_of: DeskOf, seed: int) -> None:
    """Links and agents come and go; only what the proof cannot see may be over the limit: agents
    who vanish, and customers who are bridged too late."""
    rng = Random(seed)
    desk = desk_of(
        leads=3000,
        **TWO,
        mode=rng.choice(["progressive", "power", "predictive"]),
        pacing={"lines_per_agent": 3, "calls_per_second": 100},
        trunks=[trunk(6, name="one", pbx=["a"]), trunk(9, name="two")],
    )
    for n in range(10):
        desk.staff(f"a{n}", node=rng.choice("ab"))
    for _ in range(1500):
        desk.wait(rng.expovariate(2))
        _something(desk, rng)
        tally = desk.dialler.run.tally(TODAY)
        assert tally.abandoned - tally.agent_lost <= 0.03 * tally.live
    assert tally.live > 50


def _something(desk: Any, rng: Random) -> None:
    run = desk.dialler.run
    if rng.random() < 0.05:
        desk.order(rng.choice([Pause, Ready])(rng.choice([a.name for a in run.floor])))
    if rng.random() < 0.01:
        _lose_a_link(desk, rng.choice("ab"))
    if run.calls:
        call = rng.choice(list(run.calls.values()))
        if call.state in (CallState.PLACED, CallState.RINGING) and rng.random() < 0.4:
            desk.event(Answered(call.call_id, desk.now), call.node)
        elif call.state is not CallState.WAITING:
            desk.event(Ended(call.call_id, desk.now, EndReason.NO_ANSWER), call.node)
    for call in [c for c in run.calls.values() if c.state is CallState.CONNECTING]:
        to = next(c for c in reversed(desk.sent(ConnectToAgent)) if c.call_id == call.call_id)
        desk.event(Connected(call.call_id, desk.now, to.leg_id), call.node)


def _lose_a_link(desk: Any, node: str) -> None:
    """For as long as a call may ring; what rang there is gone when the link is back."""
    run = desk.dialler.run
    desk.event(LinkLost(desk.now), node)
    desk.wait(20)
    legs = [LiveCall(a.leg_id, Phase.ANSWERED) for a in run.floor if a.node == node and a.leg_id]
    desk.link_up(*legs, node=node)
