"""Agents' legs, and calls that are put in their conferences."""

import pytest

from connectors.asterisk.actions import connect, hang_up, hold
from connectors.asterisk.channels import Channel
from connectors.asterisk.translate import JOIN_WAIT, RESENT
from connectors.calls import (
    AgentLegDown,
    AgentLegUp,
    Connected,
    ConnectToAgent,
    Listening,
    Monitor,
    Phase,
    PlayMessage,
    RingAgent,
    StartRecording,
)
from connectors.linked.channels import Kind
from tests.connectors.asterisk.stage import (
    CALL,
    DIAL,
    LEG,
    OTHER,
    T0,
    Stage,
    hangup,
    held,
    held_leg,
)


def test_a_leg_tells_its_beginning_and_its_end_and_nothing_else() -> None:
    stage = Stage(RingAgent(LEG, "101"))
    stage.hear("DialState", DestUniqueid=LEG, DialStatus="PROGRESS")
    stage.hear("Newstate", Uniqueid=LEG, ChannelState=5)
    stage.hear("Newstate", Uniqueid=LEG, ChannelState=6)
    stage.hear("OriginateResponse", Uniqueid=LEG, Response="Success")
    stage.hear("ConfbridgeJoin", Uniqueid=LEG, Conference=LEG.hex)
    stage.hear("DTMFEnd", Uniqueid=LEG, Digit="5", Direction="Received")
    stage.hear("Hangup", **hangup(LEG))
    assert stage.events == [AgentLegUp(LEG, T0), AgentLegDown(LEG, T0, "16 Words")]


def test_a_phone_that_does_not_exist_is_a_leg_down() -> None:
    stage = Stage(RingAgent(LEG, "101"))
    stage.hear("OriginateResponse", Uniqueid=LEG, Response="Failure", Channel="PJSIP/101")
    stage.later(1.1)
    assert stage.settle() == [AgentLegDown(LEG, stage.now, "the PBX could not dial PJSIP/101")]


def test_a_supervisor_is_up_when_listening() -> None:
    stage = Stage(Monitor(OTHER, "boss", LEG, Listening.LISTEN))
    heard = stage.hear("UserEvent", Uniqueid=OTHER, UserEvent="DialplaneListening")
    assert heard == [AgentLegUp(OTHER, T0)]


BARGE = Monitor(OTHER, "boss", LEG, Listening.BARGE)


def test_and_one_who_barges_when_inside() -> None:
    stage = Stage(BARGE)
    stage.leg_up()
    inside = [stage.hear("ConfbridgeJoin", Uniqueid=OTHER, Conference=LEG.hex) for _ in range(2)]
    assert inside == [[AgentLegUp(OTHER, T0)], []]
    assert not stage.translator.orders


@pytest.mark.parametrize("told_before", [False, True], ids=["our dialplan", "an older dialplan"])
def test_a_supervisor_who_barges_in_as_the_agent_goes_is_hung_up(told_before: bool) -> None:
    stage = Stage(BARGE)
    stage.leg_up()
    if told_before:
        stage.hear("UserEvent", Uniqueid=OTHER, UserEvent="DialplaneListening")
    stage.hear("Hangup", **hangup(LEG))
    stage.translator.orders.clear()
    heard = stage.hear("ConfbridgeJoin", Uniqueid=OTHER, Conference=LEG.hex)
    assert not heard
    assert stage.translator.orders == [hang_up(OTHER)]
    assert stage.hear("Hangup", **hangup(OTHER)) == [AgentLegDown(OTHER, T0, "16 Words")]


@pytest.mark.parametrize("how", Listening)
@pytest.mark.parametrize("step", ["it rings", "it is up"])
def test_a_leg_that_goes_takes_its_supervisor_along(how: Listening, step: str) -> None:
    stage = Stage(Monitor(OTHER, "boss", LEG, how))
    stage.leg_up()
    if step == "it is up":
        stage.hear("UserEvent", Uniqueid=OTHER, UserEvent="DialplaneListening")
    stage.hear("Hangup", **hangup(LEG))
    assert stage.translator.orders == [hang_up(OTHER)]


def test_so_does_one_that_was_found_with_its_supervisor_after_a_gap() -> None:
    stage = Stage()
    stage.translator.reconcile([held_leg(LEG), held_leg(OTHER, Kind.SPY, LEG)], T0)
    assert not stage.translator.orders
    stage.hear("Hangup", **hangup(LEG))
    assert stage.translator.orders == [hang_up(OTHER)]


@pytest.mark.parametrize(
    "left", [held_leg(OTHER, Kind.SPY, LEG), held(OTHER, Phase.CONNECTED, LEG)]
)
def test_who_is_found_in_a_conference_that_the_agent_has_left_is_hung_up(left: Channel) -> None:
    stage = Stage()
    stage.translator.reconcile([left], T0)
    assert stage.translator.orders == [hang_up(OTHER)]


def test_a_call_is_connected_once_to_each_leg() -> None:
    stage = Stage(DIAL)
    stage.up()
    stage.leg_up()
    joins = [stage.hear("ConfbridgeJoin", Uniqueid=CALL, Conference=LEG.hex) for _ in range(2)]
    assert joins == [[Connected(CALL, T0, LEG)], []]
    other = stage.hear("ConfbridgeJoin", Uniqueid=CALL, Conference=OTHER.hex)
    assert other == [Connected(CALL, T0, OTHER)]


