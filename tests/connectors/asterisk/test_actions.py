"""The bytes of every command, and that nothing hostile can be among them."""

from dataclasses import replace
from typing import Any, get_args
from uuid import UUID

import pytest

from connectors.allowed import MAX_PATH
from connectors.asterisk.actions import ACTIONS, Dialling, actions
from connectors.asterisk.codec import MAX_VALUE, encode
from connectors.calls import (
    Amd,
    Command,
    ConnectToAgent,
    HangUp,
    Listening,
    Monitor,
    Originate,
    PlayMessage,
    RingAgent,
    StartRecording,
    StopRecording,
)
from connectors.flows import AnswerFlow, EnterFlow, SayFlow
from connectors.packed import pack
from connectors.party import Party
from connectors.pbx import CommandRefused
from tests.connectors.asterisk.ami_server import LineRule, headers
from tests.connectors.hostile import ten_thousand

CALL = UUID("0190c0de-0000-7000-8000-000000000001")
LEG = UUID("0190c0de-0000-7000-8000-00000000000a")
ORIGINATE = Originate(CALL, "+4930123456", "trunk-1", "+493099999", 30)

SET = (
    "Action: Setvar|ActionID: flow:0190c0de-0000-7000-8000-000000000001"
    "|Channel: 0190c0de-0000-7000-8000-000000000001|Variable: "
)

