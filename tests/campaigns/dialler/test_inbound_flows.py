"""Callers who go through the flow of their line, and those who ask for an agent there."""

from collections.abc import Callable
from datetime import timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from campaigns.arrivals import Admitted, Arrival, OpenInbound
from campaigns.call_life import CallState
from campaigns.dialler import Dialler
from campaigns.effects import AgentState, InboundNoted
from campaigns.flow.needs import Ask, Needs
from campaigns.flow_effects import (
    AskEndpoint,
    CallbackWanted,
    OptedOut,
    QuestionAnswered,
    SayPrompt,
    StepLeft,
    VoiceKept,
)
from campaigns.guard import Tally
from campaigns.inbound_entering import trunk_on
from campaigns.leads import Particulars
from campaigns.orders import CampaignState, Dispose, SetState
from campaigns.spec.campaign import Campaign
from connectors.calls import (
    AgentLegDown,
    AgentLegUp,
    Connected,
    ConnectToAgent,
    EndReason,
    HangUp,
    LinkLost,
    LiveCall,
    Phase,
    PlayMessage,
    RingAgent,
)
from connectors.flows import (
    AnswerFlow,
    EnterFlow,
    FlowAnswered,
    FlowAsked,
    FlowCallback,
    FlowEnd,
    FlowEnded,
    FlowLeft,
    FlowOptedOut,
    FlowRecorded,
    FlowSays,
    FlowWantsAgent,
    SayFlow,
)
from connectors.party import Party
from tests.campaigns.dialler.conftest import PLAN, SLOTS, START, Desk

DeskOf = Callable[..., Any]
NEEDS = Needs(
    "service-line",
    frozenset({"number"}),
    asks=frozenset({Ask(), Ask(frozenset({"tech"}), frozenset({"turkish"}))}),
    wait=30,
    webhooks={("service-line", "ask"): SLOTS},
    said={("service-line", "hello"): frozenset({"number"})},
)
FLOW: dict[str, Any] = {
    "inbound": {"lines": ["support"], "flow": "service-line"},
    "inbound_needs": NEEDS,
}
TODAY = "2026-11-20"
CALL, LEAD = UUID(int=77), UUID(int=78)


def wants(desk: Any, call_id: UUID, team: str = "", skills: tuple[str, ...] = ()) -> None:
    desk.event(FlowWantsAgent(call_id, desk.now, team, skills, 20))


def left(desk: Any, call_id: UUID, way: str, pressed: str | None = None) -> None:
    desk.event(FlowLeft(call_id, desk.now, "service-line", "step", way, pressed))


def over(desk: Any, call_id: UUID, how: FlowEnd, disposition: str = "") -> None:
    desk.event(FlowEnded(call_id, desk.now, how, disposition))
    desk.leaves(call_id)


def noted(desk: Any, call_id: UUID) -> list[str]:
    notes = [e for e in desk.effects if isinstance(e, InboundNoted)]
    return [note.state for note in notes if note.call_id == call_id]


def outcomes(desk: Any) -> list[str]:
    return [result.outcome.value for result in desk.inbound_results]


def test_a_flow_that_nobody_told_of_is_refused() -> None:
    lines = {"inbound": {"lines": ["support"], "flow": "service-line"}}
    with pytest.raises(ValueError, match="that flow"):
        Dialler(Campaign.model_validate({**PLAN, **lines}))
    with pytest.raises(ValueError, match="that flow"):
        Dialler(Campaign.model_validate(PLAN), inbound_needs=NEEDS)


@pytest.mark.parametrize(
    "mode",
    [
        {},
        {"mode": "preview"},
        {"mode": "ivr", "flow": "survey", "needs": Needs("survey"), "agents": {}},
    ],
)
def test_who_is_admitted_enters_the_flow_in_every_mode(
    desk_of: DeskOf, mode: dict[str, Any]
) -> None:
    told = Particulars({"number": "+4930123456"}, ("vip",), ("Europe/Berlin",))
    desk = desk_of(leads=0, told=told, **FLOW, **mode)
    call_id = desk.call_in()
    (order,) = desk.sent(EnterFlow)
    assert (order.call_id, order.flow, order.trunk) == (call_id, "service-line", "carrier")
    assert (order.given, order.tags, order.zones) == (told.given, told.tags, told.zones)
    assert order.party is Party.HUMAN
    assert noted(desk, call_id) == [CallState.FLOW]
    shown = desk.dialler.snapshot(desk.now)["inbound"]
    assert (shown["in_flow"], shown["waiting"]) == (1, 0)


