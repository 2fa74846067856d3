"""What an installation does, by a process that is killed before and after each of its steps."""

import os
import signal
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

Step = tuple[Any, str]
FILES: tuple[Step, ...] = (
    (os, "fsync"),
    (os, "fchmod"),
    (os, "unlink"),
    (os, "rmdir"),
    (Path, "mkdir"),
    (Path, "rename"),
    (Path, "symlink_to"),
    (Path, "replace"),
)
"""What it does to files. A folder that goes is unlinked file by file."""


def killed_at(nth: int, do: Callable[[], Any], steps: Iterable[Step]) -> bool:
    """Do it in a process that is killed at one of its steps; whether it was, or had fewer."""
    pid = os.fork()
    if pid == 0:
        with suppress(BaseException):
            _count_down(nth, steps)
            do()
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(pid, 0)[1])


def _count_down(nth: int, steps: Iterable[Step]) -> None:
    left = iter(range(nth, -1, -1))

    def step() -> None:
        if next(left, 0) == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def counted(inner: Any) -> Any:
        def call(*args: Any, **named: Any) -> Any:
            step()
            done = inner(*args, **named)
            step()
            return done

        return call

    for owner, name in steps:
        setattr(owner, name, counted(getattr(owner, name)))