GOLDEN: list[tuple[Command, str]] = [
    (
        ORIGINATE,
        "Action: Originate|ActionID: originate:0190c0de-0000-7000-8000-000000000001"
        "|ChannelId: 0190c0de-0000-7000-8000-000000000001|Channel: PJSIP/4930123456@trunk-1"
        "|Context: dialplane-answered|Exten: hold|Priority: 1|Account: dialplane-call"
        "|Async: true|Timeout: 30000|CallerID: 493099999||",
    ),
    (
        replace(ORIGINATE, amd=True, tuning=Amd(greeting=1800, silence_threshold=60_000)),
        "Action: Originate|ActionID: originate:0190c0de-0000-7000-8000-000000000001"
        "|ChannelId: 0190c0de-0000-7000-8000-000000000001|Channel: PJSIP/4930123456@trunk-1"
        "|Context: dialplane-answered|Exten: amd|Priority: 1|Account: dialplane-call"
        "|Async: true|Timeout: 30000|CallerID: 493099999"
        "|Variable: DIALPLANE_AMD=025000180000800050000010000050000036000005000||",
    ),
    (
        RingAgent(LEG, "sip_101", 20),
        "Action: Originate|ActionID: originate:0190c0de-0000-7000-8000-00000000000a"
        "|ChannelId: 0190c0de-0000-7000-8000-00000000000a|Channel: PJSIP/sip_101"
        "|Context: dialplane-agent|Exten: 0190c0de00007000800000000000000a|Priority: 1"
        "|Account: dialplane-agent|Async: true|Timeout: 20000||",
    ),
    (
        ConnectToAgent(CALL, LEG),
        "Action: Redirect|ActionID: connect:0190c0de-0000-7000-8000-000000000001"
        "|Channel: 0190c0de-0000-7000-8000-000000000001|Context: dialplane-connect"
        "|Exten: 0190c0de00007000800000000000000a|Priority: 1||",
    ),
    (
        HangUp(CALL),
        "Action: Hangup|ActionID: hangup:0190c0de-0000-7000-8000-000000000001"
        "|Channel: 0190c0de-0000-7000-8000-000000000001|Cause: 16||",
    ),
    (
        PlayMessage(CALL, "safe-harbour"),
        "Action: Redirect|ActionID: play:0190c0de-0000-7000-8000-000000000001"
        "|Channel: 0190c0de-0000-7000-8000-000000000001|Context: dialplane-message"
        "|Exten: msafe-harbour|Priority: 1||",
    ),
    (
        PlayMessage(CALL, "x", then_hang_up=False),
        "Action: Redirect|ActionID: play:0190c0de-0000-7000-8000-000000000001"
        "|Channel: 0190c0de-0000-7000-8000-000000000001|Context: dialplane-message-hold"
        "|Exten: mx|Priority: 1||",
    ),
    (
        StartRecording(CALL, "2026/11/20/a"),
        "Action: Setvar|ActionID: record:0190c0de-0000-7000-8000-000000000001"
        "|Channel: 0190c0de-0000-7000-8000-000000000001|Variable: DIALPLANE_RECORD"
        "|Value: 2026/11/20/a||",
    ),
    (
        StopRecording(CALL),
        "Action: Setvar|ActionID: record:0190c0de-0000-7000-8000-000000000001"
        "|Channel: 0190c0de-0000-7000-8000-000000000001|Variable: DIALPLANE_RECORD|Value: ||"
        "Action: Setvar|ActionID: record:0190c0de-0000-7000-8000-000000000001"
        "|Channel: 0190c0de-0000-7000-8000-000000000001|Variable: DIALPLANE_TAPE|Value: ||"
        "Action: StopMixMonitor|ActionID: stop:0190c0de-0000-7000-8000-000000000001"
        "|Channel: 0190c0de-0000-7000-8000-000000000001||",
    ),
    (
        Monitor(CALL, "boss", LEG, Listening.WHISPER),
        "Action: Originate|ActionID: originate:0190c0de-0000-7000-8000-000000000001"
        "|ChannelId: 0190c0de-0000-7000-8000-000000000001|Channel: PJSIP/boss"
        "|Context: dialplane-spy|Exten: w0190c0de00007000800000000000000a|Priority: 1"
        "|Account: dialplane-spy|Async: true|Timeout: 20000||",
    ),
    (
        EnterFlow(
            CALL,
            "survey",
            "trunk-1",
            {"name": "Zoë"},
            ("vip", "gold"),
            ("Asia/Tokyo",),
            Party.HUMAN,
        ),
        f"{SET}DIALPLANE_TAGS|Value: =vip=gold=||{SET}DIALPLANE_ZONES|Value: Asia/Tokyo||"
        f"{SET}DIALPLANE_PARTY|Value: human||{SET}DIALPLANE_TRUNK|Value: trunk-1||"
        f"{SET}DIALPLANE_WITH.survey.name|Value: vZo=C3=AB||"
        "Action: Redirect|ActionID: enter:0190c0de-0000-7000-8000-000000000001"
        "|Channel: 0190c0de-0000-7000-8000-000000000001|Context: dialplane-call-survey"
        "|Exten: s|Priority: 1||",
    ),
    (
        AnswerFlow(CALL, "7", {"due": "5 €"}),
        f"{SET}DIALPLANE_GOT.due|Value: 5=20=E2=82=AC||{SET}DIALPLANE_ANSWER|Value: 7=answered||",
    ),
    (AnswerFlow(CALL, "7", None), f"{SET}DIALPLANE_ANSWER|Value: 7=failed||"),
    (SayFlow(CALL, "7", "/said/a1"), f"{SET}DIALPLANE_SAID|Value: 7=/said/a1||"),
    (SayFlow(CALL, "7", ""), f"{SET}DIALPLANE_SAID|Value: 7=||"),
]


def wire(command: Command, dialling: Dialling | None = None) -> bytes:
    return b"".join(encode(action) for action in actions(command, dialling or Dialling()))


@pytest.mark.parametrize(("command", "text"), GOLDEN, ids=lambda value: type(value).__name__)
def test_each_command_is_these_bytes(command: Command, text: str) -> None:
    assert wire(command) == text.replace("|", "\r\n").encode()


def test_every_command_of_the_vocabulary_has_an_action() -> None:
    assert set(ACTIONS) == set(get_args(Command)) == {type(command) for command, _ in GOLDEN}


