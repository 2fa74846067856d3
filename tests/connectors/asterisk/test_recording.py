"""Two mono files become one in stereo, whatever state they were left in."""

import io
import struct
import wave
from pathlib import Path

import pytest

from connectors.asterisk.recording import interleaved, join, parts


def mono(samples: list[int], *, cut_off: bool = False) -> io.BytesIO:
    """A WAV as Asterisk writes it; `cut_off`: as a killed one leaves it, without its lengths."""
    data = struct.pack(f"<{len(samples)}h", *samples)
    length = 0 if cut_off else len(data)
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF", 36 + length, b"WAVE", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16, b"data", length,
    )  # fmt: skip
    return io.BytesIO(header + data)


def stereo(customer: io.BytesIO, agent: io.BytesIO) -> list[tuple[int, int]]:
    out = io.BytesIO()
    join(customer, agent, out)
    out.seek(0)
    with wave.open(out) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 8000)
        return list(struct.iter_unpack("<hh", file.readframes(file.getnframes())))


def test_the_customer_is_left_and_the_agent_right() -> None:
    assert stereo(mono([1, -2, 3]), mono([100, 200, -300])) == [(1, 100), (-2, 200), (3, -300)]


def test_the_shorter_one_ends_in_silence() -> None:
    assert stereo(mono([1, 2, 3]), mono([7])) == [(1, 7), (2, 0), (3, 0)]
    assert stereo(mono([]), mono([7])) == [(0, 7)]
    assert stereo(mono([]), mono([])) == []


@pytest.mark.parametrize("cut_off", [True, False])
def test_a_recording_longer_than_a_chunk_is_whole(cut_off: bool) -> None:
    left, right = list(range(-20_000, 20_000)), list(range(20_000, -20_000, -1))
    frames = stereo(mono(left, cut_off=cut_off), mono(right, cut_off=cut_off))
    assert frames == list(zip(left, right, strict=True))


def test_half_a_sample_at_the_end_is_let_go() -> None:
    assert interleaved(b"\1\0\2", b"\3\0") == b"\1\0\3\0"


def test_the_parts_lie_beside_where_the_recording_will_be() -> None:
    customer, agent = parts(Path("monitor/2026/11/20/abc"))
    assert customer == Path("monitor/2026/11/20/abc-customer.wav")
    assert agent == Path("monitor/2026/11/20/abc-agent.wav")
