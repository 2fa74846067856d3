"""What Dialplane's own processes take of the machine: processor time, memory, descriptors.

A process counts with all those that it has started. Read from /proc, so Linux only.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lab.child import descendants

_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_TIMES = slice(11, 15)  # utime, stime, and those of children that have ended; after the name


@dataclass(frozen=True, slots=True)
class Held:
    """Of one process. `memory`: resident, bytes; `files`: open descriptors."""

    memory: int
    files: int


def tree(roots: Iterable[int]) -> list[int]:
    """These process ids, and those of all that they have started."""
    found = tuple(roots)
    return [*found, *(pid for root in found for pid in descendants(root))]


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time so far, with that of their children which have ended. A process that
    is gone counts with its parent."""
    return sum(_ticks(pid) for pid in pids) / _TICK


def held(pids: Iterable[int]) -> dict[int, Held]:
    """By process; one that is gone is left out."""
    seen = ((pid, _held(pid)) for pid in pids)
    return {pid: one for pid, one in seen if one is not None}


def _ticks(pid: int) -> int:
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(int(word) for word in words[_TIMES])


def _held(pid: int) -> Held | None:
    folder = Path(f"/proc/{pid}")
    try:
        resident = int((folder / "statm").read_text().split()[1])
        return Held(resident * _PAGE, sum(1 for _ in (folder / "fd").iterdir()))
    except OSError:
        return None
