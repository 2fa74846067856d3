"""Timers without a clock: what falls due when."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from heapq import heappop, heappush
from itertools import count
from typing import TypeAlias
from uuid import UUID


class Timer(StrEnum):
    TICK = "tick"  # time to look at pacing, whatever has happened
    PACE = "pace"  # pacing may decide again, if anything has happened
    RING = "ring"  # a phone has rung for as long as the campaign says
    ANSWER = "answer"  # a live call has waited as long as the law allows
    INBOUND = "inbound"  # a caller has waited as long as the campaign lets them
    WRAP_UP = "wrap_up"  # an agent's wrap-up is over
    PREVIEW = "preview"  # an agent has looked long enough


Key: TypeAlias = UUID | str | None


class Timers:
    """A heap. A timer is never taken back: whoever is woken looks whether it still matters."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, int, Timer, Key]] = []
        self._order = count()

    def set(self, at: datetime, timer: Timer, key: Key = None) -> None:
        heappush(self._heap, (at, next(self._order), timer, key))

    def due(self, now: datetime) -> Iterator[tuple[Timer, Key]]:
        while self._heap and self._heap[0][0] <= now:
            _, _, timer, key = heappop(self._heap)
            yield timer, key

    def next(self) -> datetime | None:
        return self._heap[0][0] if self._heap else None
