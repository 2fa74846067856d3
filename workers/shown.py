"""What `ps` shows of a process that was forked: whose work it does, not how it came to be."""

import ctypes
import sys
from pathlib import Path

ROOM = "-" * 200
"""An argument to start a process with whose words are to be written over."""


def show(*words: str) -> None:
    """Let these stand for the arguments of this process. Where there is no /proc, nothing is done.

    Linux shows the memory that the arguments came in, as it is now, up to a NUL at its end.
    """
    try:
        stat = Path("/proc/self/stat").read_text()
    except OSError:
        return
    start, end = (int(field) for field in stat.rpartition(")")[2].split()[45:47])
    text = "\0".join((sys.executable, "-P", *words, "")).encode()
    if start and len(text) < end - start:
        ctypes.memmove(start, text.ljust(end - start, b"\0"), end - start)
