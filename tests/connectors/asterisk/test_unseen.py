"""What is not ours, what is late, and what nobody saw."""

import pytest

from connectors.asterisk.actions import connect, hang_up
from connectors.calls import (
    AgentLegDown,
    Answered,
    ConnectToAgent,
    Ended,
    EndReason,
    Originate,
    Phase,
    RingAgent,
    StartRecording,
)
from tests.connectors.asterisk.stage import CALL, DIAL, LEG, OTHER, T0, Stage, hangup, held, kinds


@pytest.mark.parametrize("unique", ["", "1700000000.17", f"{OTHER}", f"{CALL};2", "x" * 99])
def test_what_is_about_no_call_of_ours_is_dropped(unique: str) -> None:
    stage = Stage(DIAL)
    for name in (
        "Newstate",
        "Hangup",
        "ConfbridgeJoin",
        "UserEvent",
        "DTMFEnd",
        "OriginateResponse",
    ):
        stage.hear(name, Uniqueid=unique, ChannelState=5, Digit="5", Direction="Received")
    stage.hear("DialState", DestUniqueid=unique, DialStatus="PROGRESS")
    stage.hear("Newchannel", Uniqueid=CALL)
    stage.refuse(f"originate:{unique}", "no")
    stage.refuse("nonsense", "no")
    assert not stage.events
    assert not stage.translator.orders


def test_after_a_gap_what_is_not_there_has_ended_unseen() -> None:
    stage = Stage(DIAL, Originate(OTHER, "+4930123457", "trunk", "+493099999"), RingAgent(LEG, "1"))
    told = stage.translator.reconcile([held(OTHER, Phase.ANSWERED)], T0)
    cause = "not on the PBX when the link came back"
    assert told == (Ended(CALL, T0, EndReason.PBX_LOST, cause), AgentLegDown(LEG, T0, cause))
    assert kinds(stage.hear("Hangup", **hangup(OTHER))) == [Ended]


@pytest.mark.parametrize(("state", "told"), [(6, [Answered, Ended]), (5, [Ended])])
def test_an_answer_that_nobody_saw_is_told_by_the_hang_up(state: int, told: list[type]) -> None:
    stage = Stage(DIAL)
    assert kinds(stage.hear("Hangup", ChannelState=state, **hangup(CALL))) == told


def test_after_a_gap_only_hanging_up_is_still_sent_of_what_was_to_be() -> None:
    stage = Stage(DIAL)
    stage.up()
    stage.leg_up()
    stage.tell(ConnectToAgent(CALL, LEG))
    stage.tell(StartRecording(CALL, "2026/11/20/a"))
    stage.translator.orders.append(hang_up(CALL))
    assert stage.translator.orders == [connect(CALL, LEG), hang_up(CALL)]
    stage.translator.reconcile([held(CALL, Phase.ANSWERED)], T0)
    assert stage.translator.orders == [hang_up(CALL)]


def test_what_has_been_given_up_for_lost_and_lives_is_hung_up() -> None:
    stage = Stage(DIAL)
    stage.translator.reconcile([], T0)
    stage.hear("Newstate", Uniqueid=CALL, ChannelState=5)
    assert stage.translator.orders == [hang_up(CALL)]
    stage.hear("Hangup", **hangup())
    assert len(stage.translator.orders) == 1
    assert not stage.events


def test_also_when_a_later_list_shows_it() -> None:
    stage = Stage(DIAL)
    stage.translator.reconcile([], T0)
    assert not stage.translator.reconcile([held(CALL)], T0)
    assert stage.translator.orders == [hang_up(CALL)]
    assert len(stage.translator) == 0


def test_a_call_taken_over_ends_like_any_other() -> None:
    stage = Stage()
    stage.translator.reconcile([held(CALL), held(OTHER, Phase.CONNECTED, LEG)], T0)
    stage.hear("Hangup", **hangup(cause=17, tech=486))
    stage.hear("Hangup", **hangup(OTHER))
    reasons = [event.reason for event in stage.events if isinstance(event, Ended)]
    assert reasons == [EndReason.BUSY, EndReason.HUNG_UP]


def test_a_call_listed_after_its_end_stays_ended() -> None:
    stage = Stage(DIAL)
    stage.hear("Hangup", **hangup())
    stage.translator.reconcile([held(CALL)], T0)
    assert len(stage.translator) == 0
    assert not stage.translator.orders
