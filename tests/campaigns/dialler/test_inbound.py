"""Customers who call in: who takes them, when, and what that does to the calls that are placed."""

from collections.abc import Callable
from typing import Any

import pytest

from campaigns.cover import cover
from campaigns.effects import AgentState, Claim, InboundDisposed, InboundNoted, PacingDecided
from campaigns.guard import Tally
from campaigns.orders import (
    CampaignState,
    Dispose,
    EndCall,
    LogOut,
    Pause,
    Ready,
    SetState,
)
from campaigns.seeing import view
from connectors.calls import (
    AgentLegDown,
    AgentLegUp,
    Arrived,
    ConnectToAgent,
    Ended,
    EndReason,
    HangUp,
    Played,
    PlayMessage,
    RingAgent,
    StartRecording,
)

DeskOf = Callable[..., Any]
LINE = {"inbound": {"lines": ["support"], "wait": "60s", "message": "sorry"}}
TODAY = "2026-11-20"


def outcomes(desk: Any) -> list[str]:
    return [result.outcome.value for result in desk.inbound_results]


def test_off_unless_it_is_asked_for(desk_of: DeskOf) -> None:
    plain, other = desk_of(leads=0), desk_of(leads=0, **LINE)
    plain.staff("ann")
    other.staff("ann")
    plain.call_in()
    other.call_in("sales")
    assert plain.sent(ConnectToAgent) == other.sent(ConnectToAgent) == []
    assert not plain.inbound_results


def test_a_caller_gets_an_agent_who_is_free_talks_and_is_filed(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0, recording={"enabled": True}, **LINE)
    desk.staff("ann")
    call_id = desk.call_in()
    assert desk.agent("ann") is AgentState.RESERVED
    assert [c.call_id for c in desk.sent(StartRecording)] == [call_id]
    desk.connect_inbound(call_id)
    assert desk.agent("ann") is AgentState.TALKING
    desk.order(Dispose("ann", "later", then_ready=False))
    desk.wait(30)
    desk.leaves(call_id)
    assert desk.agent("ann") is AgentState.WRAP_UP
    desk.order(Dispose("ann", "sale"))
    assert desk.agent("ann") is AgentState.READY
    (result,) = desk.inbound_results
    assert (result.outcome, result.disposition, result.agent) == ("answered", "later", "ann")
    filed = [e for e in desk.effects if isinstance(e, InboundDisposed)]
    assert [(e.call_id, e.disposition) for e in filed] == [(call_id, "later"), (call_id, "sale")]
    assert desk.dialler.run.tally(TODAY) == Tally(TODAY), "the law's figures know nothing of it"


def test_nobody_is_connected_before_the_database_has_agreed(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0, **LINE)
    desk.staff("ann")
    desk.admit = False
    call_id = desk.call_in()
    desk.event(Arrived(call_id, desk.now, "support"))
    (arrival,) = desk.not_admitted
    assert desk.sent(ConnectToAgent) == []
    desk.grant_arrivals(arrival)
    assert [c.call_id for c in desk.sent(ConnectToAgent)] == [call_id]


def test_a_call_that_another_campaign_has_is_left_to_it(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0, **LINE)
    desk.staff("ann")
    desk.admit = False
    call_id = desk.call_in()
    desk.feed(desk.dialler.admitted([], [call_id], desk.now))
    desk.leaves(call_id)
    assert desk.agent("ann") is AgentState.READY
    assert desk.inbound_results == []


def test_who_gives_up_before_the_database_has_agreed_has_one_result(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0, **LINE)
    desk.staff("ann")
    desk.admit = False
    desk.leaves(desk.call_in())
    assert desk.inbound_results == []
    desk.grant_arrivals(*desk.not_admitted)
    assert outcomes(desk) == ["given_up"]
    assert desk.sent(ConnectToAgent) == []


def test_a_caller_goes_before_calls_that_are_yet_to_be_placed(desk_of: DeskOf) -> None:
    desk = desk_of(**LINE)
    desk.staff("ann")
    desk.end(desk.calls[0], EndReason.NO_ANSWER)
    desk.end(desk.calls[1], EndReason.NO_ANSWER)
    assert len(desk.calls) == 3
    first, second = desk.call_in(), desk.call_in()
    desk.end(desk.calls[2], EndReason.NO_ANSWER)
    desk.connect_inbound(first)
    desk.leaves(first)
    desk.order(Ready("ann"))
    assert [c.call_id for c in desk.sent(ConnectToAgent)] == [first, second]
    assert len(desk.calls) == 3, "nothing was dialled while somebody waited"


def test_an_agent_whom_a_call_in_flight_needs_stays_for_it(desk_of: DeskOf) -> None:
    desk = desk_of(**LINE)
    desk.staff("ann")
    (call,) = desk.calls
    desk.ring(call)
    call_id = desk.call_in()
    assert desk.agent("ann") is AgentState.READY
    desk.answer(call)
    assert [c.call_id for c in desk.sent(ConnectToAgent)] == [call.call_id]
    desk.connect(call)
    desk.end(call)
    desk.order(Ready("ann"))
    assert desk.sent(ConnectToAgent)[-1].call_id == call_id
    assert desk.dialler.run.tally(TODAY).abandoned == 0


