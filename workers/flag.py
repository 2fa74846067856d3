"""A flag that a signal handler may raise.

A `threading.Event` must not be set from one: the handler runs in the main thread, which may be
inside that very event's `wait`, holding the lock that `set` needs.
"""

import time

STEP_SECONDS = 0.05


class Flag:
    """Raised once, or more often: `times` counts."""

    def __init__(self) -> None:
        self.times = 0

    def set(self) -> None:
        """Raise it."""
        self.times += 1

    def is_set(self) -> bool:
        """Whether it has been raised."""
        return self.times > 0

    def wait(self, seconds: float) -> bool:
        """Return when it is raised, or after `seconds`; whether it is raised."""
        deadline = time.monotonic() + seconds
        while not self.is_set() and (left := deadline - time.monotonic()) > 0:
            time.sleep(min(left, STEP_SECONDS))
        return self.is_set()
