"""The bytes of every command, and that nothing hostile can be among them."""

import re
from dataclasses import replace
from typing import Any, get_args
from uuid import UUID

import pytest

from connectors.allowed import MAX_PATH
from connectors.calls import (
    Command,
    ConnectToAgent,
    HangUp,
    Listening,
    Monitor,
    Originate,
    Party,
    PlayMessage,
    RingAgent,
    StartRecording,
    StopRecording,
)
from connectors.flows import AnswerFlow, EnterFlow, SayFlow
from connectors.freeswitch.actions import ACTIONS, Dialling, actions
from connectors.freeswitch.codec import encode
from connectors.packed import pack
from connectors.pbx import CommandRefused
from tests.connectors.freeswitch.esl_server import LineRule
from tests.connectors.hostile import ten_thousand

CALL = UUID("0190c0de-0000-7000-8000-000000000001")
LEG = UUID("0190c0de-0000-7000-8000-00000000000a")
ORIGINATE = Originate(CALL, "+4930123456", "trunk-1", "+493099999", 30)
KNOWN = "ignore_early_media=true,accountcode=dialplane"
SILENCE = "send_silence_when_idle=-1"

GOLDEN: list[tuple[Command, str]] = [
    (
        ORIGINATE,
        f"bgapi originate {{origination_uuid={CALL},originate_timeout=31,{KNOWN}-call,"
        "origination_caller_id_number=493099999,origination_caller_id_name=493099999,"
        f"park_timeout=60:NORMAL_CLEARING,{SILENCE}}}"
        f"sofia/gateway/trunk-1/4930123456 &park()\nJob-UUID: originate:{CALL}\n\n",
    ),
    (
        RingAgent(LEG, "sip_101", 20),
        f"bgapi originate {{origination_uuid={LEG},originate_timeout=21,{KNOWN}-agent,"
        f"park_after_bridge=true,{SILENCE}}}user/sip_101 &park()\nJob-UUID: originate:{LEG}\n\n",
    ),
    (ConnectToAgent(CALL, LEG), f"api uuid_bridge {CALL} {LEG}\n\n"),
    (HangUp(CALL), f"api uuid_kill {CALL} NORMAL_CLEARING\n\n"),
    (
        PlayMessage(CALL, "safe-harbour"),
        f"api uuid_transfer {CALL} 'm:^:set:playback_terminators=none"
        "^playback:${sounds_dir}/dialplane/safe-harbour.wav"
        "^event:Event-Subclass=dialplane::played,Event-Name=CUSTOM,Message=safe-harbour,"
        "Answer=${current_application_response},Then=hang-up^hangup:NORMAL_CLEARING' inline\n\n",
    ),
    (
        PlayMessage(CALL, "x", then_hang_up=False),
        f"api uuid_transfer {CALL} 'm:^:set:playback_terminators=none"
        "^playback:${sounds_dir}/dialplane/x.wav"
        "^event:Event-Subclass=dialplane::played,Event-Name=CUSTOM,Message=x,"
        "Answer=${current_application_response},Then=wait"
        "^set:park_timeout=60:NORMAL_CLEARING^park' inline\n\n",
    ),
    (
        StartRecording(CALL, "2026/11/20/a"),
        f"api uuid_setvar_multi {CALL} "
        "RECORD_STEREO=true;RECORD_APPEND=true\n\n"
        f"api expand uuid_record {CALL} start ${{recordings_dir}}/2026/11/20/a.wav\n\n",
    ),
    (
        StopRecording(CALL),
        f"api uuid_setvar {CALL} dialplane_tape\n\napi uuid_record {CALL} stop all\n\n",
    ),
    (
        EnterFlow(CALL, "f", "trunk-1"),
        f"api uuid_setvar_multi {CALL} dialplane_flow=;dialplane_tags=;dialplane_zones=;"
        "dialplane_party=;dialplane_dial=sofia/gateway/trunk-1/;dialplane_dial_end=\n\n"
        f"api uuid_transfer {CALL} :call XML dialplane-flow-f\n\n",
    ),
    (
        EnterFlow(
            CALL,
            "f",
            "t",
            {"name": 'Zo\u00eb "', "x": ""},
            ("vip", "a-b"),
            ("Asia/Tokyo", "UTC"),
            Party.MACHINE,
        ),
        f"api uuid_setvar_multi {CALL} dialplane_flow=;dialplane_tags==vip=a-b=;"
        "dialplane_zones=Asia/Tokyo=UTC;dialplane_party=machine;"
        "dialplane_dial=sofia/gateway/t/;dialplane_dial_end=;"
        "dialplane_with.f.name=vZo=C3=AB=20=22;dialplane_with.f.x=v\n\n"
        f"api uuid_transfer {CALL} :call XML dialplane-flow-f\n\n",
    ),
    (
        AnswerFlow(CALL, "1", {"due": "12,50"}),
        f"api uuid_setvar_multi {CALL} dialplane_got.due=12=2C50\n\n"
        f"api uuid_setvar {CALL} dialplane_answer 1=answered\n\n",
    ),
    (SayFlow(CALL, "1", "/a/b"), f"api uuid_setvar {CALL} dialplane_said 1=/a/b.wav\n\n"),
    (SayFlow(CALL, "1"), f"api uuid_setvar {CALL} dialplane_said 1=\n\n"),
    (
        SayFlow(CALL, "1", "https://x/a.wav"),
        f"api uuid_setvar {CALL} dialplane_said 1=https://x/a.wav\n\n",
    ),
    (AnswerFlow(CALL, "1", None), f"api uuid_setvar {CALL} dialplane_answer 1=failed\n\n"),
    (
        Monitor(CALL, "boss", LEG, Listening.WHISPER),
        f"bgapi originate {{origination_uuid={CALL},originate_timeout=21,{KNOWN}-spy,"
        f"dialplane_target={LEG},eavesdrop_enable_dtmf=false,eavesdrop_whisper_bleg=true,{SILENCE}}}"
        "user/boss 'm:^:event:Event-Subclass=dialplane::listening,Event-Name=CUSTOM,"
        f"There=${{uuid_exists({LEG})}}^eavesdrop:{LEG}^hangup:NORMAL_CLEARING' inline\n"
        f"Job-UUID: originate:{CALL}\n\n",
    ),
]


