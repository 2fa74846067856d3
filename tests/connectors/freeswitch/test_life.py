"""A call's and a leg's life by a FreeSWITCH's events, in orders that a recording does not have."""

import pytest

from connectors.calls import (
    AgentLegDown,
    AgentLegUp,
    Answered,
    Connected,
    ConnectToAgent,
    Ended,
    EndReason,
    HangUp,
    Listening,
    Monitor,
    Originate,
    Phase,
    PlayMessage,
    Progress,
    RingAgent,
    Ringing,
    StartRecording,
    StopRecording,
)
from connectors.freeswitch import chain
from connectors.linked.channels import Kind
from connectors.linked.held import MARGIN
from tests.connectors.freeswitch.stage import (
    CALL,
    DIAL,
    LEG,
    OTHER,
    SPY,
    Stage,
    held,
    held_leg,
    kinds,
)

GONE = "CHANNEL_HANGUP_COMPLETE"


def answered(*commands: Originate | RingAgent) -> Stage:
    stage = Stage(*(commands or (DIAL,)))
    stage.hear("CHANNEL_PARK", CALL)
    return stage


def talking() -> Stage:
    stage = answered(DIAL, RingAgent(LEG, "101"))
    stage.hear("CHANNEL_PARK", LEG)
    stage.tell(ConnectToAgent(CALL, LEG))
    stage.bridge()
    return stage


def test_an_answer_is_told_when_the_call_can_be_moved() -> None:
    stage = Stage(DIAL)
    assert stage.hear("CHANNEL_ANSWER", CALL) == []
    assert kinds(stage.hear("CHANNEL_PARK", CALL)) == [Answered]
    assert stage.hear("CHANNEL_PARK", CALL) == []


def test_it_is_told_even_if_the_call_ends_before_that() -> None:
    stage = Stage(DIAL)
    stage.hear("CHANNEL_ANSWER", CALL)
    told = stage.hear(GONE, CALL, Hangup_Cause="NORMAL_CLEARING")
    assert kinds(told) == [Answered, Ended]
    assert stage.events[-1].reason is EndReason.HUNG_UP  # type: ignore[union-attr]


@pytest.mark.parametrize(("at", "told"), [("1795793630406408", [Answered, Ended]), ("0", [Ended])])
def test_an_answer_that_nobody_saw_is_told_by_the_hang_up(at: str, told: list[type]) -> None:
    stage = Stage(DIAL)
    more = {"Hangup_Cause": "NORMAL_CLEARING", "Caller_Channel_Answered_Time": at}
    assert kinds(stage.hear(GONE, CALL, **more)) == told


def test_early_media_is_progress_and_ringing_is_ringing() -> None:
    stage = Stage(DIAL)
    for name in ("CHANNEL_PROGRESS_MEDIA", "CHANNEL_PROGRESS", "CHANNEL_PROGRESS_MEDIA"):
        stage.hear(name, CALL)
    assert kinds(stage.events) == [Progress, Ringing]


def test_events_of_others_are_dropped() -> None:
    stage = Stage(DIAL)
    for name in ("CHANNEL_PROGRESS", "CHANNEL_PARK", GONE, "CHANNEL_OUTGOING"):
        stage.hear(name, OTHER)
    stage.job(OTHER, "-ERR USER_BUSY")
    stage.bridge(OTHER, LEG)
    assert stage.events == []
    assert stage.orders() == []


def test_the_bridge_is_told_whichever_half_is_named_first() -> None:
    stage = answered(DIAL, RingAgent(LEG, "101"))
    stage.hear("CHANNEL_PARK", LEG)
    stage.tell(ConnectToAgent(CALL, LEG))
    assert kinds(stage.bridge(LEG, CALL)) == [Connected]
    assert stage.bridge(CALL, LEG) == []


def test_after_a_message_the_call_can_be_connected_again() -> None:
    stage = talking()
    stage.tell(PlayMessage(CALL, "x", then_hang_up=False))
    stage.hear(chain.PLAYED, CALL, Answer="FILE PLAYED", Then="wait")
    stage.hear("CHANNEL_PARK", CALL)
    stage.tell(ConnectToAgent(CALL, LEG))
    assert kinds(stage.bridge()) == [Connected]


def test_a_leg_that_is_gone_leaves_the_call_as_it_was() -> None:
    stage = answered()
    command = ConnectToAgent(CALL, LEG)
    stage.tell(command)
    assert stage.translator.awaits()
    assert stage.refuse(command, "-ERR Invalid uuid") == []
    assert not stage.translator.awaits()


def test_supervisors_go_with_the_leg_also_those_whose_phones_ring() -> None:
    stage = talking()
    stage.tell(Monitor(SPY, "102", LEG, Listening.LISTEN))
    assert kinds(stage.hear(GONE, LEG)) == [AgentLegDown]
    assert stage.orders() == [f"uuid_kill {SPY} NORMAL_CLEARING"]