def test_as_calls_in_flight_drain_the_agent_goes_to_the_caller(desk_of: DeskOf) -> None:
    desk = desk_of(**LINE)
    desk.staff("ann", "bob")
    call_id = desk.call_in()
    assert desk.sent(ConnectToAgent) == []
    desk.end(desk.calls[0], EndReason.BUSY)
    assert [c.call_id for c in desk.sent(ConnectToAgent)] == [call_id]
    assert len(desk.calls) == 2


def test_pacing_says_that_somebody_waits(desk_of: DeskOf) -> None:
    desk = desk_of(**LINE)
    desk.staff("ann")
    desk.ring(desk.calls[0])
    desk.call_in()
    desk.wait(10)
    told = [e for e in desk.effects if isinstance(e, PacingDecided)][-1]
    assert told.why.startswith("0 free x 1 lines - 1 in flight; 1 inbound waiting")
    assert told.view["inbound"] == 1
    assert desk.dialler.snapshot(desk.now)["inbound"]["waiting"] == 1


def test_predictive_pacing_leaves_out_who_will_be_asked_to_come(desk_of: DeskOf) -> None:
    desk = desk_of(mode="predictive", **LINE)
    desk.staff("ann", "bob")
    for call in desk.calls:
        desk.talk(call)
    run = desk.dialler.run
    assert len(view(run, cover(run, desk.now), desk.now).talking) == 2
    desk.call_in()
    seen = view(run, cover(run, desk.now), desk.now)
    assert len(seen.talking) == 1, "ann or bob, whoever gets free first, is for the caller"
    assert seen.inbound == 1


def test_who_waits_too_long_hears_the_message_and_is_let_go(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0, **LINE)
    call_id = desk.call_in()
    desk.wait(59)
    assert desk.sent(PlayMessage) == []
    desk.wait(2)
    assert desk.sent(PlayMessage) == [PlayMessage(call_id, "sorry", then_hang_up=False)]
    desk.staff("ann")
    assert desk.agent("ann") is AgentState.READY
    desk.event(Played(call_id, desk.now))
    assert [c.call_id for c in desk.sent(HangUp)] == [call_id]
    desk.leaves(call_id)
    assert outcomes(desk) == ["waited_out"]


def test_without_a_message_who_waits_too_long_is_let_go(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0, inbound={"lines": ["support"], "wait": "5s"})
    call_id = desk.call_in()
    desk.wait(6)
    assert [c.call_id for c in desk.sent(HangUp)] == [call_id]


def test_who_gives_up_frees_the_agent_who_was_asked_to_come(desk_of: DeskOf) -> None:
    desk = desk_of(**LINE)
    desk.staff("ann")
    desk.ring(desk.calls[0])
    call_id = desk.call_in()
    assert desk.dialler.run.floor.free_on["main"] == 0
    desk.leaves(call_id)
    assert outcomes(desk) == ["given_up"]
    assert desk.dialler.run.floor.free_on["main"] == 1
    desk.end(desk.calls[0], EndReason.NO_ANSWER)
    assert len(desk.calls) == 2, "and dialling goes on"


def test_who_gives_up_on_the_way_leaves_the_agent_ready(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0, **LINE)
    desk.staff("ann")
    desk.leaves(desk.call_in())
    assert desk.agent("ann") is AgentState.READY
    assert outcomes(desk) == ["given_up"]


def test_a_caller_whose_agent_is_lost_gets_the_next(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0, **LINE)
    desk.staff("ann", "bob")
    call_id = desk.call_in()
    (order,) = desk.sent(ConnectToAgent)
    desk.event(AgentLegDown(order.leg_id, desk.now))
    first, second = desk.sent(ConnectToAgent)
    assert first.call_id == second.call_id == call_id
    assert first.leg_id != second.leg_id
    assert desk.dialler.run.owing.total() == 0, "the agent covered no call"


def test_a_bridge_that_never_comes_costs_the_agent_not_the_caller(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0, **LINE)
    desk.staff("ann")
    desk.call_in()
    desk.wait(10)
    assert desk.agent("ann") is AgentState.PAUSED
    desk.staff("bob")
    assert len(desk.sent(ConnectToAgent)) == 2


def test_who_is_on_a_break_or_in_wrap_up_is_not_taken(desk_of: DeskOf) -> None:
    desk = desk_of(leads=1, **LINE)
    desk.staff("ann", "bob")
    desk.order(Pause("bob"))
    desk.talk(desk.calls[0])
    desk.end(desk.calls[0])
    assert (desk.agent("ann"), desk.agent("bob")) == (AgentState.WRAP_UP, AgentState.PAUSED)
    call_id = desk.call_in()
    desk.wait(15)
    assert len(desk.sent(ConnectToAgent)) == 1
    desk.wait(6)  # the wrap-up is over
    assert desk.sent(ConnectToAgent)[-1].call_id == call_id


