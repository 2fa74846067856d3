"""Bytes are the same frames however they are cut, and nothing of them is lost or let grow."""

import json

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.freeswitch.codec import (
    MAX_BODY,
    MAX_COMMAND,
    MAX_HEAD,
    Decoder,
    EslProtocolError,
    Frame,
    line,
)
from connectors.freeswitch.event import event
from connectors.pbx import CommandRefused
from tests.connectors.freeswitch.esl_server import frame, json_event

GREETING = b"Content-Type: auth/request\n\n"
STREAM = GREETING + b"".join(
    (
        frame("command/reply", reply="+OK accepted"),
        frame("api/response", b"+OK one\n"),
        json_event({"Event-Name": "CHANNEL_ANSWER", "Unique-ID": "a", "Who": "Łódź, 東京"}),
        json_event({"Event-Name": "X", "evil": "a\n\nContent-Type: command/reply\n\n"}),
        frame("api/response", b""),
        frame("text/disconnect-notice", b"Disconnected, goodbye.\n"),
    )
)
WHOLE = Decoder().feed(STREAM)
CUTS = st.lists(st.integers(0, len(STREAM)), max_size=8).map(sorted)


def cut_at(stream: bytes, cuts: list[int]) -> list[Frame]:
    decoder = Decoder()
    found = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += decoder.feed(stream[start:end])
    return found


def test_a_frame_has_its_headers_and_its_body() -> None:
    assert [one.kind for one in WHOLE] == [
        "auth/request", "command/reply", "api/response", "text/event-json", "text/event-json",
        "api/response", "text/disconnect-notice",
    ]  # fmt: skip
    assert [WHOLE[n].text for n in (1, 2, 5)] == ["+OK accepted", "+OK one", ""]


def test_an_event_has_its_values_whatever_is_in_them() -> None:
    first, second = (event(WHOLE[n].body) for n in (3, 4))
    assert (first.name, first["Who"], first["absent"]) == ("CHANNEL_ANSWER", "Łódź, 東京", "")
    assert second["evil"].startswith("a\n\n")


def test_a_custom_event_is_called_by_its_subclass() -> None:
    heard = event(orjson.dumps({"Event-Name": "CUSTOM", "Event-Subclass": "dialplane::played"}))
    assert heard.name == "dialplane::played"


def test_byte_by_byte_is_the_same() -> None:
    assert cut_at(STREAM, list(range(1, len(STREAM)))) == WHOLE


@pytest.mark.parametrize("at", range(len(STREAM) + 1))
def test_cut_in_two_anywhere_is_the_same(at: int) -> None:
    assert cut_at(STREAM, [at]) == WHOLE


@given(CUTS)
def test_cut_in_many_is_the_same(cuts: list[int]) -> None:
    assert cut_at(STREAM, cuts) == WHOLE


@given(st.lists(st.binary(max_size=200), max_size=5), st.data())
def test_any_bodies_are_read_the_same_however_they_are_cut(
    bodies: list[bytes], data: st.DataObject
) -> None:
    stream = GREETING + b"".join(frame("api/response", body) for body in bodies)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    found = cut_at(stream, cuts)
    assert [one.body for one in found[1:]] == bodies


def test_half_a_frame_is_none() -> None:
    decoder = Decoder()
    decoder.feed(GREETING)
    assert decoder.feed(frame("api/response", b"x" * 100)[:-1]) == []


def test_a_body_of_a_megabyte_is_read() -> None:
    body = b"x" * 1_000_000
    assert Decoder().feed(GREETING + frame("api/response", body))[1].body == body


@pytest.mark.parametrize("length", [str(MAX_BODY + 1), "-1", "1e3", "٣", "99999999999", ""])
def test_a_body_longer_than_any_or_of_no_length_is_given_up(length: str) -> None:
    with pytest.raises(EslProtocolError, match="body"):
        Decoder().feed(GREETING + f"Content-Length: {length}\n\n".encode())


def test_a_head_that_never_ends_is_given_up() -> None:
    decoder = Decoder()
    decoder.feed(GREETING)
    for _ in range(MAX_HEAD // 1024):
        decoder.feed(b"x" * 1024)
    with pytest.raises(EslProtocolError, match="longer than"):
        decoder.feed(b"x")


def test_so_is_one_that_comes_at_once() -> None:
    with pytest.raises(EslProtocolError, match="longer than"):
        Decoder().feed(GREETING + b"A: " + b"x" * MAX_HEAD + b"\n\n")


@pytest.mark.parametrize("greeting", [b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 400\r\n", b"\n\n", b"\0"])
def test_whoever_greets_otherwise_is_no_event_socket(greeting: bytes) -> None:
    with pytest.raises(EslProtocolError, match="greet"):
        Decoder().feed(greeting)


def test_bytes_that_are_no_utf_8_are_replaced_and_the_event_is_told() -> None:
    heard = event(b'{"Event-Name":"CHANNEL_ANSWER","Caller-Caller-ID-Name":"J\xfcrgen"}')
    assert (heard.name, heard["Caller-Caller-ID-Name"]) == ("CHANNEL_ANSWER", "J�rgen")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"1", b"\xff"])
def test_what_is_no_event_is_told_as_that(body: bytes) -> None:
    with pytest.raises(EslProtocolError):
        event(body)


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.none()))
def test_a_value_that_is_no_text_reads_as_none(headers: dict[str, object]) -> None:
    heard = event(json.dumps(headers).encode())
    for key, value in headers.items():
        assert heard[key] == (value if isinstance(value, str) else "")


@given(st.text(min_size=1))
@settings(max_examples=300)
def test_no_text_makes_a_further_line(text: str) -> None:
    try:
        data = line(text)
    except CommandRefused:
        return
    assert data.count(b"\n") == 2
    assert data.count(b"\r") == 0
    assert data.isascii()


@pytest.mark.parametrize(
    "text", ["a\nb", "a\r", "\0", "\x7f", "é", "x" * (MAX_COMMAND + 1), "\x1b[2J", ""]
)
def test_what_must_not_cross_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(CommandRefused) as refused:
        line(text)
    assert not text or text not in str(refused.value)
