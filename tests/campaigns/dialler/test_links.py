"""Losing and finding a PBX, and taking over from another worker."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from campaigns.effects import AgentState, AttemptDisposed
from campaigns.guard import Tally
from campaigns.leads import Attempt, Candidate, DialOrder, OpenAttempt
from campaigns.links import KnownAgent
from campaigns.orders import (
    Dispose,
    Ready,
)
from campaigns.outcomes import Outcome
from connectors.calls import (
    AgentLegDown,
    AgentLegUp,
    ConnectToAgent,
    EndReason,
    HangUp,
    LinkHeard,
    LinkLost,
    LinkSilent,
    LiveCall,
    Originate,
    Phase,
    RingAgent,
)

DeskOf = Callable[..., Any]


def live(desk: Any, *calls: Originate, phase: Phase = Phase.RINGING) -> list[LiveCall]:
    legs = [LiveCall(leg.leg_id, Phase.AGENT_LEG) for leg in desk.sent(RingAgent)]
    return legs + [LiveCall(c.call_id, phase) for c in calls]


def test_while_the_link_is_down_nothing_is_dialled_and_nothing_given_up(desk_of: DeskOf) -> None:
    desk = desk_of()
    desk.staff("ann")
    (call,) = desk.calls
    desk.event(LinkLost(desk.now))
    desk.wait(300)
    assert desk.calls == [call]
    assert desk.results == []


def test_a_silent_node_gets_no_calls_until_it_is_heard(desk_of: DeskOf) -> None:
    desk = desk_of()
    desk.staff("ann", "bob")
    first, second = desk.calls
    desk.event(LinkSilent(desk.now))
    desk.end(first, EndReason.BUSY)  # what a slow PBX tells counts
    desk.wait(4)
    assert desk.calls == [first, second]
    assert desk.result(first).outcome is Outcome.BUSY
    desk.event(LinkHeard(desk.now))
    assert len(desk.calls) == 3
    desk.answer(second)
    desk.connect(second)
    assert AgentState.TALKING in (desk.agent("ann"), desk.agent("bob"))


def test_what_rings_on_a_silent_node_is_neither_ended_nor_given_up(desk_of: DeskOf) -> None:
    desk = desk_of()
    desk.staff("ann")
    (call,) = desk.calls
    desk.ring(call)
    desk.event(LinkSilent(desk.now))
    desk.wait(300)
    assert desk.results == []
    assert desk.sent(HangUp) == []
    desk.event(LinkHeard(desk.now))
    desk.wait(2)
    assert [c.call_id for c in desk.sent(HangUp)] == [call.call_id]  # it has rung long enough


def test_calls_gone_meanwhile_end_as_lost_others_go_on(desk_of: DeskOf) -> None:
    desk = desk_of()
    desk.staff("ann", "bob")
    gone, kept = desk.calls
    desk.event(LinkLost(desk.now))
    desk.wait(5)
    desk.link_up(*live(desk, kept))
    assert desk.result(gone).outcome is Outcome.LOST
    assert [c.call_id for c in desk.calls].count(kept.call_id) == 1
    desk.answer(kept)
    desk.connect(kept)
    assert AgentState.TALKING in (desk.agent("ann"), desk.agent("bob"))


def test_one_that_is_lost_is_not_to_live_should_it_turn_up_yet(desk_of: DeskOf) -> None:
    desk = desk_of()
    desk.staff("ann", "bob")
    gone, kept = desk.calls
    desk.event(LinkLost(desk.now))
    desk.link_up(*live(desk, kept))
    assert [c.call_id for c in desk.sent(HangUp)] == [gone.call_id]


def test_an_answer_that_was_missed_gets_its_agent(desk_of: DeskOf) -> None:
    desk = desk_of()
    desk.staff("ann")
    (call,) = desk.calls
    desk.event(LinkLost(desk.now))
    desk.wait(1)
    desk.link_up(*live(desk, call, phase=Phase.ANSWERED))
    assert [c.call_id for c in desk.sent(ConnectToAgent)] == [call.call_id]


def test_after_a_restart_of_the_pbx_the_phones_are_rung_again(desk_of: DeskOf) -> None:
    desk = desk_of()
    desk.staff("ann", "bob")
    desk.event(LinkLost(desk.now))
    desk.wait(3)
    desk.link_up()
    assert len(desk.sent(RingAgent)) == 4
    assert desk.agent("ann") is AgentState.PAUSED
    for leg in desk.sent(RingAgent)[2:]:
        desk.event(AgentLegUp(leg.leg_id, desk.now))
    assert desk.agent("ann") is desk.agent("bob") is AgentState.READY


def test_taking_over_a_call_in_conversation(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0)
    leg, call_id = UUID(int=77), UUID(int=88)
    order = DialOrder(Candidate(UUID(int=1), "+12125550000"), "main", "carrier", "+12125550100")
    placed = desk.now - timedelta(seconds=40)
    left = OpenAttempt(Attempt(call_id, order, placed), placed, placed, "ann")
    ann = KnownAgent(
        "ann", "phone-ann", "main", frozenset(), AgentState.TALKING, "", leg, placed, call_id
    )
    fresh = type(desk)(leads=0)
    fresh.feed(fresh.dialler.adopt([left], [ann], [Tally("2026-11-20", 9, 1)], fresh.now))
    fresh.link_up(LiveCall(leg, Phase.AGENT_LEG), LiveCall(call_id, Phase.CONNECTED, leg))
    assert fresh.agent("ann") is AgentState.TALKING
    assert fresh.calls == []
    fresh.end(Originate(call_id, "+12125550000", "carrier", "+12125550100"))
    assert fresh.results[0].outcome is Outcome.CONNECTED
    assert fresh.agent("ann") is AgentState.WRAP_UP
    assert fresh.dialler.snapshot(fresh.now)["connected"] == 9  # counted before


def test_a_conversation_that_ended_during_a_takeover_is_no_lost_call(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0)
    leg, call_id = UUID(int=77), UUID(int=88)
    order = DialOrder(Candidate(UUID(int=1), "+12125550000"), "main", "carrier", "+12125550100")
    placed = desk.now - timedelta(seconds=40)
    left = OpenAttempt(Attempt(call_id, order, placed), placed, placed, "ann")
    ann = KnownAgent(
        "ann", "phone-ann", "main", frozenset(), AgentState.TALKING, "", leg, placed, call_id
    )
    fresh = type(desk)(leads=0)
    fresh.feed(fresh.dialler.adopt([left], [ann], [], fresh.now))
    fresh.link_up(LiveCall(leg, Phase.AGENT_LEG))
    (result,) = fresh.results
    assert (result.outcome, result.agent) == (Outcome.CONNECTED, "ann")
    assert fresh.agent("ann") is AgentState.WRAP_UP


@pytest.mark.parametrize("state", [AgentState.PAUSED, AgentState.WRAP_UP])
def test_a_takeover_leaves_agents_as_they_were(desk_of: DeskOf, state: AgentState) -> None:
    fresh = type(desk_of(leads=0))(leads=5)
    leg, last, lead = UUID(int=77), UUID(int=88), UUID(int=99)
    ann = KnownAgent(
        "ann", "phone-ann", "main", frozenset(), state, "lunch", leg, fresh.now, last, lead
    )
    fresh.feed(fresh.dialler.adopt([], [ann], [], fresh.now))
    fresh.link_up(LiveCall(leg, Phase.AGENT_LEG))
    assert fresh.agent("ann") is state
    assert fresh.calls == []
    fresh.order(Dispose("ann", "sale"))
    filed = [e for e in fresh.effects if isinstance(e, AttemptDisposed)]
    assert [(f.attempt_id, f.lead_id) for f in filed] == [(last, lead)]


def test_an_abandoned_customer_stays_abandoned_through_a_takeover(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0)
    order = DialOrder(Candidate(UUID(int=1), "+12125550000"), "main", "carrier", "+12125550100")
    at = desk.now - timedelta(seconds=5)
    left = OpenAttempt(Attempt(UUID(int=88), order, at), at, None, None, at, "message")
    fresh = type(desk)(leads=0)
    fresh.feed(fresh.dialler.adopt([left], [], [], fresh.now))
    fresh.staff("ann")
    fresh.link_up(LiveCall(UUID(int=88), Phase.ANSWERED))
    assert fresh.sent(ConnectToAgent) == []
    assert fresh.dialler.snapshot(fresh.now)["abandoned"] == 1
    fresh.end(Originate(UUID(int=88), "+12125550000", "carrier", "+12125550100"))
    assert fresh.results[0].outcome is Outcome.ABANDONED


def test_a_booked_agent_who_was_lost_meanwhile_is_not_given_two_customers(desk_of: DeskOf) -> None:
    german = frozenset({"german"})
    skilled = Candidate(UUID(int=1), "+12125550001", skills=german)
    desk = desk_of(leads=0, first=[skilled, Candidate(UUID(int=2), "+12125550002")])
    desk.grant = False
    desk.staff("gerd", skills=german)
    desk.event(AgentLegDown(desk.sent(RingAgent)[0].leg_id, desk.now))
    desk.order(Ready("gerd"))
    desk.event(AgentLegUp(desk.sent(RingAgent)[1].leg_id, desk.now))
    desk.grant = True
    for claim in desk.held_back:
        desk.grant_claim(claim)
    desk.wait(1)
    for call in desk.calls:
        desk.answer(call)
    legs = [c.leg_id for c in desk.sent(ConnectToAgent)]
    assert len(legs) == len(set(legs))


def test_a_bridge_command_that_the_link_swallowed_is_given_again(desk_of: DeskOf) -> None:
    desk = desk_of()
    desk.staff("ann")
    (call,) = desk.calls
    desk.answer(call)
    desk.event(LinkLost(desk.now))
    desk.wait(1)
    desk.link_up(*live(desk, call, phase=Phase.ANSWERED))
    assert len(desk.sent(ConnectToAgent)) == 2
    desk.connect(call)
    assert desk.agent("ann") is AgentState.TALKING


def test_taking_over_calls_that_are_gone(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0)
    order = DialOrder(Candidate(UUID(int=1), "+12125550000"), "main", "carrier", "+12125550100")
    left = OpenAttempt(Attempt(UUID(int=88), order, desk.now))
    fresh = type(desk)(leads=0)
    fresh.feed(fresh.dialler.adopt([left], [], [], fresh.now))
    assert fresh.results == []
    fresh.link_up()
    assert fresh.results[0].outcome is Outcome.LOST