def wire(command: Command, dialling: Dialling | None = None) -> bytes:
    return b"".join(encode(action) for action in actions(command, dialling or Dialling()))


@pytest.mark.parametrize(("command", "text"), GOLDEN, ids=lambda value: type(value).__name__)
def test_each_command_is_these_bytes(command: Command, text: str) -> None:
    assert wire(command).decode() == text


def test_every_command_of_the_vocabulary_has_an_action() -> None:
    golden = {type(command) for command, _ in GOLDEN}
    assert set(ACTIONS) == set(get_args(Command)) == golden


def test_a_transfer_is_dialled_as_every_number_is() -> None:
    command = EnterFlow(CALL, "f", "trunk-1")
    over = Dialling(trunk_technology="loopback", plus=True)
    assert b"dialplane_dial=loopback/+;dialplane_dial_end=/trunk-1\n\n" in wire(command, over)


def test_long_texts_go_in_pieces_and_many_in_several_commands() -> None:
    given = {"long": "\U0001f642" * 200} | {f"v{nth}": "x" for nth in range(99)}
    *sets, into = wire(EnterFlow(CALL, "f", "t", given)).decode().split("\n\n")[:-1]
    assert into.startswith("api uuid_transfer")
    pairs = [pair for line in sets for pair in line.split(" ", 3)[3].split(";")]
    held = dict(pair.split("=", 1) for pair in pairs)
    assert "".join(held[f"dialplane_with.f.long{end}"] for end in ("", ".2", ".3")) == (
        "v" + pack(given["long"])
    )
    assert all(held[f"dialplane_with.f.v{nth}"] == "vx" for nth in range(99))
    assert all(line.count(";") < 64 for line in sets)  # FreeSWITCH reads no more


def test_the_longest_of_everything_can_be_sent() -> None:
    longest = "/".join(["a" * 49] * 3 + ["a" * 50])
    assert len(longest) == MAX_PATH
    assert longest.encode() in wire(StartRecording(CALL, longest))
    token, number = "t" * 64, "+123456789012345"
    loopback = Dialling("loopback", "loopback", phones=token)
    assert wire(Originate(CALL, number, token, number, 300, amd=True), loopback)
    assert wire(Monitor(CALL, token, LEG, Listening.BARGE), loopback)
    message = PlayMessage(CALL, token, then_hang_up=False)
    assert wire(message)
    assert wire(message, Dialling(music=True))


