"""Losing and finding a PBX, taking over, previews, skills."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from campaigns.dialler import OrderRefused
from campaigns.effects import AgentState, AttemptDisposed, Send
from campaigns.guard import Tally
from campaigns.leads import Attempt, Candidate, DialOrder, OpenAttempt
from campaigns.links import KnownAgent
from campaigns.orders import (
    Accept,
    CampaignState,
    Dispose,
    LogIn,
    LogOut,
    Pause,
    Ready,
    SetState,
    Skip,
)
from campaigns.outcomes import Outcome
from connectors.calls import (
    AgentLegDown,
    AgentLegUp,
    Answered,
    ConnectToAgent,
    EndReason,
    HangUp,
    LinkBack,
    LinkLost,
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


def test_leads_that_want_a_skill_do_not_hold_up_the_others(desk_of: DeskOf) -> None:
    german = frozenset({"german"})
    skilled = [Candidate(UUID(int=n), f"+1212556{n:04d}", skills=german) for n in range(1, 600)]
    desk = desk_of(leads=30, first=skilled)
    desk.staff("ann")
    for _ in range(25):
        desk.wait(6)
        if desk.calls:
            desk.end(desk.calls[-1], EndReason.BUSY)
    assert len(desk.calls) > 15


def test_not_finished_while_an_agent_may_still_file(desk_of: DeskOf) -> None:
    desk = desk_of(leads=1, agents={"teams": ["sales"], "wrap_up": "60s"})
    desk.staff("ann")
    desk.talk(desk.calls[0])
    desk.end(desk.calls[0])
    desk.wait(30)
    assert desk.dialler.snapshot(desk.now)["state"] == "running"
    desk.wait(60)
    assert desk.dialler.snapshot(desk.now)["state"] == "finished"


def test_a_break_asked_for_while_the_phone_rings_is_a_break(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0)
    desk.order(LogIn("ann", "phone-ann", "main"))
    desk.order(Pause("ann", "lunch"))
    desk.event(AgentLegUp(desk.sent(RingAgent)[0].leg_id, desk.now))
    assert desk.agent("ann") is AgentState.PAUSED
    desk.order(Ready("ann"))
    assert desk.agent("ann") is AgentState.READY


def test_stop_takes_the_preview_away_and_lets_the_agent_go(desk_of: DeskOf) -> None:
    desk = desk_of(mode="preview")
    desk.staff("ann")
    desk.order(SetState(CampaignState.STOPPED))
    desk.order(LogOut("ann"))
    assert desk.agent("ann") is AgentState.OFFLINE


def test_a_claim_that_is_granted_after_the_stop_is_not_dialled(desk_of: DeskOf) -> None:
    desk = desk_of()
    desk.grant = False
    desk.staff("ann")
    desk.order(SetState(CampaignState.STOPPED))
    desk.grant_claim(desk.held_back[0])
    assert desk.calls == []
    assert desk.results[0].outcome is Outcome.CANCELLED


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


def test_over_several_nodes_customers_meet_agents_of_their_own(desk_of: DeskOf) -> None:
    desk = desk_of(pbx=["main", "east"])
    desk.feed(desk.dialler.handle("east", LinkBack(desk.now), desk.now))
    desk.staff("ann")
    for name in ("eve", "eli"):
        desk.order(LogIn(name, f"phone-{name}", "east"))
        leg = desk.sent(RingAgent)[-1].leg_id
        desk.feed(desk.dialler.handle("east", AgentLegUp(leg, desk.now), desk.now))
    nodes = {e.command.call_id: e.node for e in desk.effects if _originates(e)}
    assert sorted(nodes.values()) == ["east", "east", "main"]
    for call in desk.calls:
        desk.feed(
            desk.dialler.handle(nodes[call.call_id], Answered(call.call_id, desk.now), desk.now)
        )
    ours = {desk.sent(RingAgent)[0].leg_id: "main"}
    met = [(nodes[c.call_id], ours.get(c.leg_id, "east")) for c in desk.sent(ConnectToAgent)]
    assert len(met) == 3
    assert all(call == leg for call, leg in met)


def test_a_skilled_lead_waits_for_a_line_on_its_agents_pbx(desk_of: DeskOf) -> None:
    german = frozenset({"german"})
    skilled = [Candidate(UUID(int=n), f"+1212556{n:04d}", skills=german) for n in range(1, 4)]
    trunks = [
        {"name": "west", "channels": 1, "calls_per_second": 100, "pbx": ["main"]},
        {"name": "east", "channels": 9, "calls_per_second": 100, "pbx": ["east"]},
    ]
    desk = desk_of(leads=0, first=skilled, pbx=["main", "east"], trunks=trunks)
    desk.feed(desk.dialler.handle("east", LinkBack(desk.now), desk.now))
    desk.staff("gerd", "gabi", skills=german)
    desk.wait(5)
    assert len(desk.calls) == 1


def _originates(effect: Any) -> bool:
    return isinstance(effect, Send) and isinstance(effect.command, Originate)


def test_taking_over_calls_that_are_gone(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0)
    order = DialOrder(Candidate(UUID(int=1), "+12125550000"), "main", "carrier", "+12125550100")
    left = OpenAttempt(Attempt(UUID(int=88), order, desk.now))
    fresh = type(desk)(leads=0)
    fresh.feed(fresh.dialler.adopt([left], [], [], fresh.now))
    assert fresh.results == []
    fresh.link_up()
    assert fresh.results[0].outcome is Outcome.LOST


def test_the_campaign_is_finished_when_no_lead_is_left(desk_of: DeskOf) -> None:
    desk = desk_of(leads=1)
    desk.staff("ann")
    (call,) = desk.calls
    desk.end(call, EndReason.INVALID_NUMBER)
    desk.wait(6)
    assert desk.dialler.run.state is CampaignState.FINISHED


def test_pause_lets_calls_ring_stop_ends_them(desk_of: DeskOf) -> None:
    desk = desk_of()
    desk.staff("ann")
    (call,) = desk.calls
    desk.order(SetState(CampaignState.PAUSED))
    assert desk.sent(HangUp) == []
    desk.order(SetState(CampaignState.STOPPED))
    assert desk.sent(HangUp) == [HangUp(call.call_id)]
    desk.end(call, EndReason.CANCELLED)
    assert desk.result(call).outcome is Outcome.CANCELLED
    desk.wait(30)
    assert len(desk.calls) == 1


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


def test_a_lead_that_needs_a_skill_is_booked_for_an_agent_who_has_it(desk_of: DeskOf) -> None:
    skilled = Candidate(UUID(int=1), "+12125550001", skills=frozenset({"german"}))
    desk = desk_of(leads=0, first=[skilled, Candidate(UUID(int=2), "+12125550002")])
    desk.staff("ann")
    desk.staff("gerd", skills=frozenset({"german"}))
    german = next(c for c in desk.calls if c.number == "+12125550001")
    other = next(c for c in desk.calls if c.number == "+12125550002")
    desk.answer(other)
    desk.connect(other)
    assert desk.agent("ann") is AgentState.TALKING
    desk.answer(german)
    desk.connect(german)
    assert desk.agent("gerd") is AgentState.TALKING


def test_without_the_skill_the_lead_waits(desk_of: DeskOf) -> None:
    skilled = Candidate(UUID(int=1), "+12125550001", skills=frozenset({"german"}))
    desk = desk_of(leads=0, first=[skilled])
    desk.staff("ann")
    desk.wait(10)
    assert desk.calls == []


def test_trunk_channels_are_a_limit(desk_of: DeskOf) -> None:
    trunk = {"name": "carrier", "channels": 3, "calls_per_second": 100}
    desk = desk_of(trunks=[trunk])
    desk.staff(*(f"a{i}" for i in range(10)))
    desk.wait(10)
    assert len(desk.calls) == 3
    assert "all 3 channels in use" in desk.dialler.snapshot(desk.now)["lines_full"]


def test_calls_per_second_are_a_limit(desk_of: DeskOf) -> None:
    trunk = {"name": "carrier", "channels": 100, "calls_per_second": 2}
    desk = desk_of(trunks=[trunk])
    desk.staff(*(f"a{i}" for i in range(20)))
    desk.wait(5)
    assert len(desk.calls) <= 2 + 5 * 2
    desk.wait(10)
    assert len(desk.calls) == 20


def test_a_congested_trunk_rests(desk_of: DeskOf) -> None:
    desk = desk_of()
    desk.staff("ann")
    desk.end(desk.calls[0], EndReason.CONGESTION)
    desk.end(desk.calls[1], EndReason.CONGESTION)
    assert len(desk.calls) == 2
    assert "congested and rests" in desk.dialler.snapshot(desk.now)["lines_full"]
    desk.wait(1.5)
    assert len(desk.calls) == 3


def test_a_leg_that_drops_while_ready_pauses_the_agent(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0)
    desk.staff("ann")
    desk.event(AgentLegDown(desk.sent(RingAgent)[0].leg_id, desk.now))
    assert desk.agent("ann") is AgentState.PAUSED