def test_nobody_enters_before_the_database_has_agreed(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0, **FLOW)
    desk.admit = False
    desk.leaves(desk.call_in())
    desk.call_in()
    assert desk.sent(EnterFlow) == []
    desk.grant_arrivals(*desk.not_admitted)
    assert outcomes(desk) == ["given_up"], "the first had gone before"
    assert len(desk.sent(EnterFlow)) == 1


def test_no_agent_is_asked_to_come_to_who_goes_through_the_flow(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0, **FLOW)
    desk.staff("ann")
    call_id = desk.call_in()
    desk.wait(120)
    assert desk.agent("ann") is AgentState.READY
    assert desk.sent(ConnectToAgent) == desk.sent(PlayMessage) == desk.sent(HangUp) == []
    wants(desk, call_id)
    assert [c.call_id for c in desk.sent(ConnectToAgent)] == [call_id]


ENDS: list[tuple[str, list[Any], str, str]] = [
    ("nothing of the flow is heard", [], "lost", "lost"),
    ("hung up in the first step", [("left", "hung_up", None)], "given_up", "given_up"),
    ("pressed, then hung up", [("left", "1", "1")], "heard", "heard"),
    ("to a step's end", [("end", FlowEnd.HANGUP, "sale")], "heard", "sale"),
    ("transferred", [("end", FlowEnd.TRANSFER, "")], "heard", "heard"),
    ("opted out, then hung up", [("opt_out",), ("left", "hung_up", None)], "heard", "heard"),
    ("gave up in the queue", [("left", "1", "1"), ("wants",)], "given_up", "given_up"),
    (
        "waited in vain",
        [("wants",), ("left", "no_agent", None), ("end", FlowEnd.HANGUP, "later")],
        "waited_out",
        "later",
    ),
    ("told in vain alone", [("left", "no_agent", None)], "waited_out", "waited_out"),
]


@pytest.mark.parametrize(
    ("happens", "outcome", "filed"), [end[1:] for end in ENDS], ids=[end[0] for end in ENDS]
)
def test_what_a_call_comes_to_that_no_agent_has(
    desk_of: DeskOf, happens: list[Any], outcome: str, filed: str
) -> None:
    desk = desk_of(leads=0, **FLOW)
    call_id = desk.call_in()
    for what, *rest in happens:
        desk.wait(3)
        if what == "left":
            left(desk, call_id, *rest)
        elif what == "wants":
            wants(desk, call_id)
        elif what == "opt_out":
            desk.event(FlowOptedOut(call_id, desk.now))
        else:
            desk.event(FlowEnded(call_id, desk.now, *rest))
    desk.leaves(call_id)
    (result,) = desk.inbound_results
    assert (result.outcome.value, result.disposition) == (outcome, filed)
    assert desk.dialler.run.tally(TODAY) == Tally(TODAY), "the law's figures know nothing of it"


def test_what_the_flow_tells_is_kept_under_the_calls_id(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0, told=Particulars(zones=("America/New_York",)), **FLOW)
    call_id, at = desk.call_in(), desk.now
    desk.event(FlowAnswered(call_id, at, "service-line", "visit", "good"))
    desk.event(FlowOptedOut(call_id, at))
    desk.event(FlowCallback(call_id, at, 3600))
    desk.event(FlowRecorded(call_id, at, "service-line", "say", "dialplane-flows/x/y"))
    left(desk, call_id, "1", "1")
    kept = [
        e
        for e in desk.effects
        if isinstance(e, QuestionAnswered | OptedOut | CallbackWanted | VoiceKept | StepLeft)
    ]
    assert kept == [
        QuestionAnswered(call_id, at, "service-line", "visit", "good"),
        OptedOut(call_id, at),
        CallbackWanted(call_id, at, at + timedelta(hours=1)),
        VoiceKept(call_id, at, "service-line", "say", "dialplane-flows/x/y"),
        StepLeft(call_id, at, "service-line", "step", "1", "1"),
    ]
    assert desk.dialler.run.counts["opted_out_without_number"] == 0


def test_an_opt_out_of_a_number_that_is_hidden_is_counted(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0, **FLOW)
    call_id = desk.call_in(caller="")
    desk.event(FlowOptedOut(call_id, desk.now))
    assert desk.dialler.run.counts["opted_out_without_number"] == 1
    assert [e for e in desk.effects if isinstance(e, OptedOut)] == [OptedOut(call_id, desk.now)]
    assert desk.sent(HangUp) == [], "the flow goes on"


