"""What python-ESL is given to read: the same bytes, cut where they cannot hurt it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.freeswitch.codec import MAX_HEAD, EslProtocolError
from connectors.freeswitch.gate import PACKET, Gate
from tests.connectors.freeswitch.esl_server import frame, plain_event

GREETING = b"Content-Type: auth/request\n\n"
FRAMES = [
    GREETING,
    frame("command/reply", reply="+OK accepted"),
    plain_event({"Event-Name": "CHANNEL_ANSWER", "evil": "a\n\nContent-Length: -1\n\n"}),
    frame("api/response", b"a\n\nb\n\n"),
    plain_event({"Event-Name": "BACKGROUND_JOB", "_body": "+OK\n\n"}),
    frame("api/response", b"x" * 50_000),
    frame("text/disconnect-notice", b""),
]
STREAM = b"".join(FRAMES)
CUTS = st.lists(st.integers(0, len(STREAM)), max_size=8).map(sorted)


def packets(stream: bytes, cuts: list[int]) -> list[bytes]:
    gate, found = Gate(), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += gate.feed(stream[start:end])
    return found


def heads() -> list[range]:
    """Where the stream must not be cut."""
    found, at = [], 0
    for one in FRAMES:
        found.append(range(at + 1, at + one.index(b"\n\n") + 2))
        at += len(one)
    return found


@given(CUTS)
def test_however_it_is_read_it_is_the_same_and_no_head_is_cut(cuts: list[int]) -> None:
    found, at = packets(STREAM, cuts), 0
    assert b"".join(found) == STREAM
    for packet in found:
        assert 0 < len(packet) <= PACKET
        at += len(packet)
        assert not any(at in head for head in heads())


def test_byte_by_byte_is_the_same() -> None:
    assert b"".join(packets(STREAM, list(range(1, len(STREAM))))) == STREAM


def test_half_a_frame_is_kept_back() -> None:
    assert b"".join(packets(STREAM + FRAMES[2][:-1], [])) == STREAM


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: -1",
        b"Content-Length: %31",
        b"Content-Length: 99999999999",
        b"Content-Length: 16777217",
        b"CONTENT-LENGTH: -1",
        b"Content-Length: 1\nContent-Length: 2",
        b"Content-Length: 1\ncontent-length: 2",
        b"more\nContent-Length: 5",
        b"Content-Length[0]: 5",
        b"Content Length: 5",
        b"A: \0\nContent-Length: 5",
        b"A: b\r\nContent-Length: 5",
        b"\rA: b",
        b"Content-Type: text/event-json\nContent-Length: 2",
        b"A: " + b"x" * MAX_HEAD,
    ],
)
def test_a_head_that_could_be_read_in_two_ways_is_none(head: bytes) -> None:
    gate = Gate()
    gate.feed(GREETING)
    with pytest.raises(EslProtocolError):
        gate.feed(head + b"\n\n")


def test_a_head_without_an_end_is_given_up() -> None:
    gate = Gate()
    gate.feed(GREETING)
    gate.feed(b"x" * MAX_HEAD)
    with pytest.raises(EslProtocolError, match="longer than"):
        gate.feed(b"x")


@given(st.binary(max_size=300))
def test_whatever_comes_is_passed_on_whole_or_refused(junk: bytes) -> None:
    gate = Gate()
    gate.feed(GREETING)
    try:
        found = gate.feed(junk)
    except EslProtocolError:
        return
    assert junk.startswith(b"".join(found))
