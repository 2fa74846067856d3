"""A phone rings for as long as the campaign says, from when it was heard to ring."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from campaigns.call_life import SETUP, CallState
from campaigns.effects import AgentState
from campaigns.guard import Tally
from campaigns.leads import Attempt, Candidate, DialOrder, OpenAttempt
from campaigns.orders import Accept, CampaignState, SetState
from campaigns.outcomes import Outcome
from connectors.calls import EndReason, HangUp, LinkLost, LiveCall, Originate, Party, Phase

DeskOf = Callable[..., Any]
TODAY = "2026-11-20"
MODES = ("progressive", "power", "predictive", "preview")


def placed(desk: Any, mode: str = "progressive") -> Originate:
    """Ann's first call."""
    desk.staff("ann")
    if mode == "preview":
        desk.order(Accept("ann"))
    call: Originate = desk.calls[0]
    return call


def rung_for(desk: Any, seconds: float, mode: str = "progressive") -> Originate:
    """Ann's first call, which has rung for so long."""
    call = placed(desk, mode)
    desk.ring(call)
    desk.wait(seconds)
    return call


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("post_dial", [0.0, 3.0, 8.0, 14.5])
def test_it_rings_its_whole_time_whatever_the_way_to_it_took(
    desk_of: DeskOf, mode: str, post_dial: float
) -> None:
    desk = desk_of(mode=mode, ring="15s")
    call = placed(desk, mode)
    assert call.wait_seconds >= post_dial + 15
    desk.wait(post_dial)
    desk.ring(call)
    desk.wait(14.999)
    assert desk.sent(HangUp) == []
    desk.wait(0.001)
    assert desk.sent(HangUp) == [HangUp(call.call_id)]
    desk.wait(5)
    assert len(desk.sent(HangUp)) == 1


def test_a_ring_time_with_a_part_of_a_second_is_kept_to_it(desk_of: DeskOf) -> None:
    desk = desk_of(ring="20.3s")
    call = placed(desk)
    assert call.wait_seconds == 21 + SETUP
    desk.now += timedelta(microseconds=1)  # no time that a float has whole
    desk.ring(call)
    desk.wait(20.299)
    assert desk.sent(HangUp) == []
    desk.wait(0.001)
    assert desk.sent(HangUp) == [HangUp(call.call_id)]


@pytest.mark.parametrize("mode", MODES)
def test_to_everyone_nobody_has_answered(desk_of: DeskOf, mode: str) -> None:
    desk = desk_of(mode=mode)
    call = rung_for(desk, 25, mode)
    desk.end(call, EndReason.CANCELLED)
    result = desk.result(call)
    assert (result.outcome, result.disposition) == (Outcome.NO_ANSWER, "no_answer")
    assert (result.reason, result.cause) == (EndReason.NO_ANSWER, "raw")
    assert desk.dialler.run.counts["cut_short"] == 0
    assert desk.agent("ann") is not AgentState.OFFLINE


