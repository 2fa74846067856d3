"""Cutting calls short: never too soon, never one that was answered, and covered to the end."""

from collections.abc import Callable
from typing import Any

import pytest

from campaigns.call_life import CallState
from campaigns.effects import PacingDecided
from campaigns.guard import Tally
from campaigns.outcomes import Outcome
from campaigns.pacing.modes import PACING, Ratio
from campaigns.pacing.view import Decision, View
from campaigns.spec.campaign import Mode
from connectors.calls import EndReason, HangUp, LinkLost, LiveCall, Originate, Party, Phase

DeskOf = Callable[..., Any]
TODAY = "2026-11-20"


class Impatient(Ratio):
    """Would cut every ringing call short, at each look."""

    models = True

    def wants(self, view: View, most: int) -> Decision:
        wish = Ratio.wants(self, view, most)
        return Decision(wish.calls, "impatient", list(range(len(view.ringing))))


@pytest.fixture
def desk_of_impatient(desk_of: DeskOf, monkeypatch: pytest.MonkeyPatch) -> DeskOf:
    def make(cancel_after: float | None = 20, **changes: Any) -> Any:
        monkeypatch.setitem(PACING, Mode.PREDICTIVE, lambda _: Impatient(1.0, models=True))
        pacing = {"calls_per_second": 100, "cancel_after": cancel_after}
        return desk_of(mode="predictive", pacing=pacing, **changes)

    return make


def ringing(desk: Any) -> Originate:
    """Ann's first call, which rings."""
    desk.staff("ann")
    call: Originate = desk.calls[0]
    desk.ring(call)
    return call


def test_it_has_rung_for_as_long_as_the_campaign_says(desk_of_impatient: DeskOf) -> None:
    desk = desk_of_impatient(20)
    call = ringing(desk)
    desk.wait(19.9)
    assert desk.sent(HangUp) == []
    desk.wait(1.2)
    assert desk.sent(HangUp) == [HangUp(call.call_id)]
    desk.wait(5)
    assert len(desk.sent(HangUp)) == 1


def test_one_that_does_not_ring_is_left_alone(desk_of_impatient: DeskOf) -> None:
    desk = desk_of_impatient(15)
    desk.staff("ann")
    desk.wait(40)
    assert desk.sent(HangUp) == []


def test_a_campaign_that_does_not_say_so_cuts_nothing_short(desk_of_impatient: DeskOf) -> None:
    desk = desk_of_impatient(None)
    ringing(desk)
    desk.wait(24)
    assert desk.sent(HangUp) == []


def test_to_everyone_else_nobody_has_answered(desk_of_impatient: DeskOf) -> None:
    desk = desk_of_impatient(15)
    call = ringing(desk)
    desk.wait(16)
    desk.end(call, EndReason.CANCELLED)
    result = desk.result(call)
    assert result.outcome is Outcome.NO_ANSWER
    assert result.disposition == "no_answer"
    assert desk.dialler.run.counts["cut_short"] == 1
    decided = [e for e in desk.effects if isinstance(e, PacingDecided)]
    assert any(e.why.endswith("; 1 cut short") for e in decided)


def test_it_is_in_flight_until_the_pbx_has_said_that_it_is_gone(desk_of_impatient: DeskOf) -> None:
    desk = desk_of_impatient(15)
    call = ringing(desk)
    desk.wait(16)
    assert desk.dialler.run.in_flight() == 1
    assert len(desk.calls) == 1
    desk.end(call, EndReason.CANCELLED)
    assert len(desk.calls) == 2
    assert desk.dialler.run.in_flight() == 1


def test_a_call_that_was_answered_is_never_cut_short(desk_of_impatient: DeskOf) -> None:
    desk = desk_of_impatient(15, amd={"enabled": True})
    call = ringing(desk)
    desk.wait(14.9)
    desk.answer(call)
    desk.wait(3)
    assert desk.sent(HangUp) == []
    desk.classify(call, Party.HUMAN)
    desk.connect(call)
    desk.wait(30)
    assert desk.sent(HangUp) == []


def test_answered_while_the_order_was_under_way_is_served(desk_of_impatient: DeskOf) -> None:
    desk = desk_of_impatient(15)
    call = ringing(desk)
    desk.wait(16)
    desk.talk(call)
    assert desk.call(call).state is CallState.TALKING
    desk.wait(30)
    desk.end(call)
    assert desk.result(call).outcome is Outcome.CONNECTED


@pytest.mark.parametrize("amd", [False, True])
def test_answered_and_gone_by_our_order_was_abandoned(desk_of_impatient: DeskOf, amd: bool) -> None:
    desk = desk_of_impatient(15, amd={"enabled": amd})
    call = ringing(desk)
    desk.wait(16)
    desk.answer(call)
    desk.end(call)
    assert desk.result(call).outcome is Outcome.ABANDONED
    assert desk.dialler.run.tally(TODAY) == Tally(TODAY, abandoned=1)


def test_answered_by_a_machine_it_was_not(desk_of_impatient: DeskOf) -> None:
    desk = desk_of_impatient(15, amd={"enabled": True})
    call = ringing(desk)
    desk.wait(16)
    desk.answer(call)
    desk.classify(call, Party.MACHINE)
    desk.end(call)
    assert desk.result(call).outcome is Outcome.MACHINE
    assert desk.dialler.run.tally(TODAY).abandoned == 0


def test_an_order_that_a_lost_link_has_swallowed_is_given_again(desk_of_impatient: DeskOf) -> None:
    desk = desk_of_impatient(15)
    call = ringing(desk)
    desk.wait(16)
    desk.event(LinkLost(desk.now))
    desk.link_up(LiveCall(call.call_id, Phase.RINGING))
    assert desk.sent(HangUp) == [HangUp(call.call_id)] * 2


def test_since_when_it_rings_is_not_known_of_a_call_found_again(desk_of_impatient: DeskOf) -> None:
    """Not answered may mean that it has not even begun to ring."""
    desk = desk_of_impatient(15)
    desk.staff("ann")
    (call,) = desk.calls
    desk.event(LinkLost(desk.now))
    desk.link_up(LiveCall(call.call_id, Phase.RINGING))
    assert desk.call(call).state is CallState.RINGING
    desk.wait(40)
    assert desk.sent(HangUp) == []


def test_predictive_cuts_short_what_would_find_nobody(desk_of: DeskOf) -> None:
    pacing = {"calls_per_second": 100, "cancel_after": 15, "max_lines_per_agent": 6}
    desk = desk_of(leads=300, mode="predictive", pacing=pacing)
    desk.dialler.run.tallies[TODAY] = Tally(TODAY, connected=3000)
    desk.staff("ann", "bob", "cid", "dan")
    desk.wait(3)
    calls = list(desk.calls)
    assert len(calls) > 6
    for call in calls:
        desk.ring(call)
    for call in calls[:4]:
        desk.talk(call)
    desk.wait(15)
    cut = {hang_up.call_id for hang_up in desk.sent(HangUp)}
    assert cut
    assert cut <= {call.call_id for call in calls[4:]}
