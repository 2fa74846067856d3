"""A process that never outlives the one that started it.

Beside each child stands a guard: a shell that waits on a pipe which only we hold. When we end,
however we end, the pipe closes, and the guard kills the child and removes its folder. (The
kernel's parent-death signal is tied to the thread that forked, not to the process.)
"""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from lab.account import Account

GUARD = 'read -r _ && exit 0; kill -s KILL -- "-$0"; rm -rf -- "$1"'


class Child:
    """A process in a session of its own, so that Ctrl-C at our terminal is ours to handle."""

    def __init__(
        self,
        argv: Sequence[str | Path],
        *,
        log: Path,
        sweep: Path,
        env: Mapping[str, str] | None = None,
        account: Account | None = None,
    ) -> None:
        """Start `argv`, its output to the end of `log`; `sweep` is removed if we die first."""
        with log.open("ab") as out:
            self._process = subprocess.Popen(  # noqa: S603 - written in the lab
                [str(word) for word in argv],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})},
                **(account.drop_to() if account else {}),
                cwd=sweep,
                start_new_session=True,
            )
        self._guard = subprocess.Popen(  # noqa: S603 - written above
            ["/bin/sh", "-c", GUARD, str(self._process.pid), str(sweep)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def stop(self, seconds: float = 10.0, ask: signal.Signals = signal.SIGTERM) -> None:
        """Ask it to end, and make it end after `seconds`."""
        if self.running:
            self._process.send_signal(ask)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        self.kill()

    def kill(self) -> None:
        """End it at once, and whatever it started. Safe to call twice."""
        if self.running:
            self._process.send_signal(signal.SIGSTOP)  # it starts nothing more
        for pid in descendants(self._process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._dismiss_guard()

    def _dismiss_guard(self) -> None:
        pipe = self._guard.stdin
        if pipe and not pipe.closed:
            with contextlib.suppress(BrokenPipeError):
                pipe.write(b"done\n")
                pipe.close()
        self._guard.wait()


def descendants(pid: int) -> list[int]:
    """The processes that `pid` started, and theirs: PostgreSQL's leave its process group."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    found = list(children.get(pid, ()))
    for one in found:  # grows while it is read
        found += children.get(one, ())
    return found
