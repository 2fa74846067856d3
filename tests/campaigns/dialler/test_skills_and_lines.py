"""Skills, trunks, and the ends of campaigns and of shifts."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from campaigns.effects import AgentState, Send
from campaigns.leads import Candidate
from campaigns.orders import (
    CampaignState,
    LogIn,
    Pause,
    Ready,
    SetState,
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
    Originate,
    RingAgent,
)

DeskOf = Callable[..., Any]


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


def test_a_claim_that_is_granted_after_the_stop_is_not_dialled(desk_of: DeskOf) -> None:
    desk = desk_of()
    desk.grant = False
    desk.staff("ann")
    desk.order(SetState(CampaignState.STOPPED))
    desk.grant_claim(desk.held_back[0])
    assert desk.calls == []
    assert desk.results[0].outcome is Outcome.CANCELLED


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


def test_the_campaign_is_finished_when_no_lead_is_left(desk_of: DeskOf) -> None:
    desk = desk_of(leads=1)
    desk.staff("ann")
    (call,) = desk.calls
    desk.end(call, EndReason.INVALID_NUMBER)
    desk.wait(6)
    assert desk.dialler.run.state is CampaignState.FINISHED


def test_a_campaign_with_more_to_come_waits_for_leads_and_dials_them(desk_of: DeskOf) -> None:
    desk = desk_of(leads=1)
    run = desk.dialler.run
    waits = run.campaign.leads.model_copy(update={"more_to_come": True})
    run.campaign = run.campaign.model_copy(update={"leads": waits})
    desk.staff("ann")
    (call,) = desk.calls
    desk.end(call, EndReason.INVALID_NUMBER)
    desk.wait(60)
    assert run.state is CampaignState.RUNNING
    desk.leads.append(Candidate(UUID(int=7), "+12125557777"))
    desk.wait(20)
    assert [each.number for each in desk.calls if each is not call] == ["+12125557777"]


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
