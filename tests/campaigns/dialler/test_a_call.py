"""One call, from the decision to the result."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from campaigns.call_life import SETUP
from campaigns.effects import AgentState, AttemptDisposed, AttemptNoted, Claim, Send
from campaigns.orders import Dispose, EndCall, LogOut, Pause, Ready
from campaigns.outcomes import Outcome
from connectors.calls import (
    AgentLegDown,
    Amd,
    ConnectToAgent,
    EndReason,
    HangUp,
    Originate,
    Party,
    Played,
    PlayMessage,
    RingAgent,
    StartRecording,
)

DeskOf = Callable[..., Any]
AMD = {"enabled": True}


def test_nothing_is_dialled_without_an_agent(desk_of: DeskOf) -> None:
    desk = desk_of()
    desk.wait(10)
    assert desk.calls == []


def test_nothing_is_dialled_before_the_pbx_is_there(desk_of: DeskOf) -> None:
    desk = type(desk_of())()
    desk.staff("ann")
    desk.wait(10)
    assert desk.calls == []


def test_one_free_agent_one_call(desk_of: DeskOf) -> None:
    desk = desk_of()
    desk.staff("ann")
    desk.wait(5)
    (call,) = desk.calls
    assert call.number == "+12125550000"
    assert call.trunk == "carrier"
    assert call.wait_seconds == 25 + SETUP


@pytest.mark.parametrize(
    ("amd", "tuning"),
    [
        ({"enabled": True}, None),
        ({"enabled": True, "tuning": {"greeting": 1800}}, Amd(greeting=1800)),
        ({"enabled": False, "tuning": {"greeting": 1800}}, None),
    ],
)
def test_the_pbx_listens_as_the_campaign_says(
    desk_of: DeskOf, amd: dict[str, Any], tuning: Amd | None
) -> None:
    desk = desk_of(amd=amd)
    desk.staff("ann")
    desk.wait(5)
    (call,) = desk.calls
    assert (call.amd, call.tuning) == (amd["enabled"], tuning)


def test_the_attempt_is_committed_before_the_originate(desk_of: DeskOf) -> None:
    desk = desk_of()
    desk.grant = False
    desk.staff("ann")
    desk.wait(3)
    assert len(desk.held_back) == 1
    assert desk.calls == []
    desk.grant_claim(desk.held_back[0])
    assert len(desk.calls) == 1


def test_answer_connect_talk_wrap_up_ready(desk_of: DeskOf) -> None:
    desk = desk_of()
    desk.staff("ann")
    (call,) = desk.calls
    desk.wait(8)
    desk.answer(call)
    assert desk.agent("ann") is AgentState.RESERVED
    desk.connect(call)
    assert desk.agent("ann") is AgentState.TALKING
    desk.wait(60)
    desk.end(call)
    assert desk.agent("ann") is AgentState.WRAP_UP
    result = desk.result(call)
    assert result.outcome is Outcome.CONNECTED
    assert result.agent == "ann"
    assert result.ended_at - result.connected_at == timedelta(seconds=60)
    desk.wait(20)
    assert desk.agent("ann") is AgentState.READY
    assert len(desk.calls) == 2


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        (EndReason.BUSY, Outcome.BUSY),
        (EndReason.NO_ANSWER, Outcome.NO_ANSWER),
        (EndReason.INVALID_NUMBER, Outcome.INVALID_NUMBER),
        (EndReason.REJECTED, Outcome.REJECTED),
        (EndReason.CONGESTION, Outcome.CONGESTION),
        (EndReason.FAILED, Outcome.FAILED),
        (EndReason.REFUSED, Outcome.FAILED),
        (EndReason.PBX_LOST, Outcome.LOST),
    ],
)
def test_unanswered(desk_of: DeskOf, reason: EndReason, outcome: Outcome) -> None:
    desk = desk_of()
    desk.staff("ann")
    (call,) = desk.calls
    desk.end(call, reason)
    assert desk.result(call).outcome is outcome
    assert desk.agent("ann") is AgentState.READY


def test_a_second_end_changes_nothing(desk_of: DeskOf) -> None:
    desk = desk_of()
    desk.staff("ann")
    (call,) = desk.calls
    desk.end(call, EndReason.BUSY)
    desk.end(call, EndReason.NO_ANSWER)
    assert desk.result(call).outcome is Outcome.BUSY
    assert desk.dialler.run.counts["dropped_events"] == 1


def test_human_gets_the_agent_machine_is_hung_up(desk_of: DeskOf) -> None:
    desk = desk_of(amd=AMD)
    desk.staff("ann", "bob")
    human, machine = desk.calls
    assert human.amd
    for call in (human, machine):
        desk.answer(call)
    assert desk.sent(ConnectToAgent) == []
    desk.classify(human, Party.HUMAN)
    desk.classify(machine, Party.MACHINE)
    assert [c.call_id for c in desk.sent(ConnectToAgent)] == [human.call_id]
    assert [c.call_id for c in desk.sent(HangUp)] == [machine.call_id]
    desk.end(machine)
    assert desk.result(machine).outcome is Outcome.MACHINE


def test_a_machine_may_be_left_a_message(desk_of: DeskOf) -> None:
    desk = desk_of(amd={**AMD, "machine": "message", "message": "call-us-back"})
    desk.staff("ann")
    (call,) = desk.calls
    desk.answer(call)
    desk.classify(call, Party.MACHINE)
    assert desk.sent(PlayMessage) == [PlayMessage(call.call_id, "call-us-back")]
    desk.event(Played(call.call_id, desk.now))
    desk.end(call)
    assert desk.result(call).outcome is Outcome.MACHINE


def test_amd_without_a_verdict_counts_as_unknown(desk_of: DeskOf) -> None:
    desk = desk_of(amd=AMD)
    desk.staff("ann")
    (call,) = desk.calls
    desk.answer(call)
    desk.wait(9)
    assert [c.call_id for c in desk.sent(ConnectToAgent)] == [call.call_id]


def test_no_agent_in_two_seconds_is_abandoned_with_a_message(desk_of: DeskOf) -> None:
    desk = desk_of()
    desk.staff("ann")
    (call,) = desk.calls
    leg = desk.sent(RingAgent)[0].leg_id
    desk.event(AgentLegDown(leg, desk.now))
    desk.answer(call)
    desk.wait(1.9)
    assert desk.sent(PlayMessage) == []
    desk.wait(0.2)
    assert desk.sent(PlayMessage) == [PlayMessage(call.call_id, "safe-harbour")]
    desk.end(call)
    assert desk.result(call).outcome is Outcome.ABANDONED
    assert desk.dialler.snapshot(desk.now)["abandoned"] == 1


def test_customer_who_leaves_before_the_time_is_over_is_not_abandoned(desk_of: DeskOf) -> None:
    desk = desk_of()
    desk.staff("ann")
    (call,) = desk.calls
    desk.event(AgentLegDown(desk.sent(RingAgent)[0].leg_id, desk.now))
    desk.answer(call)
    desk.wait(1)
    desk.end(call)
    assert desk.result(call).outcome is Outcome.EARLY_HANG_UP


def test_agent_lost_on_the_way_customer_gets_the_next(desk_of: DeskOf) -> None:
    desk = desk_of()
    desk.staff("ann", "bob")
    call = desk.calls[0]
    desk.answer(call)
    first = desk.sent(ConnectToAgent)[-1].leg_id
    desk.event(AgentLegDown(first, desk.now))
    second = desk.sent(ConnectToAgent)[-1].leg_id
    assert first != second
    desk.connect(call)
    assert desk.agent("bob") is AgentState.TALKING
    assert desk.agent("ann") is AgentState.PAUSED


def test_a_customer_who_never_reaches_the_bridge_costs_the_agent_its_leg(desk_of: DeskOf) -> None:
    desk = desk_of()
    desk.staff("ann")
    (call,) = desk.calls
    desk.answer(call)
    desk.wait(6)
    assert desk.agent("ann") is AgentState.PAUSED
    assert desk.sent(PlayMessage)
    assert desk.dialler.snapshot(desk.now)["agent_lost"] == 1


def test_late_connection_counts_as_abandoned_for_the_law(desk_of: DeskOf) -> None:
    desk = desk_of()
    desk.staff("ann")
    (call,) = desk.calls
    desk.answer(call)
    desk.wait(2.5)
    desk.connect(call)
    seen = desk.dialler.snapshot(desk.now)
    assert (seen["connected"], seen["late"]) == (0, 1)


def test_recording_starts_just_before_the_conversation_path_by_date(desk_of: DeskOf) -> None:
    desk = desk_of(recording={"enabled": True})
    desk.staff("ann")
    (call,) = desk.calls
    assert desk.sent(StartRecording) == []
    desk.answer(call)
    kinds = [type(e.command) for e in desk.effects if isinstance(e, Send)]
    assert kinds.index(StartRecording) < kinds.index(ConnectToAgent)
    desk.connect(call)
    path = f"2026/11/20/{call.call_id}"
    assert desk.sent(StartRecording) == [StartRecording(call.call_id, path)]
    noted = [e for e in desk.effects if isinstance(e, AttemptNoted)]
    assert noted[-1].recording == path


def test_disposition_ends_the_wrap_up(desk_of: DeskOf) -> None:
    desk = desk_of()
    desk.staff("ann")
    (call,) = desk.calls
    desk.talk(call)
    desk.wait(30)
    desk.end(call)
    desk.order(Dispose("ann", "sale", "wants the blue one"))
    assert desk.agent("ann") is AgentState.READY
    (filed,) = [e for e in desk.effects if isinstance(e, AttemptDisposed)]
    assert (filed.attempt_id, filed.disposition) == (call.call_id, "sale")


def test_disposition_during_the_call_skips_the_wrap_up(desk_of: DeskOf) -> None:
    desk = desk_of()
    desk.staff("ann")
    (call,) = desk.calls
    desk.talk(call)
    desk.order(Dispose("ann", "later"))
    desk.end(call)
    assert desk.result(call).disposition == "later"
    assert desk.agent("ann") is AgentState.READY


def test_unknown_disposition_is_refused_in_words(desk_of: DeskOf) -> None:
    desk = desk_of()
    desk.staff("ann")
    with pytest.raises(Exception, match="disposition 'maybe' is not one of this campaign's: sale"):
        desk.order(Dispose("ann", "maybe"))


def test_agent_hangs_up(desk_of: DeskOf) -> None:
    desk = desk_of()
    desk.staff("ann")
    (call,) = desk.calls
    desk.talk(call)
    desk.order(EndCall("ann"))
    assert desk.sent(HangUp) == [HangUp(call.call_id)]
    desk.end(call)
    assert desk.result(call).outcome is Outcome.CONNECTED


def test_pause_waits_for_the_end_of_the_call(desk_of: DeskOf) -> None:
    desk = desk_of()
    desk.staff("ann")
    (call,) = desk.calls
    desk.talk(call)
    desk.order(Pause("ann", "lunch"))
    assert desk.agent("ann") is AgentState.TALKING
    desk.end(call)
    desk.wait(21)
    assert desk.agent("ann") is AgentState.PAUSED
    desk.order(Ready("ann"))
    assert desk.agent("ann") is AgentState.READY


def test_pause_waits_until_no_call_in_flight_needs_the_agent(desk_of: DeskOf) -> None:
    desk = desk_of()
    desk.staff("ann")
    (call,) = desk.calls
    desk.order(Pause("ann"))
    assert desk.agent("ann") is AgentState.READY
    desk.end(call, EndReason.NO_ANSWER)
    assert desk.agent("ann") is AgentState.PAUSED
    assert len(desk.calls) == 1


def test_log_out_hangs_up_the_leg(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0)
    desk.staff("ann")
    desk.order(LogOut("ann"))
    assert desk.agent("ann") is AgentState.OFFLINE
    assert len(desk.sent(HangUp)) == 1


def test_a_refused_claim_dials_nothing_and_goes_on(desk_of: DeskOf) -> None:
    desk = desk_of()
    desk.refuse = {"+12125550000": "do-not-call: internal"}
    desk.staff("ann")
    (call,) = desk.calls
    assert call.number == "+12125550001"
    assert desk.dialler.snapshot(desk.now)["refused"] == {"do-not-call": 1}


def test_claims_carry_every_order_exactly_once(desk_of: DeskOf) -> None:
    desk = desk_of()
    desk.staff(*(f"a{i}" for i in range(10)))
    desk.wait(5)
    ordered = [o.candidate.lead_id for e in desk.effects if isinstance(e, Claim) for o in e.orders]
    assert len(ordered) == len(set(ordered)) == 10
    originates = [
        e for e in desk.effects if isinstance(e, Send) and isinstance(e.command, Originate)
    ]
    assert len(originates) == 10
