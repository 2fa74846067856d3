"""Faults of processes, on real ones."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from faults.clock import SteppingClock
from faults.processes import disk_full, kill, kill_group, standing_still
from lab.wait import until

ECHO = """
import sys
for line in sys.stdin:
    try:
        with open(sys.argv[1], "ab") as file:
            file.write(b"x" * int(line))
        print("written", flush=True)
    except OSError as error:
        print(error.strerror, flush=True)
"""


class Writer:
    """A process that writes as many bytes as it is told to."""

    def __init__(self, path: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", ECHO, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def write(self, count: int) -> str:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{count}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    writer = Writer(tmp_path / "file")
    yield writer
    writer.process.kill()
    writer.process.communicate()


def test_a_disk_that_is_full_for_a_while(writer: Writer, tmp_path: Path) -> None:
    with disk_full(writer.process.pid, 1000):
        assert writer.write(900) == "written"
        assert writer.write(900) == "File too large"
        assert (tmp_path / "file").stat().st_size <= 1000
    assert writer.write(900) == "written"


def test_a_process_stands_still_and_goes_on(writer: Writer) -> None:
    state = Path(f"/proc/{writer.process.pid}/stat")
    with standing_still([writer.process.pid]):
        assert until(lambda: state.read_text().rpartition(")")[2].split()[0] == "T", 5)
    assert writer.write(1) == "written"


def test_what_is_killed_has_no_last_word(writer: Writer) -> None:
    kill([writer.process.pid])
    assert writer.process.wait(10) == -signal.SIGKILL
    kill([writer.process.pid])  # it is gone: nothing to complain about


def test_a_group_is_killed_with_its_leader(writer: Writer) -> None:
    kill_group(writer.process.pid)
    assert writer.process.wait(10) == -signal.SIGKILL
    kill_group(writer.process.pid)


def test_a_clock_that_steps() -> None:
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    clock = SteppingClock(lambda: noon)
    clock.step(3600)
    assert clock.now() == noon + timedelta(hours=1)
    clock.step(-7200)
    assert clock.now() == noon - timedelta(hours=1)
