"""Preview: the agent sees the lead first, and dials it or passes it on."""

from collections.abc import Callable
from typing import Any

import pytest

from campaigns.dialler import OrderRefused
from campaigns.effects import AgentState
from campaigns.orders import (
    Accept,
    CampaignState,
    LogOut,
    SetState,
    Skip,
)
from connectors.calls import (
    AgentLegUp,
    ConnectToAgent,
    RingAgent,
)

DeskOf = Callable[..., Any]


def test_stop_takes_the_preview_away_and_lets_the_agent_go(desk_of: DeskOf) -> None:
    desk = desk_of(mode="preview")
    desk.staff("ann")
    desk.order(SetState(CampaignState.STOPPED))
    desk.order(LogOut("ann"))
    assert desk.agent("ann") is AgentState.OFFLINE


def test_preview_shows_dials_on_accept_and_connects_that_agent(desk_of: DeskOf) -> None:
    desk = desk_of(mode="preview")
    desk.staff("ann", "bob")
    desk.wait(5)
    assert desk.calls == []
    desk.order(Accept("ann"))
    (call,) = desk.calls
    assert not call.amd
    desk.answer(call)
    desk.connect(call)
    assert desk.agent("ann") is AgentState.TALKING
    assert desk.agent("bob") is AgentState.RESERVED


def test_preview_skip_passes_the_lead_on(desk_of: DeskOf) -> None:
    desk = desk_of(mode="preview", leads=2)
    desk.staff("ann")
    first = desk.dialler.run.floor.get("ann").preview
    desk.order(Skip("ann"))
    assert desk.dialler.run.floor.get("ann").preview != first


def test_a_lead_that_is_shown_or_being_claimed_is_not_offered_again(desk_of: DeskOf) -> None:
    desk = desk_of(mode="preview", leads=3)
    desk.grant = False
    desk.staff("ann", "bob")
    desk.order(Accept("ann"))
    shown = desk.dialler.run.floor.get("bob").preview.lead_id
    (claim,) = desk.held_back
    claimed = claim.orders[0].candidate.lead_id
    assert {shown, claimed} <= desk.dialler.run.hopper.held
    desk.grant_claim(claim)
    assert claimed not in desk.dialler.run.hopper.held


def test_preview_not_answered_pauses_the_agent(desk_of: DeskOf) -> None:
    desk = desk_of(mode="preview")
    desk.staff("ann")
    desk.wait(121)
    assert desk.agent("ann") is AgentState.PAUSED
    with pytest.raises(OrderRefused, match="shown no lead"):
        desk.order(Accept("ann"))


def test_preview_on_demand_rings_the_agent_before_dialling(desk_of: DeskOf) -> None:
    desk = desk_of(mode="preview", agents={"teams": ["s"], "legs": "on_demand"})
    desk.staff("ann")
    desk.order(Accept("ann"))
    assert desk.calls == []
    (leg,) = desk.sent(RingAgent)
    desk.event(AgentLegUp(leg.leg_id, desk.now))
    (call,) = desk.calls
    desk.answer(call)
    assert desk.sent(ConnectToAgent) == [ConnectToAgent(call.call_id, leg.leg_id)]


def test_preview_refused_by_the_database_shows_the_next(desk_of: DeskOf) -> None:
    desk = desk_of(mode="preview")
    desk.refuse = {"+12125550000": "do-not-call"}
    desk.staff("ann")
    desk.order(Accept("ann"))
    assert desk.calls == []
    assert desk.dialler.run.floor.get("ann").preview.number == "+12125550001"
