"""What a real FreeSWITCH told of calls in a flow, byte for byte, and what is made of it.

Recorded on the connector's event connection as calls went through the flow of the contract, over
mod_loopback; headers that nothing reads were left out.
"""

import re
from typing import Any

import pytest

from connectors.calls import Command, ConnectToAgent, Event, HangUp, Originate, RingAgent
from connectors.flows import EnterFlow, FlowRecorded
from tests.connectors.freeswitch.stage import CALL, LEG, TRANSCRIPTS, Stage, recorded
from tests.contract.flow import HEARD, held
from tests.contract.test_flows import BYE, GIVEN

DIAL = Originate(CALL, "+49305557500", "carrier", "+4930999999")
TICKET = "c2fd3fed-9d4c-4281-ab70-c39cb99846d9"
SENT = {"account": GIVEN["account"], "note": f"for {GIVEN['name']}"}
STORIES: dict[str, list[Any]] = {
    "survey": [
        ("FlowLeft", "choose", "1", "1"),
        ("FlowAnswered", "speed", "slow"),
        ("FlowLeft", "speed", "next", "2"),
        ("FlowLeft", "pin", "next", "**"),
        *BYE,
    ],
    "opt-out": [
        ("FlowLeft", "choose", "2", "2"),
        ("FlowOptedOut",),
        ("FlowLeft", "stop", "next", None),
        *BYE,
    ],
    "callback": [
        ("FlowLeft", "choose", "3", "3"),
        ("FlowCallback", 7200, ""),
        ("FlowLeft", "back", "next", None),
        *BYE,
    ],
    "no-agent": [
        ("FlowLeft", "choose", "4", "4"),
        ("FlowWantsAgent", "sales", ("english",), 3),
        ("FlowLeft", "who", "no_agent", None),
        ("FlowLeft", "nobody", "hangup", None),
        ("FlowEnded", "hangup", "no-agent"),
        ("Ended",),
    ],
    "recording": [
        ("FlowLeft", "choose", "6", "6"),
        ("FlowRecorded", "talk", f"dialplane-flows/contract/{CALL}-T"),
        ("FlowLeft", "talk", "next", None),
        *BYE,
    ],
    "wrong": [("FlowLeft", "choose", "too_many", "9"), *BYE],
    "webhook": [
        ("FlowLeft", "choose", "5", "5"),
        ("FlowAsked", "hook", "balance", TICKET, 2.0, SENT),
        ("FlowLeft", "hook", "next", None),
        ("FlowLeft", "owed", "case 1", None),
        ("FlowLeft", "paid", "hangup", None),
        ("FlowEnded", "hangup", "paid"),
        ("Ended",),
    ],
    "agent": [
        ("FlowLeft", "choose", "4", "4"),
        ("FlowWantsAgent", "sales", ("english",), 3),
        ("Ended",),
    ],
    "hung-up": [
        ("FlowLeft", "choose", "hung_up", None),
        ("FlowEnded", "hung_up", ""),
        ("Ended",),
    ],
    "nowhere": [("Ended",)],
}
COMMANDS: dict[str, tuple[Command, ...]] = {
    "agent": (RingAgent(LEG, "1001"), ConnectToAgent(CALL, LEG)),
    "hung-up": (HangUp(CALL),),
}


def play(name: str, cuts: int = 0) -> list[Event]:
    flow = "nowhere" if name == "nowhere" else "contract"
    stage = Stage(DIAL)
    stage.tell(EnterFlow(CALL, flow, "carrier"))
    for command in COMMANDS.get(name, ()):
        stage.tell(command)
    for heard in recorded(f"flow/{name}", cuts):
        stage.read(heard)
    return stage.events


def story(name: str, cuts: int = 0) -> list[Any]:
    events = [event for event in play(name, cuts) if isinstance(event, HEARD)]
    return [(type(event).__name__, *map(_steady, held(event))) for event in events]


def _steady(value: Any) -> Any:
    """A recording's name without the time at which it began."""
    return re.sub(r"-\d{16}$", "-T", value) if isinstance(value, str) else value


@pytest.mark.parametrize("name", STORIES)
@pytest.mark.parametrize("cuts", [0, 7])
def test_what_was_recorded_of_a_flow_is_told(name: str, cuts: int) -> None:
    assert story(name, cuts) == STORIES[name]


def test_every_transcript_is_played() -> None:
    assert {path.stem for path in (TRANSCRIPTS / "flow").iterdir()} == set(STORIES)


def test_a_secret_is_on_no_channel_whose_call_the_flow_has_ended() -> None:
    [*_, ended] = recorded("flow/survey")
    assert ended["Hangup-Cause"] == "NORMAL_CLEARING"
    assert ended["variable_dialplane.contract.pin"] == ""
    assert ended["variable_dialplane_keys"] == ""


def test_a_recording_is_where_the_flow_has_put_it() -> None:
    [tape] = [event for event in play("recording") if isinstance(event, FlowRecorded)]
    assert (tape.flow, tape.step) == ("contract", "talk")
