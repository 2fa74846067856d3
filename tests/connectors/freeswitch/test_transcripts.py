"""What a real FreeSWITCH 1.11 told, byte for byte, and what is made of it.

Recorded on its event connection, over mod_loopback and over SIP to an Asterisk as carrier; headers
that nothing reads were left out. The same happenings must give the same events on both.
"""

import pytest

from connectors.calls import (
    Arrived,
    Command,
    Connected,
    Ended,
    EndReason,
    Event,
    HangUp,
    Listening,
    Monitor,
    Originate,
    RingAgent,
)
from tests.connectors.freeswitch.stage import CALL, LEG, SPY, Stage, recorded
from tests.contract.watch import assert_in_order, subject_of

STORIES: dict[str, tuple[str, EndReason, dict[str, str]]] = {
    "busy": ("Ringing Ended", EndReason.BUSY, {"loopback": "17 USER_BUSY"}),
    "no-answer": ("Ringing Ended", EndReason.NO_ANSWER, {"loopback": "19 NO_ANSWER"}),
    "no-such-number": ("Ended", EndReason.INVALID_NUMBER, {"loopback": "1 UNALLOCATED_NUMBER"}),
    "congestion": ("Ended", EndReason.CONGESTION, {"loopback": "34 NORMAL_CIRCUIT_CONGESTION"}),
    "rejected": ("Ended", EndReason.REJECTED, {"loopback": "21 CALL_REJECTED"}),
    "unknown-trunk": ("Ended", EndReason.REFUSED, {"gateway": "INVALID_GATEWAY"}),
    "cancelled": ("Ringing Ended", EndReason.CANCELLED, {"loopback": "16 NORMAL_CLEARING"}),
    "customer-hangs-up": ("Answered Ended", EndReason.HUNG_UP, {"loopback": "16 NORMAL_CLEARING"}),
    "keys": ("Answered Digits Digits Ended", EndReason.HUNG_UP, {}),
    "message": ("Ringing Answered Ended", EndReason.HUNG_UP, {}),
    "unclassified": ("Ringing Answered Classified Ended", EndReason.HUNG_UP, {}),
    "beep": ("Ringing Answered Classified Ended", EndReason.HUNG_UP, {}),
    "agent": ("Ringing Answered Connected Played Connected Ended", EndReason.HUNG_UP, {}),
}
SIP = {"busy": "486", "no-such-number": "404", "congestion": "503", "rejected": "603"}
TOLD = [
    (technology, name)
    for technology in ("loopback", "gateway")
    for name in STORIES
    if (technology, name) != ("gateway", "beep")  # the carrier's machine speaks for too long
]


def play(technology: str, name: str, cuts: int = 0) -> list[Event]:
    """What is told of a recorded story."""
    order = Originate(CALL, "+4930123456", "carrier", "+4930999999", amd=name in ("beep",))
    stage = Stage(order, *AGENTS[name]) if name in AGENTS else Stage(order)
    if name == "cancelled":
        stage.tell(HangUp(CALL))
    for heard in recorded(f"{technology}/{name}", cuts):
        stage.read(heard)
    stage.later(2)
    stage.settle()
    return stage.events


AGENTS: dict[str, tuple[Command, ...]] = {
    "agent": (RingAgent(LEG, "1001"), Monitor(SPY, "1002", LEG, Listening.WHISPER)),
}


def story(told: list[Event], subject: object = CALL) -> str:
    return " ".join(type(event).__name__ for event in told if subject_of(event) == subject)


@pytest.mark.parametrize(("technology", "name"), TOLD)
def test_the_same_happening_is_the_same_story(technology: str, name: str) -> None:
    expected, reason, causes = STORIES[name]
    told = play(technology, name)
    assert story(told) == expected
    [end] = [event for event in told if isinstance(event, Ended)]
    assert end.reason is reason
    assert causes.get(technology, "") in end.cause
    if technology == "gateway" and name in SIP:
        assert end.cause.endswith(f"SIP {SIP[name]}")
    if name != "agent":  # a customer may be connected twice
        assert_in_order([event for event in told if subject_of(event) == CALL])


@pytest.mark.parametrize("technology", ["loopback", "gateway"])
def test_the_agent_and_the_supervisor_have_theirs(technology: str) -> None:
    told = play(technology, "agent")
    assert story(told, LEG) == story(told, SPY) == "AgentLegUp AgentLegDown"
    assert {event.leg_id for event in told if isinstance(event, Connected)} == {LEG}


@pytest.mark.parametrize("technology", ["loopback", "gateway"])
def test_a_caller_is_served_and_leaves_the_agent_free(technology: str) -> None:
    stage = Stage(RingAgent(LEG, "1001"))
    for heard in recorded(f"{technology}/inbound"):
        stage.read(heard)
    assert story(stage.events) == "Arrived Connected Played Connected Ended"
    assert story(stage.events, LEG) == "AgentLegUp AgentLegDown"
    assert stage.events[0] == Arrived(CALL, stage.now, "support", "+4930123456")
    [end] = [event for event in stage.events if isinstance(event, Ended)]
    assert end.reason is EndReason.HUNG_UP


@pytest.mark.parametrize("cuts", [1, 7, 1460])
def test_however_it_is_cut_it_is_the_same(cuts: int) -> None:
    for technology, name in TOLD:
        if cuts > 1 or name == "agent":
            assert recorded(f"{technology}/{name}", cuts) == recorded(f"{technology}/{name}")
