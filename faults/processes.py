"""What happens to processes: they are killed, stand still, and find the disk full."""

import os
import resource
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress


def kill(pids: Iterable[int]) -> None:
    """As the kernel does when memory runs out: no last word. Those that are gone are gone."""
    _signal(pids, signal.SIGKILL)


def kill_group(leader: int) -> None:
    """The whole process group, as a power cut would end it."""
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def freeze(pids: Iterable[int]) -> None:
    """They stand still, with all that they hold, until `thaw`: a swapping or paused machine."""
    _signal(pids, signal.SIGSTOP)


def thaw(pids: Iterable[int]) -> None:
    _signal(pids, signal.SIGCONT)


@contextmanager
def standing_still(pids: Iterable[int]) -> Iterator[None]:
    """While this lasts."""
    frozen = tuple(pids)
    freeze(frozen)
    try:
        yield
    finally:
        thaw(frozen)


@contextmanager
def disk_full(pid: int, room: int) -> Iterator[None]:
    """No file that the process writes grows beyond `room` bytes while this lasts.

    By its limit on the size of files: a Python process sees `OSError` (EFBIG), as it would see
    ENOSPC; a program that does not ignore SIGXFSZ dies of it.
    """
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


def _signal(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
