"""Calls that come in, as the translator knows them."""

from uuid import UUID

import pytest

from connectors.asterisk.arrivals import Naming
from connectors.asterisk.channels import Channel, channel
from connectors.asterisk.codec import Message
from connectors.calls import (
    Arrived,
    Connected,
    ConnectToAgent,
    Ended,
    EndReason,
    HangUp,
    LiveCall,
    Phase,
)
from connectors.linked.channels import Kind
from tests.connectors.asterisk.ami_server import packet
from tests.connectors.asterisk.stage import LEG, Stage, hangup, kinds


def id_of(name: str) -> UUID:
    made = Naming().call_id(name)
    assert made
    return made


NAME = "1700000000.17"
CALL = id_of(NAME)


def arrive(stage: Stage, **fields: str) -> None:
    told = {
        "Uniqueid": NAME,
        "UserEvent": "DialplaneArrived",
        "Line": "support",
        "CallerIDNum": "4930",
    }
    stage.hear("UserEvent", **{**told, **fields})


def waiting(name: str = NAME) -> Channel:
    return Channel(Kind.CALL, LiveCall(id_of(name), Phase.ARRIVED, None, "support"), None, name)


def test_the_id_is_made_of_the_node_and_the_pbxs_own() -> None:
    assert Naming("a").call_id(NAME) == Naming("a", plus=True).call_id(NAME)
    assert Naming("a").call_id(NAME) != Naming("b").call_id(NAME)
    assert Naming("a").call_id("1.1\r\nAction: Logoff") is None


def test_a_listed_channel_says_who_waits_where() -> None:
    listed = {"Event": "CoreShowChannel", "Uniqueid": NAME, "ChannelState": "6"}
    listed |= {"AccountCode": "dialplane-line-support", "CallerIDNum": "4930123456"}
    found = channel(Message(packet(**listed).strip(b"\r\n")), Naming())
    assert found == Channel(
        Kind.CALL, LiveCall(CALL, Phase.ARRIVED, None, "support", "+4930123456"), None, NAME
    )


def test_an_arrival_is_told_once() -> None:
    stage = Stage()
    arrive(stage)
    arrive(stage)
    assert kinds(stage.events) == [Arrived]


@pytest.mark.parametrize("fields", [{"Line": ""}, {"Line": "a b"}, {"Uniqueid": "x,y"}])
def test_what_is_no_line_or_no_channel_is_not_told(fields: dict[str, str]) -> None:
    stage = Stage()
    arrive(stage, **fields)
    assert stage.events == []


def test_it_is_commanded_by_the_pbxs_own_name() -> None:
    stage = Stage()
    arrive(stage)
    about = (("Action", "Hangup"), ("ActionID", f"hangup:{CALL}"), ("Channel", str(CALL)))
    assert stage.translator.addressed(about)[2] == ("Channel", NAME)
    assert stage.translator.addressed(about)[1] == ("ActionID", f"hangup:{CALL}")


def test_it_is_connected_and_ends_under_our_id() -> None:
    stage = Stage()
    arrive(stage)
    stage.leg_up()
    stage.tell(ConnectToAgent(CALL, LEG))
    stage.hear("ConfbridgeJoin", Uniqueid=NAME, Conference=LEG.hex)
    stage.hear("Hangup", **{**hangup(), "Uniqueid": NAME})
    assert stage.events[-2:] == [
        Connected(CALL, stage.now, LEG),
        Ended(CALL, stage.now, EndReason.HUNG_UP, "16 Words"),
    ]


def test_who_comes_while_we_log_in_is_not_taken_for_gone() -> None:
    """The list of channels may have been made a moment before."""
    stage = Stage()
    stage.translator.begin_again()
    arrive(stage)
    assert stage.translator.reconcile([], stage.now) == ()
    stage.translator.begin_again()
    (ended,) = stage.translator.reconcile([], stage.now)
    assert isinstance(ended, Ended)
    assert ended.reason is EndReason.PBX_LOST


def test_who_was_told_to_be_gone_must_not_live_on() -> None:
    stage = Stage()
    arrive(stage)
    stage.translator.begin_again()
    stage.translator.reconcile([], stage.now)
    stage.translator.reconcile([waiting()], stage.now)
    (order,) = stage.translator.orders
    assert stage.translator.addressed(order)[2] == ("Channel", NAME)


def test_one_that_was_listed_is_known() -> None:
    stage = Stage()
    assert stage.translator.reconcile([waiting()], stage.now) == ()
    arrive(stage)
    stage.tell(HangUp(CALL))
    stage.hear("Hangup", **{**hangup(), "Uniqueid": NAME})
    assert kinds(stage.events) == [Ended]
