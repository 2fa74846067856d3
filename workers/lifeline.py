"""Processes that never outlive the one that started them, however that one ends.

The starter holds the writing end of a pipe and never writes. When it dies, SIGKILL included, the
kernel closes the pipe and the reading end sees the end of file. (The kernel's parent-death signal
is tied to the thread that forked and is lost in an exec of a privileged program.) A Python child
reads the pipe itself; beside any other program stands a shell that does.
"""

import os
import signal
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

_GUARD = 'read -r _ && exit 0; kill -s TERM -- "$0"'


class Process(Protocol):
    """What `subprocess.Popen` knows of a process, as far as it is needed to end it."""

    def poll(self) -> int | None: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...
    def wait(self, seconds: float | None = None, /) -> int: ...


class Guarded:
    """A foreign program, in a session of its own, ended with SIGTERM when we are gone."""

    def __init__(self, argv: Sequence[str], *, stdin: bytes, log: Path, cwd: Path) -> None:
        with log.open("ab") as out:
            self.process = subprocess.Popen(  # noqa: S603 - a path we looked up, no shell
                list(argv),
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                start_new_session=True,
            )
        self._guard = subprocess.Popen(  # noqa: S603 - written above
            ["/bin/sh", "-c", _GUARD, str(self.process.pid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        _write_all(self.process, stdin)

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def stop(self, seconds: float = 10.0) -> None:
        """Ask it to end, and end it after `seconds`. Safe to call twice."""
        end(self.process, seconds)
        _write_all(self._guard, b"done\n")
        self._guard.wait()


def end(process: Process, seconds: float) -> None:
    """SIGTERM, and SIGKILL when that has not ended it after `seconds`."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def end_with_parent(lifeline: int) -> None:
    """In a Python child: SIGTERM to ourselves once the other end of the pipe is closed."""
    threading.Thread(target=_hang_on, args=(lifeline,), name="lifeline", daemon=True).start()


def _hang_on(lifeline: int) -> None:
    while os.read(lifeline, 1):
        continue
    os.kill(os.getpid(), signal.SIGTERM)


def _write_all(process: "subprocess.Popen[bytes]", data: bytes) -> None:
    pipe = process.stdin
    if pipe is None or pipe.closed:
        return
    try:
        pipe.write(data)
        pipe.close()
    except BrokenPipeError:
        return  # it has ended already; its exit is seen elsewhere