@pytest.mark.parametrize("conference", ["", "9000", LEG.hex.upper(), f"{LEG}", "g" * 32])
def test_a_conference_that_is_no_leg_connects_nobody(conference: str) -> None:
    stage = Stage(DIAL)
    stage.up()
    assert not stage.hear("ConfbridgeJoin", Uniqueid=CALL, Conference=conference)


def test_after_a_message_the_same_agent_is_a_new_connection() -> None:
    stage = Stage(DIAL)
    stage.up()
    stage.leg_up()
    stage.hear("ConfbridgeJoin", Uniqueid=CALL, Conference=LEG.hex)
    stage.tell(PlayMessage(CALL, "please-wait", then_hang_up=False))
    assert stage.hear("ConfbridgeJoin", Uniqueid=CALL, Conference=LEG.hex)


def test_a_call_that_joins_a_leg_just_gone_waits_on() -> None:
    stage = Stage(DIAL)
    stage.up()
    stage.leg_up()
    stage.tell(ConnectToAgent(CALL, LEG))
    stage.hear("Hangup", **hangup(LEG))
    assert not stage.hear("ConfbridgeJoin", Uniqueid=CALL, Conference=LEG.hex)
    assert stage.translator.orders == [hold(CALL)]


def test_a_customer_whom_another_connector_has_sent_on_stays_when_the_leg_goes() -> None:
    stage = Stage()
    stage.translator.reconcile([held(CALL, Phase.CONNECTED, LEG), held_leg(LEG)], T0)
    stage.hear("UserEvent", Uniqueid=CALL, UserEvent="DialplanePlayed", Status="SUCCESS")
    stage.hear("Hangup", **hangup(LEG))
    assert not stage.translator.orders


def test_nor_is_one_taken_from_where_another_connector_is_sending_it() -> None:
    stage = Stage()
    stage.translator.reconcile([held(CALL, Phase.ANSWERED), held_leg(LEG)], T0)
    stage.hear("Hangup", **hangup(LEG))
    stage.hear("ConfbridgeJoin", Uniqueid=CALL, Conference=LEG.hex)
    assert not stage.translator.orders


def test_a_leg_that_goes_takes_its_customer_along() -> None:
    stage = Stage(DIAL)
    stage.up()
    stage.leg_up()
    stage.tell(ConnectToAgent(CALL, LEG))
    stage.hear("ConfbridgeJoin", Uniqueid=CALL, Conference=LEG.hex)
    stage.hear("Hangup", **hangup(LEG))
    assert stage.translator.orders == [hang_up(CALL)]


def test_a_recording_of_a_call_in_a_conference_starts_by_passing_through_the_dialplan() -> None:
    stage = Stage(DIAL)
    stage.up()
    stage.tell(StartRecording(CALL, "2026/11/20/a"))
    assert not stage.translator.orders, "it starts when the call is connected"
    stage.tell(ConnectToAgent(CALL, LEG))
    stage.tell(StartRecording(CALL, "2026/11/20/a"))
    assert stage.translator.orders == [connect(CALL, LEG)]


def waiting() -> Stage:
    """A call that was sent to the agent's leg, of which nothing came."""
    stage = Stage(DIAL)
    stage.up()
    stage.leg_up()
    stage.tell(ConnectToAgent(CALL, LEG))
    stage.later(JOIN_WAIT.total_seconds())
    return stage


def test_a_call_that_does_not_reach_its_agent_is_sent_there_again() -> None:
    stage = waiting()
    assert stage.settle_as(held(CALL, Phase.ANSWERED)) == []
    assert stage.translator.orders == [connect(CALL, LEG)]


def test_but_not_for_ever() -> None:
    stage = waiting()
    for _ in range(9):
        stage.settle_as(held(CALL, Phase.ANSWERED))
        stage.later(JOIN_WAIT.total_seconds())
    assert stage.translator.orders == [connect(CALL, LEG)] * RESENT


def test_one_that_is_on_its_way_in_is_not_sent_again() -> None:
    stage = waiting()
    stage.settle_as(held(CALL, Phase.CONNECTED, LEG))
    assert not stage.translator.orders


def test_nor_one_whose_agent_is_gone() -> None:
    stage = waiting()
    stage.hear("Hangup", **hangup(LEG))
    stage.translator.orders.clear()
    stage.settle_as(held(CALL, Phase.ANSWERED))
    assert not stage.translator.orders


def test_nor_one_whose_agent_nobody_knows_of() -> None:
    """Its dialplan has sent it back to where it waited, which may be a step of a flow."""
    stage = Stage(DIAL)
    stage.up()
    stage.tell(ConnectToAgent(CALL, LEG))
    stage.later(JOIN_WAIT.total_seconds())
    stage.settle_as(held(CALL, Phase.ANSWERED))
    assert not stage.translator.orders


def test_nobody_is_asked_about_one_that_is_with_its_agent() -> None:
    stage = waiting()
    stage.hear("ConfbridgeJoin", Uniqueid=CALL, Conference=LEG.hex)
    assert not stage.translator.overdue(stage.now)


def test_one_that_hears_a_message_instead_is_left_to_it() -> None:
    stage = waiting()
    stage.tell(PlayMessage(CALL, "m", then_hang_up=False))
    stage.settle_as(held(CALL, Phase.ANSWERED))
    assert not stage.translator.orders
    assert not stage.translator.overdue(stage.now)
