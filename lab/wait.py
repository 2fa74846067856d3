"""Waiting for a condition, with a deadline."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(probe: Callable[[], T], seconds: float, every: float = 0.01) -> T | None:
    """The first truthy answer of `probe`, or None when `seconds` have passed without one."""
    deadline = time.monotonic() + seconds
    while True:
        if answer := probe():
            return answer
        if time.monotonic() >= deadline:
            return None
        time.sleep(every)
