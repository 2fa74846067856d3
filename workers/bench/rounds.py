"""Figures that are compared are taken in turns, so that a busy moment of the machine hits all."""

import asyncio
import gc
from collections.abc import Callable, Coroutine, Mapping, Sequence
from statistics import median
from typing import Any, TypeVar

T = TypeVar("T")

ROUNDS = 3
PATIENCE = 120.0  # seconds


class BenchFailed(Exception):
    """A sentence: what could not be measured, and why."""


def run_in_time(name: str, what: Coroutine[Any, Any, T]) -> T:
    """What a coroutine gives on an event loop of its own. Raises `BenchFailed` after a while."""

    async def within_reason() -> T:
        async with asyncio.timeout(PATIENCE):
            return await what

    try:
        return asyncio.run(within_reason())
    except TimeoutError:
        raise BenchFailed(
            f"the bench of {name} was not over within {PATIENCE:g} s; try again when this machine "
            "has less to do"
        ) from None


def medians(runs: Mapping[str, Callable[[], float]], rounds: int = ROUNDS) -> dict[str, float]:
    """The median figure of each run, `rounds` times one after the other."""
    found: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            gc.collect()
            found[name].append(run())
    return {name: median(figures) for name, figures in found.items()}


def percentile(figures: Sequence[float], percent: int) -> float:
    """The smallest of them that so many per cent are at most (nearest rank)."""
    ordered = sorted(figures)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