def test_agents_of_another_pbx_are_left_alone(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0, pbx=["a", "b"], **LINE)
    desk.staff("ann", node="a")
    desk.staff("bob", node="b")
    desk.call_in(node="b")
    assert (desk.agent("ann"), desk.agent("bob")) == (AgentState.READY, AgentState.RESERVED)


def test_who_wants_to_leave_leaves_though_somebody_waits(desk_of: DeskOf) -> None:
    desk = desk_of(**LINE)
    desk.staff("ann")
    desk.ring(desk.calls[0])
    desk.call_in()
    desk.order(LogOut("ann"))
    desk.end(desk.calls[0], EndReason.NO_ANSWER)
    assert desk.agent("ann") is AgentState.OFFLINE
    assert desk.sent(ConnectToAgent) == []


def test_on_demand_the_phone_is_rung_for_a_caller(desk_of: DeskOf) -> None:
    team = {"teams": ["sales"], "wrap_up": "20s", "legs": "on_demand"}
    desk = desk_of(leads=0, agents=team, **LINE)
    desk.log_in("ann")
    call_id = desk.call_in()
    (ring,) = desk.sent(RingAgent)
    desk.event(AgentLegUp(ring.leg_id, desk.now))
    assert desk.sent(ConnectToAgent) == [ConnectToAgent(call_id, ring.leg_id)]
    desk.connect_inbound(call_id)
    desk.leaves(call_id)
    assert desk.sent(HangUp)[-1].call_id == ring.leg_id, "the leg lives as long as its call"


def test_a_phone_that_is_not_picked_up_leaves_the_caller_waiting(desk_of: DeskOf) -> None:
    team = {"teams": ["sales"], "legs": "on_demand"}
    desk = desk_of(leads=0, agents=team, **LINE)
    desk.log_in("ann")
    call_id = desk.call_in()
    desk.wait(59)
    (ring,) = desk.sent(RingAgent)
    desk.wait(10)
    assert desk.sent(PlayMessage) == [], "an agent may be there any moment"
    desk.event(AgentLegDown(ring.leg_id, desk.now, "no answer"))
    assert [c.call_id for c in desk.sent(PlayMessage)] == [call_id]


def test_in_mode_preview_a_caller_goes_before_a_lead_that_is_looked_at(desk_of: DeskOf) -> None:
    desk = desk_of(mode="preview", **LINE)
    desk.staff("ann")
    assert desk.dialler.run.floor.get("ann").preview is not None
    call_id = desk.call_in()
    assert desk.dialler.run.floor.get("ann").preview is None
    desk.connect_inbound(call_id)
    desk.leaves(call_id)
    desk.order(Ready("ann"))
    assert desk.dialler.run.floor.get("ann").preview is not None


def test_a_paused_campaign_dials_nobody_and_serves_its_lines(desk_of: DeskOf) -> None:
    desk = desk_of(**LINE)
    desk.order(SetState(CampaignState.PAUSED))
    desk.staff("ann")
    call_id = desk.call_in()
    assert desk.calls == []
    assert [c.call_id for c in desk.sent(ConnectToAgent)] == [call_id]


def test_a_stopped_campaign_serves_nobody_any_more(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0, **LINE)
    call_id = desk.call_in()
    desk.order(SetState(CampaignState.STOPPED))
    assert [c.call_id for c in desk.sent(PlayMessage)] == [call_id]
    desk.leaves(call_id)
    desk.call_in()
    assert outcomes(desk) == ["waited_out"]
    assert not desk.dialler.run.arriving


def test_a_campaign_with_a_line_is_not_over_with_its_list(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0, **LINE)
    desk.staff("ann")
    desk.wait(60)
    assert desk.dialler.run.state is CampaignState.RUNNING


def test_an_agent_may_end_the_call(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0, **LINE)
    desk.staff("ann")
    call_id = desk.call_in()
    desk.connect_inbound(call_id)
    desk.order(EndCall("ann"))
    assert [c.call_id for c in desk.sent(HangUp)] == [call_id]
    desk.leaves(call_id)
    assert outcomes(desk) == ["answered"]


@pytest.mark.parametrize("state", [AgentState.RESERVED, AgentState.TALKING])
def test_events_that_come_twice_or_late_change_nothing(desk_of: DeskOf, state: AgentState) -> None:
    desk = desk_of(leads=0, **LINE)
    desk.staff("ann")
    call_id = desk.call_in()
    if state is AgentState.TALKING:
        desk.connect_inbound(call_id)
        desk.connect_inbound(call_id)
    desk.event(Arrived(call_id, desk.now, "support"))
    desk.event(Played(call_id, desk.now))
    assert desk.agent("ann") is state
    desk.leaves(call_id)
    desk.event(Ended(call_id, desk.now, EndReason.BUSY))
    desk.event(Played(call_id, desk.now))
    assert len(desk.inbound_results) == 1
    assert len([e for e in desk.effects if isinstance(e, InboundNoted)]) <= 1
    assert not any(isinstance(e, Claim) for e in desk.effects)