def test_only_endpoints_and_texts_of_this_flow_are_asked_for(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0, **FLOW)
    call_id, at = desk.call_in(), desk.now
    desk.event(
        FlowAsked(call_id, at, "service-line", "ask", "slots", "1", 9.0, {"day": "1", "x": "2"})
    )
    desk.event(FlowSays(call_id, at, "service-line", "w", "hello", "2", 3.0, {"number": "+1"}))
    desk.event(FlowAsked(call_id, at, "service-line", "ask", "other", "3", 9.0))
    desk.event(FlowSays(call_id, at, "survey", "w", "hello", "4", 3.0, {"number": "+1"}))
    (ask,) = [e for e in desk.effects if isinstance(e, AskEndpoint)]
    assert (ask.call_id, ask.ticket, ask.timeout, ask.sent) == (call_id, "1", 2.0, {"day": "1"})
    (say,) = [e for e in desk.effects if isinstance(e, SayPrompt)]
    assert (say.call_id, say.ticket, say.values) == (call_id, "2", {"number": "+1"})
    assert desk.sent(AnswerFlow) == [AnswerFlow(call_id, "3", None)]
    assert desk.sent(SayFlow) == [SayFlow(call_id, "4")]


# --- agents -----------------------------------------------------------------------------------


def test_who_asks_talks_to_an_agent_and_is_filed_by_that_agent(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0, recording={"enabled": True}, **FLOW)
    desk.staff("ann")
    call_id = desk.call_in()
    desk.wait(8)
    asked_at = desk.now
    wants(desk, call_id)
    desk.connect_inbound(call_id)
    assert desk.agent("ann") is AgentState.TALKING
    assert noted(desk, call_id) == ["flow", "asking", "talking"]
    desk.order(Dispose("ann", "later", then_ready=False))
    desk.wait(30)
    desk.leaves(call_id)
    (result,) = desk.inbound_results
    assert (result.outcome.value, result.disposition, result.agent) == ("answered", "later", "ann")
    assert result.asked_at == asked_at
    assert desk.dialler.run.tally(TODAY) == Tally(TODAY)


def test_who_has_waited_longest_is_first_and_gets_whom_they_ask_for(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0, **FLOW)
    slow, quick = desk.call_in(), desk.call_in()
    desk.wait(2)
    wants(desk, quick)
    desk.wait(2)
    wants(desk, slow, "tech", ("turkish",))
    desk.staff("ann")
    assert [c.call_id for c in desk.sent(ConnectToAgent)] == [quick], "asked before, came later"
    desk.staff("bob", teams=frozenset({"tech"}))
    assert desk.agent("bob") is AgentState.READY, "bob lacks the skill"
    desk.staff("can", teams=frozenset({"tech"}), skills=frozenset({"turkish"}))
    assert [c.call_id for c in desk.sent(ConnectToAgent)] == [quick, slow]


def test_who_waits_in_vain_goes_on_and_the_agent_on_the_way_is_free(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0, agents={"teams": ["sales"], "legs": "on_demand"}, **FLOW)
    desk.log_in("ann")
    call_id = desk.call_in()
    wants(desk, call_id)
    (ring,) = desk.sent(RingAgent)
    assert desk.agent("ann") is AgentState.RESERVED
    desk.wait(20)
    left(desk, call_id, "no_agent")
    assert desk.agent("ann") is AgentState.READY
    desk.event(AgentLegUp(ring.leg_id, desk.now))
    assert desk.sent(ConnectToAgent) == []
    assert noted(desk, call_id)[-1] == CallState.FLOW
    desk.wait(1)
    wants(desk, call_id)
    *_, again = desk.sent(RingAgent)
    assert again != ring, "the caller may ask again, and the phone that rang in vain was let go"
    desk.event(AgentLegUp(again.leg_id, desk.now))
    assert [c.call_id for c in desk.sent(ConnectToAgent)] == [call_id]


def test_whose_agents_phone_dies_waits_on_in_the_same_place(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0, **FLOW)
    desk.staff("ann")
    first = desk.call_in()
    wants(desk, first)
    (order,) = desk.sent(ConnectToAgent)
    desk.wait(1)
    second = desk.call_in()
    wants(desk, second)
    desk.event(AgentLegDown(order.leg_id, desk.now, "gone"))
    desk.staff("bob")
    assert [c.call_id for c in desk.sent(ConnectToAgent)] == [first, first]


