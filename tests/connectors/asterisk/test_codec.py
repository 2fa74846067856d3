"""Bytes are the same messages however they are cut, and nothing of them is lost or let grow."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.asterisk.codec import (
    MAX_MESSAGE,
    AmiProtocolError,
    Decoder,
    Message,
    encode,
    take_greeting,
)
from connectors.pbx import CommandRefused
from tests.connectors.asterisk.ami_server import packet

GREETING = b"Asterisk Call Manager/11.0.0\r\n"
STREAM = GREETING + b"".join(
    (
        packet(Response="Success", Message="Authentication accepted"),
        packet(Event="FullyBooted", Uptime="3"),
        packet(Event="VarSet", Variable="name", Value="Łódź, 東京"),
        packet(Event="Hangup", Cause="16", Cause_txt=""),
        b"Response: Success\r\nOutput: one\r\nOutput: \r\nOutput:  two\r\n\r\n",
        b"Event: UserEvent\r\nbare:value\r\nnothing\r\nlf: a\nb\r\n\r\n",
    )
)
WHOLE = Decoder().feed(STREAM)

CUTS = st.lists(st.integers(0, len(STREAM)), max_size=8).map(sorted)


def cut_at(stream: bytes, cuts: list[int]) -> list[Message]:
    decoder = Decoder()
    found = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += decoder.feed(stream[start:end])
    return found


def test_a_message_has_its_headers() -> None:
    assert [message.event for message in WHOLE] == [
        "", "FullyBooted", "VarSet", "Hangup", "", "UserEvent",
    ]  # fmt: skip
    assert WHOLE[0].is_response
    assert not WHOLE[1].is_response
    assert WHOLE[2]["Value"] == "Łódź, 東京"
    last = WHOLE[5]
    assert (last["Event"], last["bare"], last["nothing"], last["lf"]) == (
        "UserEvent", "value", "", "a\nb",
    )  # fmt: skip
    assert last["b"] == last["Bare"] == last["UserEvent"] == ""


def test_a_header_without_a_value_and_one_that_is_absent_read_the_same() -> None:
    assert WHOLE[3]["Cause-txt"] == WHOLE[3]["TechCause"] == ""


def test_a_header_that_repeats_gives_all_its_values() -> None:
    assert WHOLE[4].every("Output") == ("one", "", " two")
    assert WHOLE[0].every("Output") == ()


def test_byte_by_byte_is_the_same() -> None:
    assert cut_at(STREAM, list(range(1, len(STREAM)))) == WHOLE


@pytest.mark.parametrize("at", range(len(STREAM) + 1))
def test_cut_in_two_anywhere_is_the_same(at: int) -> None:
    assert cut_at(STREAM, [at]) == WHOLE


@given(CUTS)
def test_cut_in_many_is_the_same(cuts: list[int]) -> None:
    assert cut_at(STREAM, cuts) == WHOLE


@given(st.binary(max_size=300), st.data())
def test_any_bytes_are_read_the_same_however_they_are_cut(tail: bytes, data: st.DataObject) -> None:
    stream = GREETING + tail.replace(b"a", b"\r\n").replace(b"b", b"\r\n\r\n")
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    assert cut_at(stream, cuts) == Decoder().feed(stream)


def test_only_what_is_wanted_is_kept_and_every_response() -> None:
    kept = Decoder(("Hangup",)).feed(STREAM)
    assert [message.event for message in kept] == ["", "Hangup", ""]


def test_a_wanted_name_is_wanted_whole() -> None:
    stream = (
        GREETING + packet(Event="HangupRequest") + packet(Event="Hang") + b"Event: Hangup\r\n\r\n"
    )
    assert [m.event for m in Decoder(("Hangup",)).feed(stream)] == ["Hangup"]


def test_a_message_that_never_ends_is_given_up() -> None:
    decoder = Decoder()
    decoder.feed(GREETING)
    for _ in range(MAX_MESSAGE // 1024):
        decoder.feed(b"x" * 1024)
    with pytest.raises(AmiProtocolError, match="longer than"):
        decoder.feed(b"x")


def test_so_is_one_that_comes_at_once() -> None:
    with pytest.raises(AmiProtocolError, match="longer than"):
        Decoder().feed(GREETING + b"Event: A\r\nB: " + b"x" * MAX_MESSAGE + b"\r\n\r\n")


@pytest.mark.parametrize(
    "greeting",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 400\r\n",
        b"\r\n",
        b"Asterisk Call Manager/\r\n",
        b"\0",
    ],
)
def test_whoever_greets_otherwise_is_no_asterisk(greeting: bytes) -> None:
    with pytest.raises(AmiProtocolError, match="greet"):
        Decoder().feed(greeting)


def test_a_greeting_that_never_ends_is_given_up() -> None:
    with pytest.raises(AmiProtocolError, match="greeting"):
        take_greeting(bytearray(b"Asterisk Call Manager/" + b"1" * 200))


def test_an_action_is_its_headers_and_an_empty_line() -> None:
    assert encode((("Action", "Ping"), ("ActionID", "a:1"), ("Value", ""))) == (
        b"Action: Ping\r\nActionID: a:1\r\nValue: \r\n\r\n"
    )


@given(st.text(min_size=1), st.booleans())
@settings(max_examples=300)
def test_no_text_makes_a_further_line(text: str, as_key: bool) -> None:
    try:
        data = encode((("Action", "Ping"), (text, "x") if as_key else ("Key", text)))
    except CommandRefused:
        return
    assert data.count(b"\n") == data.count(b"\r") == 3
    assert data.isascii()


@pytest.mark.parametrize("value", ["a\r\nb", "a\nb", "\0", "\x7f", "é", "x" * 961, "\x1b[2J"])
def test_what_must_not_cross_is_refused_and_not_repeated(value: str) -> None:
    with pytest.raises(CommandRefused) as refused:
        encode((("Action", "Ping"), ("Key", value)))
    assert value not in str(refused.value)
