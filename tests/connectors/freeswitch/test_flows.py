"""What a flow tells on a FreeSWITCH, as events; and what the PBX answers about flows."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.calls import Command, ConnectToAgent, Event, Phase, PlayMessage
from connectors.flows import (
    EnterFlow,
    FlowAnswered,
    FlowAsked,
    FlowCallback,
    FlowEnd,
    FlowEnded,
    FlowLeft,
    FlowOptedOut,
    FlowRecorded,
    FlowSays,
    FlowWantsAgent,
)
from connectors.freeswitch import flows
from connectors.freeswitch.channels import channel
from connectors.freeswitch.codec import Action
from connectors.freeswitch.event import Event as Heard
from connectors.freeswitch.flow_hearing import KEPT, TOLD
from connectors.packed import pack
from tests.connectors.freeswitch.stage import CALL, DIAL, LEG, OTHER, T0, Stage

ENTER = EnterFlow(CALL, "survey", "trunk")
STEP = {"Flow": "survey", "Step": "ask"}
LEFT = {**STEP, "Way": "next"}


def stage(*more: Command) -> Stage:
    """A call that is in the flow `survey`."""
    made = Stage(DIAL)
    made.hear("CHANNEL_PARK", CALL)
    for command in (ENTER, *more):
        made.tell(command)
    made.events.clear()
    return made


def hear(on: Stage, what: str, **headers: str) -> list[Event]:
    named = {"Event-Name": "CUSTOM", "Event-Subclass": "dialplane::flow"}
    return on.read(Heard({**named, "Unique-ID": str(CALL), "What": what, **headers}))


def hang_up(on: Stage, **variables: str) -> list[Event]:
    told = {f"variable_dialplane_{name}": value for name, value in variables.items()}
    cause = {"Hangup-Cause": "NORMAL_CLEARING", "variable_record_ms": "800"}
    named = {"Event-Name": "CHANNEL_HANGUP_COMPLETE", "Unique-ID": str(CALL)}
    return on.read(Heard({**named, **cause, **told}))[:-1]


@pytest.mark.parametrize(
    ("what", "headers", "event"),
    [
        ("left", LEFT, FlowLeft(CALL, T0, "survey", "ask", "next")),
        (
            "left",
            {**STEP, "Keys": "shown", "Pressed": "*0", "Way": "*0"},
            FlowLeft(CALL, T0, "survey", "ask", "*0", "*0"),
        ),
        (
            "left",
            {**STEP, "Keys": "shown", "Way": "no_input"},
            FlowLeft(CALL, T0, "survey", "ask", "no_input", ""),
        ),
        (
            "left",
            {**LEFT, "Keys": "hidden", "variable_dialplane_keys": "1234"},
            FlowLeft(CALL, T0, "survey", "ask", "next", "****"),
        ),
        ("left", {**STEP, "Way": "case 12"}, FlowLeft(CALL, T0, "survey", "ask", "case 12")),
        (
            "answer",
            {**STEP, "Question": "speed", "Answer": "so=2C=20so"},
            FlowAnswered(CALL, T0, "survey", "speed", "so, so"),
        ),
        ("opt_out", STEP, FlowOptedOut(CALL, T0)),
        ("callback", STEP, FlowCallback(CALL, T0)),
        ("callback", {**STEP, "After": "7200"}, FlowCallback(CALL, T0, 7200)),
        ("callback", {**STEP, "Time": "0930"}, FlowCallback(CALL, T0, None, "0930")),
        ("agent", {**STEP, "Team": "any", "Wait": "20"}, FlowWantsAgent(CALL, T0, "", (), 20)),
        (
            "agent",
            {**STEP, "Team": "sales", "Skills": "english billing", "Wait": "1"},
            FlowWantsAgent(CALL, T0, "sales", ("english", "billing"), 1),
        ),
        (
            "webhook",
            {
                **STEP, "Endpoint": "balance", "Fields": "note x", "Ticket": "3",
                "Timeout": "2.5", "variable_dialplane_send.note": "Zo=C3=AB",
            },
            FlowAsked(
                CALL, T0, "survey", "ask", "balance", "3", 2.5, {"note": "Zo\u00eb", "x": ""}
            ),
        ),
        (
            "recording",
            {**STEP, "Recording": f"{CALL}-3", "Ms": "900"},
            FlowRecorded(CALL, T0, "survey", "ask", f"dialplane-flows/survey/{CALL}-3"),
        ),
    ],
)  # fmt: skip
def test_what_a_flow_tells_is_an_event(what: str, headers: dict[str, Any], event: Event) -> None:
    assert hear(stage(), what, **headers) == [event]


@pytest.mark.parametrize(
    ("variables", "events"),
    [
        (
            {"ended": "hangup", "disposition": "done"},
            [
                FlowLeft(CALL, T0, "survey", "ask", "hangup"),
                FlowEnded(CALL, T0, FlowEnd.HANGUP, "done"),
            ],
        ),
        (
            {},
            [FlowLeft(CALL, T0, "survey", "ask", "hung_up"), FlowEnded(CALL, T0, FlowEnd.HUNG_UP)],
        ),
        ({"ended": "returned"}, [FlowEnded(CALL, T0, FlowEnd.RETURNED)]),
        ({"step": ""}, [FlowEnded(CALL, T0, FlowEnd.HUNG_UP)]),
        (
            {"says": f"{CALL}-9"},
            [
                FlowRecorded(CALL, T0, "survey", "ask", f"dialplane-flows/survey/{CALL}-9"),
                FlowLeft(CALL, T0, "survey", "ask", "hung_up"),
                FlowEnded(CALL, T0, FlowEnd.HUNG_UP),
            ],
        ),
    ],
)
def test_how_a_call_came_out_of_its_flow_is_told_by_its_hang_up(
    variables: dict[str, str], events: list[Event]
) -> None:
    assert hang_up(stage(), **{"flow": "survey", "step": "ask", **variables}) == events


def test_a_hang_up_that_cannot_be_read_ends_the_call_all_the_same(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert hang_up(stage(), flow="survey", step="ask", ended="a b", disposition="x") == []
    assert "cannot be read" in caplog.text
    assert "a b" not in caplog.text


def test_a_flow_that_is_not_there_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    assert hang_up(stage()) == []
    assert "does not have the flow 'survey'" in caplog.text


def test_a_call_that_may_not_enter_is_hung_up(caplog: pytest.LogCaptureFixture) -> None:
    on = stage()
    on.translator.answer(Action(flows.ENTER, CALL, ""), "-ERR permission denied", T0)
    assert on.orders() == [f"uuid_kill {CALL} NORMAL_CLEARING"]
    assert "does not have the flow" in caplog.text


def test_one_that_is_gone_is_not(caplog: pytest.LogCaptureFixture) -> None:
    on = stage()
    on.translator.answer(Action(flows.ENTER, CALL, ""), "-ERR No such channel!", T0)
    assert on.orders() == []
    assert caplog.messages == []


def test_who_is_with_an_agent_is_out_of_the_flow() -> None:
    on = stage(ConnectToAgent(CALL, LEG))
    on.translator.told(ConnectToAgent(CALL, LEG), T0)
    call = on.translator._held.find(CALL)
    assert call is not None
    assert call.flow == "survey"  # until the two are in their bridge
    call.flow = ""
    assert hang_up(on, flow="survey", step="ask") == []


def test_who_hears_a_message_is_out_of_the_flow() -> None:
    on = stage(PlayMessage(CALL, "sorry"))
    assert on.orders() == [f"uuid_setvar {CALL} dialplane_flow"]
    assert hang_up(on, flow="survey", step="ask") == []


SAYS = {**STEP, "Prompt": "hello", "Ticket": "t-1", "Timeout": "3"}


def test_a_text_is_asked_for_with_its_values() -> None:
    values = {"variable_dialplane.survey.name": "Zo=C3=AB"}
    [event] = hear(stage(), "say", **SAYS, Fields="name due name", **values)
    says = {"name": "Zo\u00eb", "due": ""}
    assert event == FlowSays(CALL, T0, "survey", "ask", "hello", "t-1", 3.0, says)
    assert "Zo\u00eb" not in repr(event)


def test_one_that_cannot_be_read_is_not_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    on = stage()
    assert hear(on, "say", **SAYS, Fields="name", **{"variable_dialplane.survey.name": "=FF"}) == []
    assert on.orders() == [f"uuid_setvar {CALL} dialplane_said t-1="]
    assert "cannot be read (its Fields)" in caplog.text


@pytest.mark.parametrize("played", ["", "FILE NOT FOUND", "PLAYBACK ERROR"])
def test_a_prompt_that_was_not_heard_is_warned_of(
    played: str, caplog: pytest.LogCaptureFixture
) -> None:
    told = hear(stage(), "left", **LEFT, Prompt="hello", Played=played)
    assert told == [FlowLeft(CALL, T0, "survey", "ask", "next")]
    assert hear(stage(), "played", **STEP, Prompt="hello", Played=played) == []
    assert caplog.text.count("the prompt 'hello' of the flow 'survey' has no sound file") == 2


@pytest.mark.parametrize("played", ["FILE PLAYED", "success", "timeout", "failure"])
def test_one_that_was_heard_is_not(played: str, caplog: pytest.LogCaptureFixture) -> None:
    hear(stage(), "left", **LEFT, Prompt="hello", Played=played)
    assert caplog.messages == []


@pytest.mark.parametrize("length", ["", "0"])
def test_a_recording_of_nothing_is_warned_of(length: str, caplog: pytest.LogCaptureFixture) -> None:
    assert hear(stage(), "recording", **STEP, Recording="a-1", Ms=length) == []
    assert "recorded nothing in its step 'ask'" in caplog.text


HOSTILE = (
    "a b",
    "a\r\nb",
    "${x}",
    "-",
    "../a",
    "a" * 65,
    "é",
    "1=2",
    "=ZZ",
    "=FF",
)


@pytest.mark.parametrize("what", [*TOLD, "nothing", ""])
@pytest.mark.parametrize("bad", HOSTILE)
def test_nothing_hostile_becomes_an_event(
    what: str, bad: str, caplog: pytest.LogCaptureFixture
) -> None:
    names = {name for row in KEPT.values() for name in row} | {"Way", "Endpoint", "Ticket"}
    names |= {"Timeout", "Fields", "Keys", "Pressed", "Prompt", "Played"}
    told = hear(stage(), what, **dict.fromkeys(names, bad))
    assert told in ([], [FlowOptedOut(CALL, T0)])
    assert all(bad not in message for message in caplog.messages if len(bad) > 2)


def test_what_a_call_of_nobody_tells_is_nothing() -> None:
    on = Stage()
    assert hear(on, "opt_out", **STEP) == []


def dumped(**variables: str) -> str:
    """What `uuid_dump` tells of a call in the flow."""
    named = {"Unique-ID": str(CALL), "Answer-State": "answered", "Channel-State": "CS_EXECUTE"}
    told = {f"variable_{name}": value for name, value in variables.items()}
    return json.dumps({**named, "variable_accountcode": "dialplane-call", **told})


def look_back(**variables: str) -> list[Event]:
    """Of somebody who takes over."""
    on, text = Stage(), dumped(dialplane_flow="survey", **variables)
    found = channel(text)
    assert found is not None
    on.translator.reconcile([found], T0)
    if not found.tells:
        assert on.orders() == []
        return []
    [asked] = on.translator.orders
    assert asked.command == f"uuid_dump {CALL} json"
    return list(on.translator.answer(asked, text, T0))


def test_what_was_kept_is_told_to_who_takes_over() -> None:
    lines = [
        f"answer:survey:ask:speed:{pack('so, so')}",
        "opt_out:survey:stop",
        "callback:survey:back::7200",
        "callback:survey:back:0930:",
        "recording:survey:talk:a-1:900",
    ]
    assert look_back(dialplane_kept="".join(f"|{line}" for line in lines)) == [
        FlowAnswered(CALL, T0, "survey", "speed", "so, so"),
        FlowOptedOut(CALL, T0),
        FlowCallback(CALL, T0, 7200),
        FlowCallback(CALL, T0, None, "0930"),
        FlowRecorded(CALL, T0, "survey", "talk", "dialplane-flows/survey/a-1"),
    ]
    assert look_back() == []


def test_who_waits_for_an_agent_is_told_of_for_as_long_as_is_left() -> None:
    since = int(T0.timestamp()) - 4
    waits = f"agent:survey:who:sales:english billing:20:{since}"
    wants = FlowWantsAgent(CALL, T0, "sales", ("english", "billing"), 16)
    assert look_back(dialplane_waits=waits) == [wants]
    assert look_back(dialplane_waits=f"agent:survey:who:any::4:{since}") == []
    assert look_back(dialplane_waits=waits, signal_bond=str(LEG)) == []


def test_a_call_in_a_flow_is_known_as_such() -> None:
    found = channel(dumped(dialplane_flow="survey"))
    assert found is not None
    assert (found.live.phase, found.live.flow) == (Phase.ANSWERED, "survey")
    bridged = channel(dumped(dialplane_flow="survey", signal_bond=str(LEG)))
    assert bridged is not None
    assert (bridged.live.phase, bridged.live.flow) == (Phase.CONNECTED, "")
    odd = channel(dumped(dialplane_flow="${x}"))
    assert odd is not None
    assert odd.live.flow == ""


def test_a_call_that_has_gone_meanwhile_tells_nothing() -> None:
    on = stage()
    assert list(on.translator.answer(flows.read_kept(CALL), "-ERR No such channel!", T0)) == []
    assert list(on.translator.answer(flows.read_kept(OTHER), dumped(), T0)) == []


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=20), max_size=4), st.text(max_size=80))
def test_nothing_that_lies_on_a_channel_stops_us(headers: dict[str, str], kept: str) -> None:
    on = stage()
    text = json.dumps({**headers, "variable_dialplane_kept": f"|{kept}"})
    on.translator.answer(flows.read_kept(CALL), text, T0)
