"""A call is told in order and once, however Asterisk mixes its events."""

from datetime import timedelta
from itertools import permutations

import pytest

from connectors.calls import (
    AgentLegUp,
    Answered,
    Classified,
    Connected,
    ConnectToAgent,
    Digits,
    Ended,
    EndReason,
    Event,
    Party,
    Played,
    Progress,
    RingAgent,
    Ringing,
)
from tests.connectors.asterisk.stage import CALL, DIAL, LEG, T0, Stage, hangup, kinds


def test_a_whole_call() -> None:
    stage = Stage(DIAL, RingAgent(LEG, "101"))
    stage.hear("DialState", DestUniqueid=CALL, DialStatus="PROGRESS")
    stage.hear("Newstate", Uniqueid=CALL, ChannelState=5)
    stage.hear("ConfbridgeJoin", Uniqueid=LEG, Conference=LEG.hex)
    stage.hear("Newstate", Uniqueid=CALL, ChannelState=6)
    stage.hear("UserEvent", Uniqueid=CALL, UserEvent="DialplaneAnswered")
    stage.hear("OriginateResponse", Uniqueid=CALL, Response="Success", Reason=4)
    stage.hear(
        "UserEvent", Uniqueid=CALL, UserEvent="DialplaneClassified", Status="HUMAN", Cause="X"
    )
    stage.tell(ConnectToAgent(CALL, LEG))
    stage.hear("ConfbridgeJoin", Uniqueid=CALL, Conference=LEG.hex)
    stage.hear("DTMFEnd", Uniqueid=CALL, Digit="5", Direction="Received")
    stage.hear("Hangup", **hangup())
    assert stage.events == [
        Progress(CALL, T0),
        Ringing(CALL, T0),
        AgentLegUp(LEG, T0),
        Answered(CALL, T0),
        Classified(CALL, T0, Party.HUMAN, "X"),
        Connected(CALL, T0, LEG),
        Digits(CALL, T0, "5"),
        Ended(CALL, T0, EndReason.HUNG_UP, "16 Words"),
    ]
    assert not stage.translator.orders


FACTS = {
    "busy": ("Hangup", hangup(cause=17, tech=486)),
    "response": ("OriginateResponse", {"Uniqueid": CALL, "Response": "Failure", "Reason": 0}),
    "ringing": ("Newstate", {"Uniqueid": CALL, "ChannelState": 5}),
    "progress": ("DialState", {"DestUniqueid": CALL, "DialStatus": "PROGRESS"}),
}


@pytest.mark.parametrize("order", list(permutations(FACTS)), ids=" ".join)
def test_in_any_order_a_busy_call_ends_once_and_busy(order: tuple[str, ...]) -> None:
    stage = Stage(DIAL)
    for fact in order:
        name, fields = FACTS[fact]
        stage.hear(name, **fields)
        stage.hear(name, **fields)
    stage.later(60)
    stage.settle()
    ends = [event for event in stage.events if isinstance(event, Ended)]
    assert [end.reason for end in ends] == [EndReason.BUSY]
    assert stage.events[-1] is ends[0]
    assert kinds(stage.events).count(Ringing) <= 1
    assert len(stage.translator) == 0


ANSWER = {
    "up": ("Newstate", {"Uniqueid": CALL, "ChannelState": 6}),
    "dialplan": ("UserEvent", {"Uniqueid": CALL, "UserEvent": "DialplaneAnswered"}),
    "response": ("OriginateResponse", {"Uniqueid": CALL, "Response": "Success", "Reason": 4}),
    "ringing": ("Newstate", {"Uniqueid": CALL, "ChannelState": 5}),
}


@pytest.mark.parametrize("order", list(permutations(ANSWER)), ids=" ".join)
def test_in_any_order_a_call_is_answered_once_and_rings_only_before(order: tuple[str, ...]) -> None:
    stage = Stage(DIAL)
    for fact in order:
        name, fields = ANSWER[fact]
        stage.hear(name, **fields)
    assert kinds(stage.events) in ([Ringing, Answered], [Answered])
    assert not stage.translator.overdue(T0 + timedelta(hours=9))


def test_a_call_that_ends_before_its_dialplan_began_was_answered_all_the_same() -> None:
    stage = Stage(DIAL)
    stage.hear("Newstate", Uniqueid=CALL, ChannelState=6)
    stage.hear("Hangup", **hangup())
    assert kinds(stage.events) == [Answered, Ended]


@pytest.mark.parametrize(
    ("status", "party"),
    [("HUMAN", Party.HUMAN), ("MACHINE", Party.MACHINE), ("NOTSURE", Party.UNKNOWN)],
)
def test_the_verdict_of_amd(status: str, party: Party) -> None:
    stage = Stage(DIAL)
    stage.up()
    verdict = {"UserEvent": "DialplaneClassified", "Status": status, "Cause": "C-1-2"}
    assert stage.hear("UserEvent", Uniqueid=CALL, **verdict) == [
        Classified(CALL, T0, party, "C-1-2")
    ]


@pytest.mark.parametrize("status", ["HANGUP", "", "anything"])
def test_amd_without_a_verdict_tells_nothing(status: str) -> None:
    stage = Stage(DIAL)
    stage.up()
    assert not stage.hear(
        "UserEvent", Uniqueid=CALL, UserEvent="DialplaneClassified", Status=status
    )


@pytest.mark.parametrize(
    ("digit", "direction"), [("5", "Sent"), ("", "Received"), ("55", "Received"), ("x", "Received")]
)
def test_what_is_no_key_of_the_customer_is_not_told(digit: str, direction: str) -> None:
    assert not Stage(DIAL).hear("DTMFEnd", Uniqueid=CALL, Digit=digit, Direction=direction)


@pytest.mark.parametrize(
    ("status", "then", "told"),
    [
        ("SUCCESS", "wait", [Played(CALL, T0)]),
        ("SUCCESS", "hang up", []),
        ("FAILED", "wait", [Played(CALL, T0)]),
        ("FAILED", "hang up", []),
    ],
)
def test_a_message_that_is_over_is_told_where_the_call_goes_on(
    status: str, then: str, told: list[Event]
) -> None:
    stage = Stage(DIAL)
    stage.up()
    played = {"UserEvent": "DialplanePlayed", "Status": status, "Then": then}
    assert stage.hear("UserEvent", Uniqueid=CALL, **played) == told


def test_a_message_that_nobody_heard_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    stage = Stage(DIAL)
    stage.up()
    played = {"UserEvent": "DialplanePlayed", "Status": "FAILED", "Message": "safe-harbour"}
    stage.hear("UserEvent", Uniqueid=CALL, **played)
    assert "did not hear the message 'safe-harbour'" in caplog.text
