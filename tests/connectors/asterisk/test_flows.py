"""What a flow tells on an Asterisk, as events; and what the PBX answers about flows."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.asterisk.actions import Dialling, actions
from connectors.asterisk.flow_hearing import TOLD
from connectors.asterisk.flow_reading import KEPT
from connectors.calls import Command, Event, Phase
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
    SayFlow,
)
from connectors.packed import pack
from connectors.pbx import CommandRefused
from tests.connectors.asterisk.stage import (
    CALL,
    DIAL,
    LEG,
    OTHER,
    T0,
    Stage,
    hangup,
    held,
    held_in_flow,
)

ENTER = EnterFlow(CALL, "survey", "trunk")
STEP = {"Flow": "survey", "Step": "ask"}


def stage(*more: Command) -> Stage:
    """A call that is in the flow `survey`."""
    made = Stage(DIAL)
    made.up()
    for command in (ENTER, *more):
        made.tell(command)
    made.events.clear()
    return made


def hear(on: Stage, what: str, **headers: object) -> list[Event]:
    return on.hear("UserEvent", Uniqueid=CALL, UserEvent="DialplaneFlow", What=what, **headers)


@pytest.mark.parametrize(
    ("what", "headers", "event"),
    [
        ("left", {**STEP, "Way": "next"}, FlowLeft(CALL, T0, "survey", "ask", "next")),
        (
            "left",
            {**STEP, "Pressed": "*0", "Way": "*0"},
            FlowLeft(CALL, T0, "survey", "ask", "*0", "*0"),
        ),
        (
            "left",
            {**STEP, "Pressed": "", "Way": "no_input"},
            FlowLeft(CALL, T0, "survey", "ask", "no_input", ""),
        ),
        (
            "left",
            {**STEP, "Hidden": 4, "Way": "next"},
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
        ("callback", {**STEP, "After": 7200}, FlowCallback(CALL, T0, 7200)),
        ("callback", {**STEP, "Time": "0930"}, FlowCallback(CALL, T0, None, "0930")),
        (
            "agent",
            {**STEP, "Team": "any", "Skills": "", "Wait": 20},
            FlowWantsAgent(CALL, T0, "", (), 20),
        ),
        (
            "agent",
            {**STEP, "Team": "sales", "Skills": "english billing", "Wait": 1},
            FlowWantsAgent(CALL, T0, "sales", ("english", "billing"), 1),
        ),
        (
            "webhook",
            {**STEP, "Endpoint": "balance", "Fields": "", "Ticket": 3, "Timeout": "2.5"},
            FlowAsked(CALL, T0, "survey", "ask", "balance", "3", 2.5),
        ),
        (
            "recording",
            {**STEP, "Recording": f"{CALL}-3", "Status": "DTMF"},
            FlowRecorded(CALL, T0, "survey", "ask", f"dialplane-flows/survey/{CALL}-3"),
        ),
        (
            "ended",
            {"Flow": "survey", "How": "hangup", "Disposition": "done"},
            FlowEnded(CALL, T0, FlowEnd.HANGUP, "done"),
        ),
        ("ended", {"How": "hung_up", "Disposition": ""}, FlowEnded(CALL, T0, FlowEnd.HUNG_UP)),
    ],
)
def test_what_a_flow_tells_is_an_event(what: str, headers: dict[str, Any], event: Event) -> None:
    assert hear(stage(), what, **headers) == [event]


def test_before_its_first_step_no_step_is_left(caplog: pytest.LogCaptureFixture) -> None:
    on = stage()
    assert hear(on, "left", Flow="survey", Step="", Way="hung_up") == []
    assert caplog.messages == []


NAMES = (
    "Flow", "Step", "Way", "Question", "Answer", "Endpoint", "Ticket", "Timeout", "How", "Team",
    "Wait", "Recording", "Time", "Prompt",
)  # fmt: skip


@pytest.mark.parametrize("what", sorted({*TOLD, "unheard-of"} - {"opt_out"}))
@pytest.mark.parametrize("evil", ["\x1b[2J", "${X}", "a b/", "x" * 201, "=ZZ", "٣", "-"])
def test_what_is_malformed_is_passed_over_and_not_repeated(
    what: str, evil: str, caplog: pytest.LogCaptureFixture
) -> None:
    on = stage()
    hear(on, what, **dict.fromkeys(NAMES, evil))
    assert on.events == []
    [said] = caplog.messages
    assert "cannot be read" in said
    assert evil not in said.replace(str(CALL), "")


@given(st.dictionaries(st.sampled_from(sorted({h for k in KEPT.values() for h in k})), st.text()))
def test_whatever_is_told_every_value_of_an_event_is_in_its_bounds(headers: dict[str, str]) -> None:
    on = stage()
    clean = {name: " ".join(text.split()) for name, text in headers.items()}
    for what in (*TOLD, "", "LEFT"):
        hear(on, what, **clean)
    for event in on.events:
        assert len(repr(event)) < 2_000
        assert repr(event).isprintable()


def test_of_a_prompt_without_a_sound_whoever_runs_the_pbx_is_warned(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert hear(stage(), "missing", **STEP, Prompt="hello") == []
    assert "the prompt 'hello' of the flow 'survey' has no sound file" in caplog.text


@pytest.mark.parametrize("status", ["ERROR", "SKIP", ""])
def test_a_recording_that_was_not_made_is_none(
    status: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert hear(stage(), "recording", **STEP, Recording="a-1", Status=status) == []
    assert "the flow 'survey' recorded nothing in its step 'ask'" in caplog.text


def test_of_an_agents_leg_nothing_is_told() -> None:
    on = stage()
    on.leg_up()
    told = on.hear("UserEvent", Uniqueid=LEG, UserEvent="DialplaneFlow", What="opt_out")
    assert told == []


# --- what a flow sends ---------------------------------------------------------------------------

HOOK = {**STEP, "Endpoint": "balance", "Ticket": "3", "Timeout": "3"}


def answer(on: Stage, variable: str, value: str, ticket: str = "3") -> list[Event]:
    action_id = f"sent:{CALL}:{ticket}"
    return on.answer(action_id, Variable=variable, Value=value)


def asked_for(on: Stage) -> list[str]:
    """The variables that the PBX is asked for, now."""
    found = [dict(order)["Variable"] for order in on.translator.orders]
    assert all(order[0] == ("Action", "Getvar") for order in on.translator.orders)
    on.translator.orders.clear()
    return found


def test_an_endpoint_is_asked_once_all_that_is_sent_has_been_read() -> None:
    on = stage()
    assert hear(on, "webhook", **HOOK, Fields="account note") == []
    assert asked_for(on) == ["DIALPLANE_SEND.account", "DIALPLANE_SEND.note"]
    assert answer(on, "DIALPLANE_SEND.account", "47=2F11") == []
    [asked] = answer(on, "DIALPLANE_SEND.note", "")
    assert isinstance(asked, FlowAsked)
    assert asked.sent == {"account": "47/11", "note": ""}
    assert "47/11" not in repr(asked)
    assert answer(on, "DIALPLANE_SEND.note", "again") == []


@pytest.mark.parametrize("text", ["x" * 900, "ü" * 400, "日" * 200])
def test_what_is_too_long_for_one_answer_is_read_in_pieces(text: str) -> None:
    on, packed = stage(), pack(text)
    hear(on, "webhook", **HOOK, Fields="note")
    names, events = asked_for(on), list[Event]()
    while names:
        [name] = names
        nth = int(name.rpartition(".")[2]) if name.count(".") == 2 else 1
        piece = packed[900 * (nth - 1) :][: 1023 if nth == 1 else 900]
        events = answer(on, name, piece)
        names = asked_for(on)
    [asked] = events
    assert isinstance(asked, FlowAsked)
    assert asked.sent == {"note": text}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DIALPLANE_SEND.other", "x"),
        ("DIALPLANE_SEND.note", "=ZZ"),
        ("DIALPLANE_SEND.note", "a=0Ab"),
        ("DIALPLANE.survey.note", "x"),
        ("", ""),
    ],
)
def test_an_endpoint_is_not_asked_with_what_cannot_be_read(
    variable: str, value: str, caplog: pytest.LogCaptureFixture
) -> None:
    on = stage()
    hear(on, "webhook", **HOOK, Fields="note")
    assert answer(on, variable, value) == []
    assert "cannot be read" in caplog.text
    assert answer(on, "DIALPLANE_SEND.note", "x") == []


def test_what_never_ends_is_not_read_for_ever() -> None:
    on = stage()
    hear(on, "webhook", **HOOK, Fields="note")
    for nth in ("", ".2", ".3", ".4"):
        assert answer(on, f"DIALPLANE_SEND.note{nth}", "x" * 900) == []
    assert asked_for(on)[-1] == "DIALPLANE_SEND.note.4"


def test_a_value_of_an_earlier_webhook_is_none_of_a_later_one() -> None:
    on = stage()
    hear(on, "webhook", **HOOK, Fields="note")
    hear(on, "webhook", **{**HOOK, "Ticket": "5"}, Fields="note")
    assert answer(on, "DIALPLANE_SEND.note", "old", ticket="3") == []
    [asked] = answer(on, "DIALPLANE_SEND.note", "new", ticket="5")
    assert isinstance(asked, FlowAsked)
    assert (asked.ticket, asked.sent) == ("5", {"note": "new"})


# --- what a flow has said -------------------------------------------------------------------------

SAYS = {**STEP, "Prompt": "owed", "Ticket": "2", "Timeout": "3"}


def value(on: Stage, name: str, text: str, ticket: str = "2") -> list[Event]:
    return on.answer(f"says:{CALL}:{ticket}", Variable=f"DIALPLANE_TEXT.{name}", Value=text)


def unsaid(on: Stage, ticket: str = "2") -> bool:
    """Whether the call is told, now, that there is no sound."""
    found = [dict(order) for order in on.translator.orders]
    on.translator.orders.clear()
    told = [(it.get("Variable"), it.get("Value")) for it in found if it["Action"] == "Setvar"]
    return told == [("DIALPLANE_SAID", f"{ticket}=")]


def test_a_text_is_to_be_said_once_its_values_have_been_read() -> None:
    on = stage()
    assert hear(on, "say", **SAYS, Fields="name due") == []
    assert asked_for(on) == ["DIALPLANE_TEXT.name", "DIALPLANE_TEXT.due"]
    assert value(on, "name", "Jos=C3=A9") == []
    [says] = value(on, "due", "12.50")
    values = {"name": "José", "due": "12.50"}
    assert says == FlowSays(CALL, T0, "survey", "ask", "owed", "2", 3.0, values)
    assert "José" not in repr(says)
    assert value(on, "due", "again") == []


def test_what_an_endpoint_is_sent_is_nothing_to_say() -> None:
    on = stage()
    hear(on, "say", **{**SAYS, "Ticket": "3"}, Fields="note")
    assert answer(on, "DIALPLANE_SEND.note", "x", ticket="3") == []
    hear(on, "webhook", **HOOK, Fields="note")
    assert value(on, "note", "x", ticket="3") == []
    [asked] = answer(on, "DIALPLANE_SEND.note", "x", ticket="3")
    assert isinstance(asked, FlowAsked)


@pytest.mark.parametrize("text", ["=ZZ", "a=0Ab", "${X}"])
def test_a_value_that_cannot_be_read_is_not_waited_for(
    text: str, caplog: pytest.LogCaptureFixture
) -> None:
    on = stage()
    hear(on, "say", **SAYS, Fields="name due")
    on.translator.orders.clear()
    assert value(on, "name", text) == []
    assert unsaid(on)
    assert "cannot be read" in caplog.text
    assert text not in caplog.text
    assert value(on, "due", "12.50") == []
    assert not unsaid(on)


def test_a_rendering_of_before_the_values_were_told_is_not_waited_for(
    caplog: pytest.LogCaptureFixture,
) -> None:
    on = stage()
    assert hear(on, "say", **STEP, Prompt="owed", Ticket="2") == []
    assert unsaid(on)
    assert "render and install the flow again" in caplog.text


@pytest.mark.parametrize(
    ("sound", "told"), [("", "2="), ("/srv/said/0af", "2=/srv/said/0af"),
                        ("http://10.0.0.5:8080/x.wav", "2=http://10.0.0.5:8080/x.wav")],
)  # fmt: skip
def test_a_sound_is_told_by_its_ticket(sound: str, told: str) -> None:
    [action] = actions(SayFlow(CALL, "2", sound), Dialling())
    assert dict(action) == {
        "Action": "Setvar",
        "ActionID": f"flow:{CALL}",
        "Channel": str(CALL),
        "Variable": "DIALPLANE_SAID",
        "Value": told,
    }


@pytest.mark.parametrize(
    "sound",
    [
        "said", "/a b", "/a),System(id)", "/${X}", "/a&b", "file:///etc/passwd",
        "/x\r\nAction: Logoff", "/é", "/" + "x" * 800,
    ],
)  # fmt: skip
def test_a_sound_whose_name_could_be_an_order_is_not_told(sound: str) -> None:
    with pytest.raises(CommandRefused, match="SayFlow not sent: sound is"):
        actions(SayFlow(CALL, "2", sound), Dialling())


# --- flows that the PBX does not have ------------------------------------------------------------


def test_a_call_whose_flow_is_not_there_is_ended(caplog: pytest.LogCaptureFixture) -> None:
    on = stage()
    on.refuse(f"enter:{CALL}", "Redirect failed, extension does not exist.")
    [order] = on.translator.orders
    assert order[0] == ("Action", "Hangup")
    assert f"does not have the flow 'survey', so call {CALL} ends" in caplog.text
    assert "dialplane dialplan render" in caplog.text
    on.hear("Hangup", **hangup())
    assert len(caplog.records) == 1


@pytest.mark.parametrize(
    "why", [f"Channel does not exist: {CALL}", "Redirect failed, channel not up."]
)
def test_one_that_has_hung_up_meanwhile_is_no_trouble(
    why: str, caplog: pytest.LogCaptureFixture
) -> None:
    on = stage()
    on.refuse(f"enter:{CALL}", why)
    assert on.translator.orders == []
    assert caplog.messages == []


def test_so_is_one_that_the_pbx_has_ended_where_nothing_is(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stage().hear("Hangup", **hangup(), Context="dialplane-call-survey")
    assert "does not have the flow 'survey'" in caplog.text


def test_who_hangs_up_before_the_flow_begins_is_no_trouble(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stage().hear("Hangup", **hangup(), Context="dialplane-answered")
    assert caplog.messages == []


def test_one_whose_flow_has_told_something_is_none(
    caplog: pytest.LogCaptureFixture,
) -> None:
    on = stage()
    hear(on, "left", **STEP, Way="next")
    on.hear("Hangup", **hangup(), Context="dialplane-call-survey")
    assert caplog.messages == []


# --- after the link was away ---------------------------------------------------------------------


def kept(on: Stage, variable: str, value: str) -> list[Event]:
    return on.answer(f"kept:{CALL}", Variable=variable, Value=value)


def test_what_flows_have_kept_is_read_when_the_link_is_back() -> None:
    on = stage()
    on.translator.reconcile([held(CALL, Phase.ANSWERED), held_in_flow(OTHER, "survey")], on.now)
    assert asked_for(on) == ["DIALPLANE_KEPT", "DIALPLANE_KEPT", "DIALPLANE_WAITS"]
    kept(on, "DIALPLANE_KEPT", "3")
    assert asked_for(on) == ["DIALPLANE_KEPT.1", "DIALPLANE_KEPT.2", "DIALPLANE_KEPT.3"]
    until = int(T0.timestamp()) + 7
    told = [
        *kept(on, "DIALPLANE_KEPT.1", "answer:survey:ask:speed:fast"),
        *kept(on, "DIALPLANE_KEPT.2", "opt_out:survey:stop"),
        *kept(on, "DIALPLANE_KEPT.3", "callback:survey:back::7200"),
        *kept(on, "DIALPLANE_WAITS", f"agent:survey:who:sales:english:{until}"),
    ]
    assert told == [
        FlowAnswered(CALL, T0, "survey", "speed", "fast"),
        FlowOptedOut(CALL, T0),
        FlowCallback(CALL, T0, 7200),
        FlowWantsAgent(CALL, T0, "sales", ("english",), 7),
    ]


def test_a_call_that_is_in_no_flow_is_not_asked_about_one() -> None:
    on = Stage(DIAL)
    on.up()
    on.translator.reconcile([held(CALL, Phase.ANSWERED)], on.now)
    assert on.translator.orders == []


def test_who_has_waited_too_long_by_now_does_not_wait_any_more() -> None:
    until = int(T0.timestamp())
    assert kept(stage(), "DIALPLANE_WAITS", f"agent:survey:who:any::{until}") == []


@pytest.mark.parametrize("value", ["", "0", "201", "x", "-1"])
def test_as_many_lines_are_read_as_there_may_be(value: str) -> None:
    on = stage()
    assert kept(on, "DIALPLANE_KEPT", value) == []
    assert on.translator.orders == []


@given(st.text(max_size=200))
def test_whatever_a_line_holds_it_is_an_event_in_its_bounds_or_none(line: str) -> None:
    for event in kept(stage(), "DIALPLANE_KEPT.1", " ".join(line.split())):
        assert repr(event).isprintable()