def test_an_agent_whom_a_call_in_flight_needs_stays_for_it(desk_of: DeskOf) -> None:
    desk = desk_of(**FLOW)
    desk.staff("ann")
    (call,) = desk.calls
    desk.ring(call)
    call_id = desk.call_in()
    wants(desk, call_id)
    assert desk.agent("ann") is AgentState.READY
    desk.answer(call)
    assert [c.call_id for c in desk.sent(ConnectToAgent)] == [call.call_id]
    desk.connect(call)
    desk.end(call, EndReason.HUNG_UP)
    desk.order(Dispose("ann", "sale"))
    assert desk.sent(ConnectToAgent)[-1].call_id == call_id
    assert desk.dialler.run.tally(TODAY).abandoned == 0


def test_who_is_no_cover_for_calls_in_flight_holds_no_agent_back(desk_of: DeskOf) -> None:
    """In a campaign whose flow asks for a skill, an agent without it can go to a caller at once,
    and one with it must not go in that agent's stead."""
    needs = Needs("press-one", asks=frozenset({Ask(skills=frozenset({"english"}))}), wait=20)
    desk = desk_of(leads=1, mode="ivr", flow="press-one", needs=needs, **FLOW)
    desk.staff("ann", skills=frozenset({"english"}))
    desk.staff("bob")
    desk.wait(1)
    (call,) = desk.calls
    desk.ring(call)
    both = [desk.call_in(), desk.call_in()]
    for call_id in both:
        wants(desk, call_id)
    assert len(desk.sent(ConnectToAgent)) == 1
    assert (desk.agent("ann"), desk.agent("bob")) == (AgentState.READY, AgentState.RESERVED)


def test_a_step_that_the_pbx_never_left_is_taken_for_over(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0, **FLOW)
    call_id = desk.call_in()
    wants(desk, call_id)
    desk.wait(30)
    assert noted(desk, call_id)[-1] == CallState.FLOW
    assert desk.dialler.run.counts["overdue_inbound_asking"] == 1


def test_a_campaign_that_stops_lets_its_callers_flows_go_on(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0, **FLOW)
    asks, goes = desk.call_in(), desk.call_in()
    wants(desk, asks)
    desk.order(SetState(CampaignState.STOPPED))
    assert desk.sent(HangUp) == desk.sent(PlayMessage) == []
    desk.call_in()
    assert len(desk.sent(EnterFlow)) == 2, "who comes now is not served"
    left(desk, asks, "no_agent")
    over(desk, asks, FlowEnd.HANGUP)
    over(desk, goes, FlowEnd.HANGUP)
    assert outcomes(desk) == ["waited_out", "heard"]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_what_is_told_in_any_order_ends_in_the_same_result(
    desk_of: DeskOf, order: tuple[int, ...]
) -> None:
    desk = desk_of(leads=0, **FLOW)
    call_id, at = desk.call_in(), desk.now
    events = [
        FlowWantsAgent(call_id, at + timedelta(seconds=1), "", (), 20),
        FlowLeft(call_id, at + timedelta(seconds=21), "service-line", "who", "no_agent"),
        FlowEnded(call_id, at + timedelta(seconds=22), FlowEnd.HANGUP, "later"),
    ]
    desk.wait(22)
    for nth in order:
        desk.event(events[nth])
    desk.leaves(call_id)
    (result,) = desk.inbound_results
    assert (result.outcome.value, result.disposition) == ("waited_out", "later")


# --- links and takeovers ------------------------------------------------------------------------


def there(call_id: UUID, flow: str = "service-line") -> LiveCall:
    return LiveCall(call_id, Phase.ARRIVED, None, "support", "+4930123456", flow)


def test_an_order_to_enter_that_the_lost_link_swallowed_is_given_again(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0, **FLOW)
    lost, goes = desk.call_in(), desk.call_in()
    desk.event(LinkLost(desk.now))
    desk.link_up(there(lost, ""), there(goes))
    assert [order.call_id for order in desk.sent(EnterFlow)] == [lost, goes, lost]


def test_who_left_while_the_link_was_down_has_one_end(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0, **FLOW)
    served, asked, unseen = (desk.call_in() for _ in range(3))
    left(desk, served, "1", "1")
    desk.event(FlowEnded(served, desk.now, FlowEnd.HANGUP, "sale"))
    wants(desk, asked)
    desk.event(LinkLost(desk.now))
    desk.link_up()
    assert [(r.call_id, r.outcome.value) for r in desk.inbound_results] == [
        (served, "heard"),
        (asked, "lost"),
        (unseen, "lost"),
    ]


