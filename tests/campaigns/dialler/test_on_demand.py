"""On-demand legs: the phone rings for each call, and nobody is called before it is off hook."""

from collections.abc import Callable
from typing import Any

from campaigns.effects import AgentState
from campaigns.orders import CampaignState, Pause, Ready, SetState
from connectors.calls import AgentLegDown, AgentLegUp, HangUp, RingAgent

DeskOf = Callable[..., Any]
ON_DEMAND = {"teams": ["sales"], "legs": "on_demand", "wrap_up": 0}


def test_the_phone_rings_before_the_customers(desk_of: DeskOf) -> None:
    desk = desk_of(agents=ON_DEMAND)
    desk.log_in("ann")
    (leg,) = desk.sent(RingAgent)
    desk.wait(5)
    assert desk.calls == []
    desk.event(AgentLegUp(leg.leg_id, desk.now))
    (call,) = desk.calls
    desk.talk(call)
    desk.wait(30)
    desk.end(call)
    assert HangUp(leg.leg_id) in desk.sent(HangUp)
    desk.event(AgentLegDown(leg.leg_id, desk.now))
    assert desk.agent("ann") is AgentState.READY
    assert len(desk.sent(RingAgent)) == 2


def test_the_leg_stays_up_until_somebody_answers(desk_of: DeskOf) -> None:
    desk = desk_of(agents=ON_DEMAND)
    desk.staff("ann")
    (first,) = desk.calls
    desk.end(first)
    assert len(desk.calls) == 2
    assert len(desk.sent(RingAgent)) == 1


def test_who_does_not_pick_up_is_paused_and_nobody_is_called(desk_of: DeskOf) -> None:
    desk = desk_of(agents=ON_DEMAND)
    desk.log_in("ann")
    (leg,) = desk.sent(RingAgent)
    desk.event(AgentLegDown(leg.leg_id, desk.now, "no answer"))
    assert desk.agent("ann") is AgentState.PAUSED
    desk.wait(60)
    assert desk.calls == []
    desk.order(Ready("ann"))
    assert len(desk.sent(RingAgent)) == 2


def test_nobody_is_rung_without_a_lead_to_call(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0, agents=ON_DEMAND)
    desk.log_in("ann")
    desk.wait(30)
    assert desk.sent(RingAgent) == []


def test_a_paused_campaign_lets_the_phones_go(desk_of: DeskOf) -> None:
    desk = desk_of(agents=ON_DEMAND)
    desk.staff("ann", "bob")
    desk.order(SetState(CampaignState.PAUSED))
    for call in desk.calls:
        desk.end(call)
    desk.wait(2)
    assert {leg.leg_id for leg in desk.sent(RingAgent)} <= {h.call_id for h in desk.sent(HangUp)}
    assert desk.agent("ann") is AgentState.READY


def test_a_break_hangs_up(desk_of: DeskOf) -> None:
    desk = desk_of(agents=ON_DEMAND)
    desk.staff("ann")
    (leg,) = desk.sent(RingAgent)
    desk.order(Pause("ann", "lunch"))
    assert HangUp(leg.leg_id) not in desk.sent(HangUp)  # a call rings that ann is to take
    desk.end(desk.calls[0])
    assert HangUp(leg.leg_id) in desk.sent(HangUp)
    assert desk.agent("ann") is AgentState.PAUSED