def test_a_caller_hears_music_after_a_message_and_is_not_held_for_ever() -> None:
    message = PlayMessage(CALL, "x", then_hang_up=False)
    assert (
        wire(message, Dialling(music=True))
        .decode()
        .endswith(
            "Then=wait^set:playback_terminators=none^set:playback_timeout_sec=660"
            "^playback:file_string://${hold_music}!silence_stream://660000"
            "^hangup:NORMAL_CLEARING' inline\n\n"
        )
    )
    last = replace(message, then_hang_up=True)
    assert wire(last, Dialling(music=True)) == wire(last)


AMD = replace(ORIGINATE, amd=True)


def test_with_amd_the_answered_call_is_listened_to() -> None:
    chain = (
        "'m:^:event:Event-Subclass=dialplane::answered,Event-Name=CUSTOM"
        "^avmd_start^sleep:2000^avmd_stop"
        "^event:Event-Subclass=dialplane::classified,Event-Name=CUSTOM^park' inline\n"
    )
    assert chain.encode() in wire(AMD)


def test_or_told_at_once_that_nobody_knows() -> None:
    sent = wire(AMD, Dialling(listen=0))
    assert b"avmd" not in sent
    assert b"dialplane::classified" in sent


@pytest.mark.parametrize(
    ("dialling", "text"),
    [
        (Dialling(plus=True), b"sofia/gateway/trunk-1/+4930123456 "),
        (Dialling("loopback"), b"loopback_bowout=false,loopback_bowout_on_execute=false}loopback/"),
        (Dialling("loopback"), b"}loopback/4930123456/trunk-1 "),
        (Dialling(hold=9), b"park_timeout=9:NORMAL_CLEARING"),
    ],
)
def test_a_number_is_written_as_the_trunk_wants_it(dialling: Dialling, text: bytes) -> None:
    assert text in wire(ORIGINATE, dialling)


@pytest.mark.parametrize(
    ("technology", "text"),
    [("gateway", b"}sofia/gateway/pbx-2/101 "), ("loopback", b"}loopback/101/pbx-2 ")],
)
def test_a_phone_is_reached_as_the_pbx_reaches_it(technology: str, text: bytes) -> None:
    dialling = Dialling(phone_technology=technology, phones="pbx-2")
    assert text in wire(RingAgent(LEG, "101"), dialling)


@pytest.mark.parametrize(
    "command", [ORIGINATE, RingAgent(LEG, "101"), Monitor(CALL, "boss", LEG, Listening.BARGE)]
)
def test_a_loopback_gets_no_silence_which_crashes_freeswitch(command: Command) -> None:
    assert SILENCE.encode() in wire(command)
    assert b"silence" not in wire(command, Dialling("loopback", "loopback"))


def test_what_the_caller_id_shows_is_written_as_the_number_is() -> None:
    assert b"caller_id_number=+493099999," in wire(ORIGINATE, Dialling(plus=True))


# --- T1: 10,000 hostile values, read back by a parser of its own ---------------------------------

PIECES = (
    "\r\n", "\n", "\n\n", "\r", "\0", "\x7f", "\x1b[2J", "\u2028", "Ł", "\ud800", "٣", " ", "", "&",
    "/", ",", "@", "|", "^", "'", '"', "\\", "..", "%0d%0a", "%0A", "%7D", "${system(id)}", "$${a}",
    "{a=b}", "[a=b]", "<a=b>", "}", ":_:", "api shutdown", "&system(id)", "'m:^:", "inline", "+49",
    "15550100", "trunk-1", "safe", "2026/11/20", "0190c0de-0000-7000-8000-000000000001", "x" * 300,
)  # fmt: skip


def test_of_ten_thousand_hostile_values_none_changes_the_shape_of_a_command() -> None:
    ten_thousand([command for command, _ in GOLDEN], PIECES, wire, shape)


def shape(data: bytes) -> list[list[str]]:
    """The lines of each command as a FreeSWITCH would read them, with every word a w, and every
    sound that a text is said by."""
    sound = re.compile(r"(?<=dialplane_said )([\w-]+)=[\w./:-]*$", re.ASCII)
    return [
        [re.sub(r"[\w+-]+(/[\w+-]+)*", "w", sound.sub(r"\1=w", text)) for text in one]
        for one in LineRule().feed(data)
    ]


def test_a_text_in_the_place_of_an_id_is_refused() -> None:
    evil: Any = f"{CALL}\n\napi shutdown"
    with pytest.raises(CommandRefused):
        wire(HangUp(evil))