def test_who_was_connected_unseen_is_found_talking(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0, **FLOW)
    desk.staff("ann")
    call_id = desk.call_in()
    wants(desk, call_id)
    (order,) = desk.sent(ConnectToAgent)
    desk.event(LinkLost(desk.now))
    desk.link_up(
        LiveCall(order.leg_id, Phase.AGENT_LEG),
        LiveCall(call_id, Phase.CONNECTED, order.leg_id, "support"),
    )
    assert desk.agent("ann") is AgentState.TALKING
    desk.leaves(call_id)
    assert outcomes(desk) == ["answered"]


def adopted(state: str, **parts: Any) -> Desk:
    desk = Desk(0, **FLOW)
    arrival = Arrival(CALL, "main", "support", "+4930123456", START - timedelta(seconds=90))
    told = Particulars({"number": "+4930123456"})
    call = OpenInbound(Admitted(arrival, LEAD, told), state, **parts)
    desk.feed(desk.dialler.adopt([], [], [], desk.now, [call]))
    return desk


def test_a_successor_sends_in_whom_its_predecessor_could_not(desk_of: DeskOf) -> None:
    desk = adopted("waiting")
    desk.wait(5)
    assert desk.effects == [] or desk.sent(EnterFlow) == []
    desk.link_up(there(CALL, ""))
    (order,) = desk.sent(EnterFlow)
    assert order.given == {"number": "+4930123456"}
    desk = adopted("waiting")
    desk.link_up(there(CALL))
    assert desk.sent(EnterFlow) == [], "it is there already"
    left(desk, CALL, "1", "1")
    over(desk, CALL, FlowEnd.HUNG_UP)
    assert outcomes(desk) == ["heard"]


def test_a_successor_lets_the_flow_go_on_and_hears_again_what_was_said() -> None:
    desk = adopted("flow")
    desk.link_up(there(CALL))
    desk.event(FlowOptedOut(CALL, desk.now))
    over(desk, CALL, FlowEnd.HUNG_UP)
    assert desk.sent(EnterFlow) == []
    assert outcomes(desk) == ["heard"]


def test_a_successor_serves_who_asks_and_knows_who_had_asked_in_vain() -> None:
    desk = adopted("asking", asked_at=START - timedelta(seconds=5))
    desk.link_up(there(CALL))
    desk.staff("can", teams=frozenset({"tech"}), skills=frozenset({"turkish"}))
    assert [c.call_id for c in desk.sent(ConnectToAgent)] == [CALL], "somebody who can take any"
    desk = adopted("asking", asked_at=START - timedelta(seconds=5))
    desk.link_up(there(CALL))
    desk.staff("ann")
    assert desk.sent(ConnectToAgent) == []
    desk.wait(1)
    wants(desk, CALL)  # as the connector tells it again
    assert [c.call_id for c in desk.sent(ConnectToAgent)] == [CALL]
    desk = adopted("flow", asked_at=START - timedelta(seconds=60))
    desk.link_up(there(CALL))
    over(desk, CALL, FlowEnd.HUNG_UP)
    assert outcomes(desk) == ["waited_out"]


def test_a_caller_whose_flow_is_no_more_is_let_go() -> None:
    desk = Desk(0, inbound={"lines": ["support"]})
    arrival = Arrival(CALL, "main", "support", "", START)
    desk.feed(desk.dialler.adopt([], [], [], desk.now, [OpenInbound(Admitted(arrival), "flow")]))
    desk.link_up(there(CALL, ""))
    assert [c.call_id for c in desk.sent(HangUp)] == [CALL]


def test_connected_counts_also_where_the_flow_had_gone_on(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0, **FLOW)
    desk.staff("ann")
    call_id = desk.call_in()
    wants(desk, call_id)
    (order,) = desk.sent(ConnectToAgent)
    desk.wait(1)
    left(desk, call_id, "no_agent")  # in the same moment
    desk.event(Connected(call_id, desk.now, order.leg_id))
    desk.leaves(call_id)
    assert outcomes(desk) == ["answered"]


def test_transfers_go_out_by_a_trunk_that_reaches_the_pbx() -> None:
    trunks = [
        {"name": "a", "channels": 1, "pbx": ["north"]},
        {"name": "b", "channels": 1, "pbx": ["south"]},
    ]
    campaign = Campaign.model_validate({**PLAN, "pbx": ["north", "south"], "trunks": trunks})
    assert [trunk_on(campaign, node) for node in ("north", "south")] == ["a", "b"]