def test_the_longest_path_that_may_be_asked_for_can_be_sent() -> None:
    longest = "/".join(["a" * 49] * 3 + ["a" * 50])
    assert len(longest) == MAX_PATH < MAX_VALUE
    assert f"Value: {longest}\r\n".encode() in wire(StartRecording(CALL, longest))


def test_with_amd_the_answered_call_is_listened_to() -> None:
    assert b"Exten: amd\r\n" in wire(replace(ORIGINATE, amd=True))


@pytest.mark.parametrize(
    ("dialling", "channel"),
    [
        (Dialling(plus=True), b"PJSIP/+4930123456@trunk-1\r\n"),
        (Dialling("SIP"), b"SIP/trunk-1/4930123456\r\n"),
        (Dialling("IAX2"), b"IAX2/trunk-1/4930123456\r\n"),
    ],
)
def test_a_number_is_written_as_the_trunk_wants_it(dialling: Dialling, channel: bytes) -> None:
    assert b"Channel: " + channel in wire(ORIGINATE, dialling)


def test_what_the_caller_id_shows_is_written_as_the_number_is() -> None:
    assert b"CallerID: +493099999\r\n" in wire(ORIGINATE, Dialling(plus=True))


def test_of_who_is_called_nothing_may_be_known() -> None:
    sent = wire(EnterFlow(CALL, "survey", "trunk-1"))
    assert [line for line in sent.decode().split("\r\n") if line.startswith("Value")] == [
        "Value: ", "Value: ", "Value: ", "Value: trunk-1",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "x" * 200, "ü" * 200, "日" * 200, "🙂" * 200])
def test_a_text_of_any_length_goes_in_lines_that_a_manager_reads(text: str) -> None:
    commands: list[tuple[Command, str]] = [
        (EnterFlow(CALL, "f" * 64, "t", {"n" * 64: text}), "v"),
        (AnswerFlow(CALL, "7", {"n" * 64: text}), ""),
    ]
    for command, mark in commands:
        sent = [headers(lines) for lines in LineRule().feed(wire(command))]
        pieces = [one for one in sent if "." in one.get("Variable", "")]
        assert "".join(one["Value"] for one in pieces) == mark + pack(text)
        names = [one["Variable"].partition("n" * 64)[2] for one in pieces]
        assert names == ["", ".2", ".3"][: len(names)]


def test_a_path_too_long_for_a_line_is_refused() -> None:
    with pytest.raises(CommandRefused):
        wire(StartRecording(CALL, "/".join(["a" * 64] * 4)))


# --- T1: 10,000 hostile values, read back by a parser of its own ---------------------------------

PIECES = (
    "\r\n", "\n", "\r", "\0", "\x7f", "\x1b[2J", "\u2028", "Ł", "\ud800", "٣", " ", "", "&", "/",
    ",", "@", "|", "^", "'", '"', "\\", "..", "%0d%0a", "${SHELL(id)}", "$[1+1]", "{a=b}", "<1>",
    "Action: Originate", "Variable: A=b", "Channel: Local/x@y", "Application: System", "+49",
    "15550100", "trunk-1", "safe", "2026/11/20", "0190c0de-0000-7000-8000-000000000001", "x" * 300,
)  # fmt: skip


def test_of_ten_thousand_hostile_values_none_adds_a_header_or_an_action() -> None:
    ten_thousand([command for command, _ in GOLDEN], PIECES, wire, shape)


def shape(data: bytes) -> list[list[str]]:
    """The names of the headers of each action, as an Asterisk would read them."""
    read = [headers(lines) for lines in LineRule().feed(data)]
    return [list(action) for action in read]


def test_a_text_in_the_place_of_an_id_is_refused() -> None:
    evil: Any = f"{CALL}\r\n\r\nAction: Logoff"
    with pytest.raises(CommandRefused):
        wire(HangUp(evil))
