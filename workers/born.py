"""The supervisor's side of the nursery: asks it for worker processes, and hears how they ended."""

import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

log = logging.getLogger(__name__)

FAILED = 1  # the exit code of one that never lived
KILLED = -signal.SIGKILL
LOAD_SECONDS = 60.0  # for what is imported, on a machine with much else to do
LOOK_SECONDS = 0.02
LONGEST = 4096  # bytes that are taken in at once


class Born:
    """A worker process, with what `subprocess.Popen` knows of one."""

    def __init__(self, nursery: "Nursery", pid: int, returncode: int | None = None) -> None:
        self._nursery = nursery
        self.pid = pid
        self.returncode = returncode

    def poll(self) -> int | None:
        """Its exit code; None while it runs."""
        self._nursery.hear()
        return self.returncode

    def terminate(self) -> None:
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        self._send(signal.SIGKILL)

    def wait(self, seconds: float | None = None) -> int:
        """Its exit code. Raises `subprocess.TimeoutExpired`."""
        deadline = time.monotonic() + (float("inf") if seconds is None else seconds)
        while (code := self.poll()) is None:
            if time.monotonic() >= deadline:
                raise subprocess.TimeoutExpired("workers.child", seconds or 0.0)
            time.sleep(LOOK_SECONDS)
        return code

    def _send(self, number: signal.Signals) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):  # it has just ended
                os.kill(self.pid, number)


class Nursery:
    """A process that forks worker processes off itself; one that is lost is replaced when needed.

    With it its children are lost: nobody would tell how they end.
    """

    def __init__(self, home: Path, queues: Sequence[str]) -> None:
        self._environ = {"OPENBLAS_NUM_THREADS": "1", **os.environ, "DIALPLANE_HOME": str(home)}
        self._queues = ",".join(queues)
        self._children: dict[int, Born] = {}
        self._latest: Born | None = None
        self._start()

    def bear(self, queue: str, name: str, lifeline: int) -> Born:
        """A new worker process. Where none can be made, one that has ended with `FAILED`."""
        self.hear()
        if self._process.poll() is not None:
            self._start()
        try:
            socket.send_fds(self._channel, [f"{queue} {name}".encode()], [lifeline])
            return self._next_born()
        except OSError as wrong:
            self._lose(f"no worker process could be made: {wrong}")
            return Born(self, 0, FAILED)

    def hear(self) -> None:
        """Take in what the nursery has said by now."""
        try:
            while self._channel.fileno() >= 0:
                self._take(self._channel.recv(LONGEST, socket.MSG_DONTWAIT))
        except BlockingIOError:
            return
        except OSError as wrong:
            self._lose(f"the process that worker processes come from is lost: {wrong}")

    def close(self) -> None:
        """End it, when its children have ended."""
        self._channel.close()
        self._process.kill()
        self._process.wait()

    def _start(self) -> None:
        self._channel, theirs = socket.socketpair()
        words = ["-m", "workers.nursery", str(theirs.fileno()), self._queues]
        with theirs, _unheard(signal.SIGINT, signal.SIGTERM):
            self._process = subprocess.Popen(  # noqa: S603 - our own module, in this very Python
                [sys.executable, "-P", *words],
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                env=self._environ,
            )
        self._said = b""

    def _next_born(self) -> Born:
        """Raises `OSError` when it does not come."""
        self._latest = None
        self._channel.settimeout(LOAD_SECONDS)
        while self._latest is None:
            self._take(self._channel.recv(LONGEST))
        self._channel.settimeout(None)
        return self._latest

    def _take(self, said: bytes) -> None:
        if not said:
            raise ConnectionResetError("it has ended")
        *lines, self._said = (self._said + said).split(b"\n")
        for line in lines:
            word, pid, *code = line.decode().split()
            if word == "born":
                self._latest = self._children[int(pid)] = Born(self, int(pid))
            else:
                self._children.pop(int(pid)).returncode = int(code[0])

    def _lose(self, why: str) -> None:
        log.warning("%s", why)
        self._channel.close()
        self._process.kill()
        self._process.wait()
        for pid, lost in self._children.items():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            lost.returncode = KILLED
        self._children.clear()


@contextmanager
def _unheard(*numbers: signal.Signals) -> Iterator[None]:
    """What is started within does not hear these signals.

    A terminal sends Ctrl-C to the whole process group; it is the supervisor's to hear, and what
    is still loading would die of it with a trace.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