def test_a_supervisor_is_up_only_where_there_is_a_leg() -> None:
    stage = Stage(Monitor(SPY, "102", LEG, Listening.LISTEN))
    assert stage.hear(chain.LISTENING, SPY, There="false") == []
    assert kinds(stage.hear(chain.LISTENING, SPY, There="true")) == [AgentLegUp]


def test_of_two_recordings_the_first_is_ended() -> None:
    stage = talking()
    for path in ("2026/a", "2026/a"):
        stage.tell(StartRecording(CALL, path))
    assert stage.orders() == []
    stage.tell(StartRecording(CALL, "2026/b"))
    [order] = stage.orders()
    assert order.endswith(f"uuid_record {CALL} stop ${{recordings_dir}}/2026/a.wav")
    stage.tell(StopRecording(CALL))
    stage.tell(StartRecording(CALL, "2026/c"))
    assert stage.orders() == []


def test_a_failed_originate_waits_for_its_channels_hang_up() -> None:
    stage = Stage(DIAL)
    assert stage.job(CALL, "-ERR USER_BUSY") == []
    stage.later(0.5)
    assert stage.settle() == []
    stage.later(0.6)
    [end] = stage.settle()
    assert isinstance(end, Ended)
    assert (end.reason, end.cause) == (EndReason.BUSY, "USER_BUSY")


def test_a_call_that_the_pbx_has_taken_and_tells_nothing_of_is_asked_about_and_ended() -> None:
    stage = Stage(DIAL)
    stage.later(300)
    assert stage.settle() == []
    stage.take(DIAL)
    stage.later(30 + MARGIN.total_seconds() - 0.1)
    assert stage.translator.overdue(stage.now) == []
    stage.later(0.1)
    assert stage.settle(CALL) == []
    stage.later(MARGIN.total_seconds())
    [end] = stage.settle()
    assert isinstance(end, Ended)
    assert end.reason is EndReason.FAILED


def test_a_call_hung_up_before_its_channel_was_made_is_looked_for() -> None:
    stage = Stage(DIAL)
    stage.tell(HangUp(CALL))
    stage.refuse(HangUp(CALL), "-ERR No such channel!")
    stage.later(0.3)
    assert stage.settle() == []
    stage.later(0.3)
    assert stage.settle(CALL) == []
    assert stage.orders() == [f"uuid_kill {CALL} NORMAL_CLEARING"]
    stage.hear(GONE, CALL, Hangup_Cause="NORMAL_CLEARING")
    assert [event.reason for event in stage.events if isinstance(event, Ended)] == [
        EndReason.CANCELLED
    ]


def test_a_hang_up_that_came_too_early_is_given_again_though_its_refusal_comes_late() -> None:
    stage = Stage(DIAL)
    stage.tell(HangUp(CALL))
    stage.hear("CHANNEL_PROGRESS", CALL)  # over the one connection, and over another:
    stage.refuse(HangUp(CALL), "-ERR No such channel!")
    assert stage.orders() == []
    stage.later(0.3)
    assert stage.settle(CALL) == []
    assert stage.orders() == [f"uuid_kill {CALL} NORMAL_CLEARING"]


def test_a_hang_up_of_what_has_just_ended_is_no_end_of_its_own() -> None:
    stage = Stage(DIAL)
    stage.hear("CHANNEL_PROGRESS", CALL)
    stage.tell(HangUp(CALL))
    stage.refuse(HangUp(CALL), "-ERR No such channel!")
    stage.later(0.3)
    assert stage.settle() == []
    [end] = stage.hear(GONE, CALL, Hangup_Cause="USER_BUSY")
    assert isinstance(end, Ended)
    assert end.cause.startswith("USER_BUSY")


def test_after_a_gap_what_is_not_there_has_ended_and_the_rest_is_known() -> None:
    stage = talking()
    stage.tell(Originate(OTHER, "+4930123456", "trunk", "+493099999"))
    ended = stage.translator.reconcile([held(CALL, Phase.CONNECTED, LEG), held_leg(LEG)], stage.now)
    assert [(type(one), one.call_id) for one in ended if isinstance(one, Ended)] == [(Ended, OTHER)]
    assert stage.hear("CHANNEL_PROGRESS", OTHER) == []
    assert stage.orders() == [f"uuid_kill {OTHER} NORMAL_CLEARING"]
    assert stage.hear(GONE, OTHER) == []
    assert kinds(stage.hear(GONE, CALL)) == [Ended]


def test_a_supervisor_whose_leg_went_unseen_is_hung_up() -> None:
    stage = Stage()
    stage.translator.reconcile([held_leg(SPY, Kind.SPY, LEG)], stage.now)
    assert stage.orders() == [f"uuid_kill {SPY} NORMAL_CLEARING"]
