"""A child ends with the process that started it, however that one ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from lab.child import Child
from lab.wait import until

PARENT = """
import sys, time
from pathlib import Path
from lab.child import Child
folder = Path(sys.argv[1])
print(Child(["sleep", "600"], log=folder / "log", sweep=folder).pid, flush=True)
time.sleep(600)
"""


def test_a_killed_parent_takes_its_child_and_its_folder_along(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(folder)], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        assert _alive(pid)
        parent.send_signal(signal.SIGKILL)
    assert until(lambda: not _alive(pid) and not folder.exists(), 5)


def test_stop_asks_first(tmp_path: Path) -> None:
    script = "trap 'echo asked; exit 0' TERM; echo ready; while :; do sleep 0.01; done"
    log = tmp_path / "log"
    child = Child(["sh", "-c", script], log=log, sweep=tmp_path)
    assert until(lambda: "ready" in log.read_text(), 5)
    child.stop()
    assert not child.running
    assert log.read_text() == "ready\nasked\n"


def test_what_does_not_listen_is_ended_all_the_same(tmp_path: Path) -> None:
    log = tmp_path / "log"
    child = Child(["sh", "-c", "trap '' TERM; echo deaf; sleep 600"], log=log, sweep=tmp_path)
    assert until(lambda: "deaf" in log.read_text(), 5)
    child.stop(seconds=0.2)
    assert not child.running
    child.kill()
    assert tmp_path.exists()


def test_kill_reaches_what_has_left_the_process_group(tmp_path: Path) -> None:
    log = tmp_path / "log"
    child = Child(["sh", "-c", "setsid sleep 600 & echo $!; wait"], log=log, sweep=tmp_path)
    assert until(lambda: log.read_text().endswith("\n"), 5)
    pid = int(log.read_text())
    assert until(lambda: os.getsid(pid) == pid, 5)
    child.kill()
    assert until(lambda: not _alive(pid), 5)


def _alive(pid: int) -> bool:
    """Whether the process runs; one that nobody has reaped yet does not."""
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
