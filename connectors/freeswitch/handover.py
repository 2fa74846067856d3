"""What a transport's own thread hears, told to the event loop: in order, in batches, and bounded.

A thread that is woken for each event costs more than the event; so what comes while the loop is at
something else is told in one go. And a slow loop must slow down the PBX, not fill the memory: once
so much has been put that waits to be told, the thread has to stop reading until there is room.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

MOST = 262_144  # bytes that wait; the last one put may exceed it


class Handover:
    """`room` is called, on the loop, when what was put is told and more may be put."""

    def __init__(self, loop: asyncio.AbstractEventLoop, room: Callable[[], None]) -> None:
        self.closed = False
        self._loop = loop
        self._room = room
        self._waiting: deque[tuple[Callable[[Any], None], Any]] = deque()
        self._size = 0
        self._called = False

    def put(self, tell: Callable[[T], None], what: T, size: int = 0) -> bool:
        """From the thread: have `tell(what)` called on the loop. Whether there is room for more.

        Where there is none, wait until `room` is called.
        """
        if self.closed:
            return True
        self._waiting.append((tell, what))
        self._size += size
        if not self._called:
            self._called = True
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
                self._loop.call_soon_threadsafe(self._deliver)
        return self._size < MOST or self.closed

    def close(self) -> None:
        """From the loop: tell nothing any more."""
        self.closed = True
        self._waiting.clear()
        self._room()

    def _deliver(self) -> None:
        """Tell what was there as this began; what comes meanwhile has its turn after others."""
        self._called = False
        self._size = 0
        for _ in range(len(self._waiting)):
            if self.closed:
                return
            tell, what = self._waiting.popleft()
            tell(what)
        self._room()