def test_pacing_learns_that_it_rang_in_vain(
    desk_of: DeskOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = desk_of(mode="predictive")
    learned: list[tuple[float, str]] = []

    def learn_end(_: int, age: float, how: str) -> None:
        learned.append((age, how))

    monkeypatch.setattr(desk.dialler.run.pacer, "learn_end", learn_end)
    call = placed(desk, "predictive")
    desk.wait(3)
    desk.ring(call)
    desk.wait(25)
    desk.end(call, EndReason.CANCELLED)
    assert learned == [(28.0, "no_answer")]


@pytest.mark.parametrize("reason", [EndReason.BUSY, EndReason.REJECTED])
def test_what_ended_it_in_the_same_moment_is_kept(desk_of: DeskOf, reason: EndReason) -> None:
    desk = desk_of()
    call = rung_for(desk, 25)
    desk.end(call, reason)
    assert desk.result(call).reason is reason


def test_one_that_is_never_heard_to_ring_is_left_to_the_pbx(desk_of: DeskOf) -> None:
    desk = desk_of()
    call = placed(desk)
    desk.wait(call.wait_seconds + 10)
    assert desk.sent(HangUp) == []
    desk.end(call, EndReason.NO_ANSWER)
    assert desk.result(call).outcome is Outcome.NO_ANSWER


def test_one_that_the_pbx_never_ends_is_ended_at_last(desk_of: DeskOf) -> None:
    desk = desk_of()
    call = rung_for(desk, 25 + 30 + 30 + 6)
    result = desk.result(call)
    assert (result.outcome, result.reason) == (Outcome.LOST, EndReason.PBX_LOST)


def test_an_answer_stops_the_count(desk_of: DeskOf) -> None:
    desk = desk_of(amd={"enabled": True})
    call = rung_for(desk, 24.9)
    desk.answer(call)
    desk.wait(3)
    desk.classify(call, Party.HUMAN)
    desk.connect(call)
    desk.wait(60)
    assert desk.sent(HangUp) == []
    assert desk.call(call).state is CallState.TALKING


def test_it_is_in_flight_until_the_pbx_has_said_that_it_is_gone(desk_of: DeskOf) -> None:
    desk = desk_of()
    call = rung_for(desk, 26)
    assert desk.dialler.run.in_flight() == 1
    assert len(desk.calls) == 1
    desk.end(call, EndReason.CANCELLED)
    assert len(desk.calls) == 2


def test_answered_while_the_order_was_under_way_is_served(desk_of: DeskOf) -> None:
    desk = desk_of()
    call = rung_for(desk, 25)
    desk.talk(call)
    desk.wait(30)
    desk.end(call)
    assert desk.result(call).outcome is Outcome.CONNECTED


def test_answered_and_gone_by_our_order_was_abandoned(desk_of: DeskOf) -> None:
    desk = desk_of()
    call = rung_for(desk, 25)
    desk.answer(call)
    desk.end(call)
    assert desk.result(call).outcome is Outcome.ABANDONED
    assert desk.dialler.run.tally(TODAY) == Tally(TODAY, abandoned=1)


def test_a_stop_in_the_same_moment_changes_nothing(desk_of: DeskOf) -> None:
    desk = desk_of()
    call = rung_for(desk, 25)
    desk.order(SetState(CampaignState.STOPPED))
    desk.end(call, EndReason.CANCELLED)
    result = desk.result(call)
    assert (result.outcome, result.reason) == (Outcome.NO_ANSWER, EndReason.NO_ANSWER)


def test_while_the_link_is_down_it_rings_on(desk_of: DeskOf) -> None:
    desk = desk_of()
    call = rung_for(desk, 20)
    desk.event(LinkLost(desk.now))
    desk.wait(10)
    assert desk.sent(HangUp) == []
    desk.link_up(LiveCall(call.call_id, Phase.RINGING))
    assert desk.sent(HangUp) == [HangUp(call.call_id)]
    desk.end(call, EndReason.CANCELLED)
    assert desk.result(call).outcome is Outcome.NO_ANSWER


def test_a_link_that_is_back_in_time_costs_it_nothing(desk_of: DeskOf) -> None:
    desk = desk_of()
    call = rung_for(desk, 5)
    desk.event(LinkLost(desk.now))
    desk.wait(5)
    desk.link_up(LiveCall(call.call_id, Phase.RINGING))
    desk.wait(14.9)
    assert desk.sent(HangUp) == []
    desk.wait(0.1)
    assert desk.sent(HangUp) == [HangUp(call.call_id)]


def test_an_order_that_a_lost_link_has_swallowed_is_given_again(desk_of: DeskOf) -> None:
    desk = desk_of()
    call = rung_for(desk, 25)
    desk.event(LinkLost(desk.now))
    desk.link_up(LiveCall(call.call_id, Phase.RINGING))
    assert desk.sent(HangUp) == [HangUp(call.call_id)] * 2


def test_whoever_takes_it_over_leaves_it_to_the_pbx(desk_of: DeskOf) -> None:
    """Not answered may mean that it has not even begun to ring."""
    desk = desk_of()
    order = DialOrder(Candidate(UUID(int=1), "+12125550000"), "main", "carrier", "+12125550100")
    call_id = UUID(int=77)
    attempt = Attempt(call_id, order, desk.now - timedelta(seconds=2))
    desk.event(LinkLost(desk.now))
    desk.feed(desk.dialler.adopt([OpenAttempt(attempt)], [], [], desk.now))
    desk.link_up(LiveCall(call_id, Phase.RINGING))
    desk.wait(25 + SETUP)
    assert desk.sent(HangUp) == []
    assert desk.dialler.run.calls[call_id].state is CallState.RINGING
