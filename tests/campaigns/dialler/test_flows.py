"""Mode ivr: calls that go through a flow, and people who ask for an agent there."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import permutations
from random import Random
from typing import Any
from uuid import UUID

import pytest

from campaigns.call_life import CallState
from campaigns.dialler import Dialler
from campaigns.effects import AgentState, AttemptNoted
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
from campaigns.leads import Candidate, OpenAttempt, Particulars
from campaigns.links import KnownAgent
from campaigns.outcomes import Outcome
from campaigns.spec.campaign import Campaign
from connectors.calls import (
    AgentLegDown,
    ConnectToAgent,
    EndReason,
    HangUp,
    LinkBack,
    LinkLost,
    LiveCall,
    Originate,
    Party,
    Phase,
    PlayMessage,
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
from tests.campaigns.dialler.conftest import SLOTS

DeskOf = Callable[..., Any]
SURVEY = Needs(
    "survey",
    frozenset({"first_name"}),
    webhooks={("survey", "ask"): SLOTS},
    said={("survey", "hello"): frozenset({"first_name"})},
)
PRESS_ONE = Needs("press-one", asks=frozenset({Ask()}), wait=20)
SERVICE = Needs(
    "payment",
    asks=frozenset({Ask(frozenset({"collections"}), frozenset({"english"}))}),
    wait=45,
)
ALONE: dict[str, Any] = {"mode": "ivr", "flow": "survey", "needs": SURVEY}
ASKING: dict[str, Any] = {"mode": "ivr", "flow": "press-one", "needs": PRESS_ONE}


def wants(call: Originate, desk: Any, wait: int = 20) -> list[Any]:
    effects: list[Any] = desk.event(FlowWantsAgent(call.call_id, desk.now, "", (), wait))
    return effects


def left(call: Originate, desk: Any, way: str, pressed: str | None = None) -> list[Any]:
    effects: list[Any] = desk.event(
        FlowLeft(call.call_id, desk.now, "press-one", "step", way, pressed)
    )
    return effects


def over(call: Originate, desk: Any, how: FlowEnd, disposition: str = "") -> None:
    desk.event(FlowEnded(call.call_id, desk.now, how, disposition))
    desk.end(call)


def noted(desk: Any, call: Originate) -> list[str]:
    notes = [e for e in desk.effects if isinstance(e, AttemptNoted)]
    return [note.state for note in notes if note.attempt_id == call.call_id]


# --- without agents ---------------------------------------------------------------------------


def test_without_agents_the_lines_alone_decide(desk_of: DeskOf) -> None:
    desk = desk_of(**ALONE, trunks=[{"name": "carrier", "channels": 7, "calls_per_second": 100}])
    desk.wait(1)
    assert len(desk.calls) == 7
    assert "no call may ask for an agent" in desk.dialler.run.decided.why


def test_calls_per_second_bound_them_too(desk_of: DeskOf) -> None:
    desk = desk_of(**ALONE, pacing={"calls_per_second": 3})
    desk.wait(0.5)
    assert len(desk.calls) == 3
    desk.wait(2)
    assert 8 <= len(desk.calls) <= 9


def test_a_campaign_has_a_budget_of_channels_over_all_its_trunks(desk_of: DeskOf) -> None:
    trunks = [{"name": name, "channels": 10, "calls_per_second": 100} for name in ("a", "b")]
    desk = desk_of(**ALONE, trunks=trunks, pacing={"channels": 12, "calls_per_second": 100})
    desk.wait(5)
    assert len(desk.calls) == 12
    assert (
        "all 12 channels of the campaign are in use"
        in desk.dialler.snapshot(desk.now)["lines_full"]
    )
    desk.end(desk.calls[0], EndReason.BUSY)
    desk.wait(1)
    assert len(desk.calls) == 13


def test_whoever_answers_enters_the_flow_at_once_with_what_it_asks_for(desk_of: DeskOf) -> None:
    told = Particulars({"first_name": "Ada"}, ("vip",), ("Europe/Berlin",))
    desk = desk_of(leads=1, told=told, **ALONE)
    desk.wait(1)
    (call,) = desk.calls
    desk.answer(call)
    (order,) = desk.sent(EnterFlow)
    assert (order.flow, order.trunk, order.party) == ("survey", "carrier", None)
    assert order.given == {"first_name": "Ada"}
    assert (order.tags, order.zones) == (("vip",), ("Europe/Berlin",))
    assert noted(desk, call) == [CallState.FLOW]
    desk.answer(call)  # told twice
    assert len(desk.sent(EnterFlow)) == 1


@pytest.mark.parametrize(
    ("amd", "party", "enters"),
    [
        ({"enabled": True}, Party.HUMAN, True),
        ({"enabled": True}, Party.UNKNOWN, True),
        ({"enabled": True}, Party.MACHINE, False),
        ({"enabled": True, "machine": "connect"}, Party.MACHINE, True),
    ],
)
def test_with_amd_the_verdict_decides_who_enters(
    desk_of: DeskOf, amd: dict[str, Any], party: Party, enters: bool
) -> None:
    desk = desk_of(leads=1, **ALONE, amd=amd)
    desk.wait(1)
    (call,) = desk.calls
    desk.answer(call)
    assert desk.sent(EnterFlow) == []
    desk.classify(call, party)
    assert [order.party for order in desk.sent(EnterFlow)] == ([party] if enters else [])
    assert bool(desk.sent(HangUp)) is not enters


ENDS: list[tuple[str, list[Any], Outcome, str]] = [
    ("hung up in the first step", [], Outcome.EARLY_HANG_UP, "early_hang_up"),
    ("pressed, then hung up", ["1"], Outcome.HEARD, "heard"),
    ("to a step's end", ["1", (FlowEnd.HANGUP, "sale")], Outcome.HEARD, "sale"),
    ("a message to nobody in particular", [(FlowEnd.HANGUP, "sale")], Outcome.HEARD, "sale"),
    ("transferred", ["1", (FlowEnd.TRANSFER, "")], Outcome.HEARD, "heard"),
]


@pytest.mark.parametrize(
    ("happens", "outcome", "filed"), [end[1:] for end in ENDS], ids=[end[0] for end in ENDS]
)
def test_what_a_call_without_an_agent_comes_to(
    desk_of: DeskOf, happens: list[Any], outcome: Outcome, filed: str
) -> None:
    desk = desk_of(leads=1, **ALONE)
    desk.wait(1)
    (call,) = desk.calls
    desk.answer(call)
    for each in happens:
        desk.wait(3)
        if isinstance(each, str):
            left(call, desk, each, each)
        else:
            desk.event(FlowEnded(call.call_id, desk.now, *each))
    desk.end(call)
    result = desk.result(call)
    assert (result.outcome, result.disposition) == (outcome, filed)
    assert result.asked_at is None
    pressed = "1" in happens
    assert result.party == (Party.HUMAN if pressed else "")
    assert desk.dialler.run.tally(desk.dialler.run.day_of(desk.now)).heard == pressed


def test_a_machine_that_gets_a_message_is_a_machine(desk_of: DeskOf) -> None:
    desk = desk_of(leads=1, **ALONE, amd={"enabled": True, "machine": "connect"})
    desk.wait(1)
    (call,) = desk.calls
    desk.answer(call)
    desk.classify(call, Party.MACHINE)
    desk.wait(20)
    over(call, desk, FlowEnd.VOICEMAIL)
    assert desk.result(call).outcome is Outcome.MACHINE


def test_what_is_told_of_a_flow_is_kept_as_it_comes(desk_of: DeskOf) -> None:
    desk = desk_of(leads=1, told=Particulars(zones=("Europe/Berlin",)), **ALONE)
    desk.wait(1)
    (call,) = desk.calls
    desk.answer(call)
    it, at = call.call_id, desk.now
    desk.event(FlowAnswered(it, at, "survey", "visit", "good"))
    desk.event(FlowLeft(it, at, "survey", "how-good", "next", "4"))
    desk.event(FlowRecorded(it, at, "survey", "tell-us", "flows/survey/1"))
    desk.event(FlowOptedOut(it, at))
    desk.event(FlowAsked(it, at, "survey", "ask", "slots", "t1", 3.0, {"day": "1224", "pin": "1"}))
    desk.event(FlowCallback(it, at, after=3600))
    kept = [e for e in desk.effects if isinstance(e, QuestionAnswered | StepLeft | VoiceKept)]
    assert kept == [
        QuestionAnswered(it, at, "survey", "visit", "good"),
        StepLeft(it, at, "survey", "how-good", "next", "4"),
        VoiceKept(it, at, "survey", "tell-us", "flows/survey/1"),
    ]
    assert [e for e in desk.effects if isinstance(e, OptedOut)] == [OptedOut(it, at)]
    (ask,) = [e for e in desk.effects if isinstance(e, AskEndpoint)]
    assert (ask.endpoint, ask.ticket, ask.sent) == ("slots", "t1", {"day": "1224"})
    assert (ask.into, ask.timeout) == ({"offer": "free"}, 2.0)
    assert "1224" not in repr(ask)
    (wish,) = [e for e in desk.effects if isinstance(e, CallbackWanted)]
    assert wish.due == at + timedelta(hours=1)


@pytest.mark.parametrize(("step", "endpoint"), [("other", "slots"), ("ask", "another")])
def test_only_what_the_flow_asks_is_asked(desk_of: DeskOf, step: str, endpoint: str) -> None:
    desk = desk_of(leads=1, **ALONE)
    desk.wait(1)
    (call,) = desk.calls
    desk.answer(call)
    desk.event(FlowAsked(call.call_id, desk.now, "survey", step, endpoint, "t1", 3.0, {}))
    assert [e for e in desk.effects if isinstance(e, AskEndpoint)] == []
    assert desk.sent(AnswerFlow) == [AnswerFlow(call.call_id, "t1", None)]


def test_a_text_is_said_with_the_values_that_it_names(desk_of: DeskOf) -> None:
    desk = desk_of(leads=1, **ALONE)
    desk.wait(1)
    (call,) = desk.calls
    desk.answer(call)
    values = {"first_name": "Maria", "due": "12.50"}
    about = "survey", "ask", "hello", "t1", 99.0
    desk.event(FlowSays(call.call_id, desk.now, *about, values))
    (say,) = [e for e in desk.effects if isinstance(e, SayPrompt)]
    assert (say.node, say.flow, say.prompt, say.ticket) == ("main", "survey", "hello", "t1")
    assert (say.values, say.timeout) == ({"first_name": "Maria"}, 10.0)
    assert "Maria" not in repr(say)


@pytest.mark.parametrize(
    ("flow", "prompt", "values"),
    [
        ("survey", "other", {"first_name": "Maria"}),
        ("other", "hello", {"first_name": "Maria"}),
        ("survey", "hello", {"due": "12.50"}),
        ("survey", "hello", {}),
    ],
)
def test_only_what_the_flow_says_is_said_and_else_nobody_is_kept_waiting(
    desk_of: DeskOf, flow: str, prompt: str, values: dict[str, str]
) -> None:
    desk = desk_of(leads=1, **ALONE)
    desk.wait(1)
    (call,) = desk.calls
    desk.answer(call)
    desk.event(FlowSays(call.call_id, desk.now, flow, "ask", prompt, "t1", 3.0, values))
    assert [e for e in desk.effects if isinstance(e, SayPrompt)] == []
    assert desk.sent(SayFlow) == [SayFlow(call.call_id, "t1", "")]


def test_what_somebody_has_said_holds_after_the_end_of_the_call_too(desk_of: DeskOf) -> None:
    desk = desk_of(leads=1, **ALONE)
    desk.wait(1)
    (call,) = desk.calls
    desk.answer(call)
    desk.end(call)
    assert desk.event(FlowOptedOut(call.call_id, desk.now)) == [OptedOut(call.call_id, desk.now)]
    assert left(call, desk, "next", "1") == []  # a step says nothing that is missed


# --- asking for an agent ----------------------------------------------------------------------


def asked(desk_of: DeskOf, *staff: str, **changes: Any) -> tuple[Any, Originate]:
    """A call that has been answered, and asks for an agent eight seconds later."""
    desk = desk_of(leads=1, **{**ASKING, **changes})
    desk.staff(*staff)
    desk.wait(1)
    (call,) = desk.calls
    desk.answer(call)
    desk.wait(8)
    left(call, desk, "1", "1")
    return desk, call


def test_who_asks_gets_an_agent_at_once(desk_of: DeskOf) -> None:
    desk, call = asked(desk_of, "ann")
    assert desk.agent("ann") is AgentState.READY
    wants(call, desk)
    assert desk.agent("ann") is AgentState.RESERVED
    assert [c.call_id for c in desk.sent(ConnectToAgent)] == [call.call_id]
    desk.connect(call)
    desk.wait(30)
    desk.end(call)
    result = desk.result(call)
    assert (result.outcome, result.agent) == (Outcome.CONNECTED, "ann")
    assert result.connected_at == result.asked_at
    assert noted(desk, call) == [CallState.FLOW, CallState.ASKING, CallState.TALKING]
    tally = desk.dialler.run.tally(call_day(desk))
    assert (tally.connected, tally.late, tally.abandoned, tally.heard) == (1, 0, 0, 0)


def call_day(desk: Any) -> str:
    return str(desk.dialler.run.day_of(desk.now))


def busy(desk: Any, name: str = "ann") -> None:
    """The one agent is in the way of nobody any more."""
    leg = next(a.leg_id for a in desk.dialler.run.floor if a.name == name)
    desk.event(AgentLegDown(leg, desk.now))


def test_whom_nobody_comes_to_is_abandoned_and_goes_on_in_the_flow(desk_of: DeskOf) -> None:
    desk, call = asked(desk_of, "ann")
    busy(desk)
    wants(call, desk)
    desk.wait(19)
    assert desk.call(call).state is CallState.ASKING  # the flow says for how long, not the law
    assert desk.sent(PlayMessage) == []
    desk.wait(1)
    left(call, desk, "no_agent")
    assert desk.call(call).state is CallState.FLOW
    desk.event(FlowCallback(call.call_id, desk.now))
    over(call, desk, FlowEnd.HANGUP, "later")
    result = desk.result(call)
    assert (result.outcome, result.disposition) == (Outcome.ABANDONED, "later")
    tally = desk.dialler.run.tally(call_day(desk))
    assert (tally.abandoned, tally.heard, tally.live) == (1, 0, 1)


def test_an_agent_who_comes_after_the_laws_time_is_late(desk_of: DeskOf) -> None:
    desk, call = asked(desk_of, "ann")
    busy(desk)
    wants(call, desk)
    desk.wait(5)
    desk.staff("bob")
    desk.connect(call)
    tally = desk.dialler.run.tally(call_day(desk))
    assert (tally.connected, tally.late, tally.abandoned) == (0, 1, 0)


def test_who_asks_again_and_gets_an_agent_is_late_and_not_abandoned_besides(
    desk_of: DeskOf,
) -> None:
    desk, call = asked(desk_of, "ann")
    busy(desk)
    wants(call, desk)
    desk.wait(20)
    left(call, desk, "no_agent")
    desk.staff("bob")
    desk.wait(5)
    wants(call, desk)
    desk.connect(call)
    tally = desk.dialler.run.tally(call_day(desk))
    assert (tally.connected, tally.late, tally.abandoned, tally.live) == (0, 1, 0, 1)
    desk.wait(9)
    desk.end(call)
    result = desk.result(call)
    assert result.outcome is Outcome.CONNECTED
    assert result.connected_at - result.asked_at == timedelta(seconds=25)


def test_who_asks_in_vain_time_and_again_is_abandoned_once(desk_of: DeskOf) -> None:
    desk, call = asked(desk_of, "ann")
    busy(desk)
    for _ in range(3):
        wants(call, desk)
        desk.wait(20)
        left(call, desk, "no_agent")
        desk.wait(1)
    assert desk.dialler.run.tally(call_day(desk)).abandoned == 1


@pytest.mark.parametrize(("waited", "outcome"), [(1.5, Outcome.HEARD), (5, Outcome.ABANDONED)])
def test_who_hangs_up_while_waiting_was_abandoned_if_that_took_too_long(
    desk_of: DeskOf, waited: float, outcome: Outcome
) -> None:
    desk, call = asked(desk_of, "ann")
    busy(desk)
    wants(call, desk)
    desk.wait(waited)
    over(call, desk, FlowEnd.HUNG_UP)
    assert desk.result(call).outcome is outcome


def test_a_wait_whose_end_nobody_tells_is_over_all_the_same(desk_of: DeskOf) -> None:
    desk, call = asked(desk_of, "ann")
    busy(desk)
    wants(call, desk, wait=20)
    desk.wait(30)
    assert desk.call(call).state is CallState.FLOW
    assert desk.dialler.run.counts["overdue_asking"] == 1
    assert desk.dialler.run.tally(call_day(desk)).abandoned == 1


def test_an_agent_lost_on_the_way_is_replaced(desk_of: DeskOf) -> None:
    desk, call = asked(desk_of, "ann")
    wants(call, desk)
    busy(desk)
    assert desk.call(call).state is CallState.ASKING
    desk.staff("bob")
    assert desk.call(call).state is CallState.CONNECTING
    assert desk.agent("bob") is AgentState.RESERVED


def test_an_agent_who_is_on_the_way_by_then_gets_the_call_all_the_same(desk_of: DeskOf) -> None:
    desk, call = asked(desk_of, "ann")
    wants(call, desk, wait=1)
    left(call, desk, "no_agent")
    desk.connect(call)
    assert desk.call(call).state is CallState.TALKING
    assert desk.dialler.run.tally(call_day(desk)).abandoned == 0


def test_only_who_is_asked_for_is_given(desk_of: DeskOf) -> None:
    changes = {"flow": "payment", "needs": SERVICE, "mode": "ivr"}
    desk = desk_of(leads=1, **changes)
    desk.staff("ann", skills=frozenset({"english"}), teams=frozenset({"service"}))
    desk.staff("bob", teams=frozenset({"collections"}))
    desk.wait(3)
    assert desk.calls == []  # neither of them is cover for a call that may ask
    desk.staff("cy", skills=frozenset({"english"}), teams=frozenset({"collections", "x"}))
    desk.wait(1)
    (call,) = desk.calls
    desk.answer(call)
    desk.event(FlowWantsAgent(call.call_id, desk.now, "collections", ("english",), 45))
    assert [desk.agent(name) for name in ("ann", "bob", "cy")] == [
        AgentState.READY,
        AgentState.READY,
        AgentState.RESERVED,
    ]


def test_a_leads_own_skills_book_nobody(desk_of: DeskOf) -> None:
    lead = Candidate(UUID(int=99), "+12125559999", skills=frozenset({"spanish"}))
    desk = desk_of(leads=1, first=[lead], **ALONE)
    desk.wait(3)
    assert {c.number for c in desk.calls} == {lead.number, "+12125550000"}


def test_a_pbx_that_plays_another_flow_is_held_by_the_guard_all_the_same(desk_of: DeskOf) -> None:
    desk = desk_of(**ALONE, trunks=[{"name": "carrier", "channels": 7, "calls_per_second": 100}])
    desk.wait(1)
    assert len(desk.calls) == 7
    desk.answer(desk.calls[0])
    wants(desk.calls[0], desk)
    for call in desk.calls[1:]:
        desk.end(call, EndReason.BUSY)
    desk.wait(5)
    assert len(desk.calls) == 7


# --- the guard --------------------------------------------------------------------------------


def test_a_campaign_begins_with_one_call_for_each_free_agent(desk_of: DeskOf) -> None:
    desk = desk_of(**ASKING)
    desk.wait(3)
    assert desk.calls == []
    desk.staff("ann", "bob")
    desk.wait(3)
    assert len(desk.calls) == 2
    desk.answer(desk.calls[0])
    desk.wait(10)
    assert len(desk.calls) == 2  # who goes through the flow may ask yet


@pytest.mark.parametrize("seed", range(3))
def test_the_limit_is_kept_at_every_instant_whoever_asks(desk_of: DeskOf, seed: int) -> None:
    """Also if, from one moment on, everybody asks who has never asked before."""
    rng = Random(seed)
    desk = desk_of(leads=3000, **ASKING)
    desk.bridges = True
    desk.staff(*(f"a{n}" for n in range(5)))
    for turn in range(900):
        desk.wait(0.5)
        _stir(desk, rng, asks=1.0 if 700 < turn < 730 else 0.02)
        tally = desk.dialler.run.tally(call_day(desk))
        limit = desk.dialler.run.campaign.abandonment.limit
        assert tally.unlawful <= limit * tally.live + 1e-9, turn
    assert tally.heard > 50
    assert max_in_flight(desk) > 5  # more than one call an agent


def max_in_flight(desk: Any) -> int:
    decided = [e for e in desk.effects if hasattr(e, "view") and "in_flight" in e.view]
    return int(max(e.view["in_flight"] for e in decided))


def _stir(desk: Any, rng: Random, asks: float) -> None:
    """Some of the calls move on."""
    for call in list(desk.dialler.run.calls.values()):
        if rng.random() < 0.2:
            originate = Originate(call.call_id, "+12125550000", "carrier", "+12125550100")
            if (stir := _STIRS.get(call.state)) is not None:
                stir(desk, originate, rng, asks)


def _answered_or_not(desk: Any, call: Originate, rng: Random, asks: float) -> None:
    if rng.random() < 0.4:
        desk.answer(call)
    else:
        desk.end(call, EndReason.NO_ANSWER)


def _asks_or_not(desk: Any, call: Originate, rng: Random, asks: float) -> None:
    if rng.random() < asks:
        left(call, desk, "1", "1")
        wants(call, desk, wait=2)
    else:
        left(call, desk, "2", "2")
        over(call, desk, FlowEnd.HANGUP, "sale")


def _waits_in_vain(desk: Any, call: Originate, rng: Random, asks: float) -> None:
    if desk.now - desk.call(call).live_at > timedelta(seconds=2):
        left(call, desk, "no_agent")


def _hangs_up(desk: Any, call: Originate, rng: Random, asks: float) -> None:
    if rng.random() < 0.1:
        desk.end(call)


_STIRS: dict[CallState, Callable[..., None]] = {
    CallState.PLACED: _answered_or_not,
    CallState.FLOW: _asks_or_not,
    CallState.ASKING: _waits_in_vain,
    CallState.TALKING: _hangs_up,
}


# --- events in any order ----------------------------------------------------------------------


def _told(call_id: UUID, at: datetime) -> list[Any]:
    def after(seconds: float) -> datetime:
        return at + timedelta(seconds=seconds)

    return [
        FlowWantsAgent(call_id, after(1), "", (), 2),
        FlowLeft(call_id, after(3), "press-one", "talk", "no_agent"),
        FlowAnswered(call_id, after(4), "press-one", "why", "price"),
        FlowEnded(call_id, after(5), FlowEnd.HANGUP, "later"),
    ]


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_events_of_a_flow_in_any_order_and_twice_end_in_the_same(
    desk_of: DeskOf, order: tuple[int, ...]
) -> None:
    desk = desk_of(leads=1, **ASKING)
    desk.staff("ann")
    desk.wait(1)
    (call,) = desk.calls
    busy(desk)
    desk.answer(call)
    told = _told(call.call_id, desk.now)
    desk.wait(6)
    for which in order:
        desk.event(told[which])
        desk.event(told[which])
    desk.end(call)
    result = desk.result(call)
    assert (result.outcome, result.disposition) == (Outcome.ABANDONED, "later")
    assert desk.dialler.run.tally(call_day(desk)).abandoned == 1
    assert desk.dialler.run.calls == {}


# --- links and takeovers ----------------------------------------------------------------------


def test_a_call_whose_order_was_lost_with_the_link_enters_when_it_is_back(
    desk_of: DeskOf,
) -> None:
    desk = desk_of(leads=1, **ALONE)
    desk.wait(1)
    (call,) = desk.calls
    desk.answer(call)
    desk.event(LinkLost(desk.now, "gone"))
    desk.wait(2)
    for flow, orders in (("survey", 1), ("", 2)):  # it is there; it never came there
        live = LiveCall(call.call_id, Phase.ANSWERED, flow=flow)
        desk.event(LinkBack(desk.now, (live,)))
        assert len(desk.sent(EnterFlow)) == orders
    assert desk.call(call).state is CallState.FLOW


def test_a_call_that_is_gone_when_the_link_is_back_was_lost(desk_of: DeskOf) -> None:
    desk = desk_of(leads=1, **ALONE)
    desk.wait(1)
    (call,) = desk.calls
    desk.answer(call)
    desk.event(LinkLost(desk.now, "gone"))
    desk.event(LinkBack(desk.now, ()))
    assert desk.result(call).outcome is Outcome.LOST


def adopted(desk: Any, call: Originate, **left_as: Any) -> Any:
    """Another worker's dialler, which takes the call over."""
    attempt = desk.call(call).attempt
    second = type(desk)(0, needs=PRESS_ONE, mode="ivr", flow="press-one")
    second.now = desk.now
    agent = next(a for a in desk.dialler.run.floor if a.name == "ann")
    known = KnownAgent(
        "ann", "phone-ann", "main", frozenset(), AgentState.READY, leg_id=agent.leg_id
    )
    open_attempt = OpenAttempt(attempt, answered_at=desk.now, **left_as)
    second.feed(second.dialler.adopt([open_attempt], [known], [], desk.now))
    leg = LiveCall(agent.leg_id, Phase.AGENT_LEG)
    second.link_up(leg, LiveCall(call.call_id, Phase.ANSWERED, flow="press-one"))
    return second


