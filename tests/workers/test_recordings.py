"""Two mono files of a recording become one in stereo, once, and only when they are complete."""

import os
import wave
from datetime import UTC, datetime
from pathlib import Path

import pytest

from workers.recordings import join_one, waiting


def mono(path: Path, samples: list[int], age: float = 10) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, 8000, 0, "NONE", "not compressed"))
        out.writeframes(b"".join(s.to_bytes(2, "little", signed=True) for s in samples))
    then = path.stat().st_mtime - age
    os.utime(path, (then, then))


@pytest.fixture
def call(tmp_path: Path) -> Path:
    """Where today's recording of a call is, without its ending."""
    return tmp_path / f"{datetime.now(UTC):%Y/%m/%d}" / "call"


def test_customer_left_agent_right_and_the_parts_are_gone(tmp_path: Path, call: Path) -> None:
    mono(call.with_name("call-customer.wav"), [1, 2, 3])
    mono(call.with_name("call-agent.wav"), [-1, -2])
    assert list(waiting(tmp_path)) == [call]
    with wave.open(str(join_one(call))) as whole:
        assert whole.getnchannels() == 2
        frames = whole.readframes(10)
    values = [int.from_bytes(frames[n : n + 2], "little", signed=True) for n in range(0, 12, 2)]
    assert values == [1, -1, 2, -2, 3, 0]
    assert [p.name for p in call.parent.iterdir()] == ["call.wav"]
    assert list(waiting(tmp_path)) == []


def test_a_recording_that_still_grows_waits(tmp_path: Path, call: Path) -> None:
    mono(call.with_name("call-customer.wav"), [1])
    mono(call.with_name("call-agent.wav"), [1], age=0)
    assert list(waiting(tmp_path)) == []


def test_a_half_stays_as_it_is(tmp_path: Path, call: Path) -> None:
    mono(call.with_name("call-customer.wav"), [1])
    assert list(waiting(tmp_path)) == []
    assert call.with_name("call-customer.wav").exists()
