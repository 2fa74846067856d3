"""Time-ordered ids: UUID version 7 (RFC 9562), ascending within a process."""

import os
import secrets
import threading
import time
from uuid import UUID, SafeUUID

_VERSION_AND_VARIANT = (0x7 << 76) | (0b10 << 62)
_RANDOM_BITS = 74
_DRAWN = 1024  # bytes, four of them a step
_RANDOM_MASK = (1 << _RANDOM_BITS) - 1
_LOW_62 = (1 << 62) - 1


class Uuid7:
    """Makes ids that ascend, also within a millisecond and when the clock is set back.

    Within one millisecond the random part is counted up by a random step (RFC 9562, 6.2,
    method 2), so ids stay unguessable and two processes do not meet.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._drawn: list[int] = []  # random steps that are left: to draw one takes as long as many
        os.register_at_fork(after_in_child=self._draw_anew)
        self._milliseconds = 0
        self._random = 0

    def __call__(self) -> UUID:
        with self._lock:
            self._step(time.time_ns() // 1_000_000)
            return _assemble(self._milliseconds, self._random)

    def _step(self, now: int) -> None:
        if now > self._milliseconds:
            self._milliseconds, self._random = now, secrets.randbits(_RANDOM_BITS)
            return
        self._random += 1 + self._step_of()
        if self._random > _RANDOM_MASK:
            self._milliseconds += 1
            self._random &= _RANDOM_MASK

    def _step_of(self) -> int:
        if not self._drawn:
            self._drawn = memoryview(secrets.token_bytes(_DRAWN)).cast("I").tolist()
        return self._drawn.pop()

    def _draw_anew(self) -> None:
        """What a process has drawn is no other's to take."""
        self._drawn = []


def _assemble(milliseconds: int, random: int) -> UUID:
    high, low = random >> 62, random & _LOW_62
    whole = (milliseconds << 80) | (high << 64) | low | _VERSION_AND_VARIANT
    # past its constructor, which has six ways to be told: it took half of the time of an id
    made = object.__new__(UUID)
    object.__setattr__(made, "int", whole)
    object.__setattr__(made, "is_safe", SafeUUID.unknown)
    return made


new_id = Uuid7()