def test_another_worker_takes_over_a_call_in_its_flow(desk_of: DeskOf) -> None:
    desk, call = asked(desk_of, "ann")
    second = adopted(desk, call, state="flow")
    assert second.sent(EnterFlow) == []
    assert second.call(call).state is CallState.FLOW
    wants(call, second)
    assert [c.call_id for c in second.sent(ConnectToAgent)] == [call.call_id]


def test_another_worker_serves_who_had_asked(desk_of: DeskOf) -> None:
    desk, call = asked(desk_of, "ann")
    second = adopted(desk, call, state="asking", live_at=desk.now)
    assert [c.call_id for c in second.sent(ConnectToAgent)] == [call.call_id]
    second.connect(call)
    second.end(call)
    assert second.result(call).outcome is Outcome.CONNECTED


def test_another_worker_knows_who_had_asked_in_vain(desk_of: DeskOf) -> None:
    desk, call = asked(desk_of, "ann")
    second = adopted(desk, call, state="flow", live_at=desk.now)
    assert second.dialler.run.tally(call_day(second)).abandoned == 1
    over(call, second, FlowEnd.HANGUP, "later")
    assert second.result(call).outcome is Outcome.ABANDONED
    assert second.dialler.run.tally(call_day(second)).abandoned == 1


def test_mode_ivr_and_no_other_needs_a_flow(desk_of: DeskOf) -> None:
    plain: Campaign = desk_of().dialler.run.campaign
    with pytest.raises(ValueError, match="mode ivr"):
        Dialler(plain, needs=SURVEY)
    with pytest.raises(ValueError, match="mode ivr"):
        Dialler(desk_of(**ALONE).dialler.run.campaign)
