"""Originates that come to nothing, and calls that we hang up, have one end each."""

import pytest

from connectors.asterisk.actions import hang_up
from connectors.calls import (
    Answered,
    Ended,
    EndReason,
    HangUp,
    Ringing,
)
from tests.connectors.asterisk.stage import CALL, DIAL, T0, Stage, hangup, kinds


def test_an_originate_the_pbx_rejects_is_refused_in_its_words() -> None:
    stage = Stage(DIAL)
    assert stage.refuse(f"originate:{CALL}", "Extension does not exist.") == [
        Ended(CALL, T0, EndReason.REFUSED, "Extension does not exist.")
    ]


def test_an_originate_that_fails_without_a_channel_is_refused_once_the_pbx_was_asked() -> None:
    stage = Stage(DIAL)
    assert not stage.hear("OriginateResponse", Uniqueid=CALL, Response="Failure", Channel="PJSIP/x")
    assert not stage.settle()
    stage.later(1.1)
    [end] = stage.settle()
    assert isinstance(end, Ended)
    assert (end.reason, end.cause) == (EndReason.REFUSED, "the PBX could not dial PJSIP/x")


@pytest.mark.parametrize(
    "sign",
    [
        ("DialState", {"DestUniqueid": CALL, "DialStatus": "PROGRESS"}),
        ("Newstate", {"Uniqueid": CALL, "ChannelState": 5}),
    ],
)
def test_one_that_fails_with_a_channel_has_the_reason_of_its_hangup_however_late(
    sign: tuple[str, dict[str, object]],
) -> None:
    stage = Stage(DIAL)
    stage.hear(sign[0], **sign[1])
    stage.hear("OriginateResponse", Uniqueid=CALL, Response="Failure", Channel="PJSIP/x")
    stage.later(9)
    assert not stage.settle(), "a busy PBX tells of its channels' ends when it comes to it"
    [end] = stage.hear("Hangup", **hangup(cause=17, tech=486))
    assert isinstance(end, Ended)
    assert end.reason is EndReason.BUSY


def test_the_failure_of_a_second_originate_leaves_the_first_call_alone() -> None:
    stage = Stage(DIAL, DIAL)
    stage.hear("Newstate", Uniqueid=CALL, ChannelState=5)
    stage.hear("OriginateResponse", Uniqueid=CALL, Response="Failure")
    stage.later(10.1)
    assert not stage.settle(CALL)
    stage.up()
    stage.hear("Hangup", **hangup())
    assert kinds(stage.events) == [Ringing, Answered, Ended]


def test_an_originate_nothing_is_heard_of_is_asked_about_and_then_has_failed() -> None:
    stage = Stage(DIAL)
    stage.later(39)
    assert not stage.translator.overdue(stage.now)
    stage.later(2)
    assert not stage.settle(CALL), "the PBX holds it: wait on"
    assert not stage.translator.overdue(stage.now)
    stage.later(11)
    [end] = stage.settle()
    assert isinstance(end, Ended)
    assert end.reason is EndReason.FAILED


def test_a_ring_time_without_any_sign_of_life_is_a_failure_of_the_trunk() -> None:
    stage = Stage(DIAL)
    stage.later(30)
    [end] = stage.hear("Hangup", **hangup(cause=19, tech=480))
    assert isinstance(end, Ended)
    assert end.reason is EndReason.FAILED


def test_and_with_ringing_it_is_nobody_who_answers() -> None:
    stage = Stage(DIAL)
    stage.hear("Newstate", Uniqueid=CALL, ChannelState=5)
    stage.later(30)
    [end] = stage.hear("Hangup", **hangup(cause=19, tech=480))
    assert isinstance(end, Ended)
    assert end.reason is EndReason.NO_ANSWER


def test_what_we_hang_up_before_the_answer_is_cancelled() -> None:
    stage = Stage(DIAL, HangUp(CALL))
    [end] = stage.hear("Hangup", **hangup())
    assert isinstance(end, Ended)
    assert end.reason is EndReason.CANCELLED


def test_a_hang_up_before_there_is_a_channel_is_made_good_when_there_is_one() -> None:
    stage = Stage(DIAL, HangUp(CALL))
    stage.refuse(f"hangup:{CALL}", "No such channel")
    assert not stage.translator.orders
    stage.hear("Newstate", Uniqueid=CALL, ChannelState=5)
    assert stage.translator.orders == [hang_up(CALL)]
    stage.hear("Newstate", Uniqueid=CALL, ChannelState=5)
    assert len(stage.translator.orders) == 1


def test_or_as_soon_as_the_pbx_lists_it() -> None:
    stage = Stage(DIAL, HangUp(CALL))
    stage.refuse(f"hangup:{CALL}", "No such channel")
    stage.later(0.25)
    assert not stage.settle(), "it may still be on its way"
    stage.later(0.25)
    assert not stage.settle(CALL)
    assert stage.translator.orders == [hang_up(CALL)]


def test_or_it_never_came_to_be() -> None:
    stage = Stage(DIAL, HangUp(CALL))
    stage.refuse(f"hangup:{CALL}", "No such channel")
    stage.hear("OriginateResponse", Uniqueid=CALL, Response="Failure", Channel="PJSIP/x")
    stage.later(1.1)
    [end] = stage.settle()
    assert isinstance(end, Ended)
    assert end.reason is EndReason.CANCELLED
