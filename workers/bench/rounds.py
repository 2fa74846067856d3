"""Figures that are compared are taken in turns, so that a busy moment of the machine hits all."""

import gc
from collections.abc import Callable, Mapping
from statistics import median

ROUNDS = 3


def medians(runs: Mapping[str, Callable[[], float]], rounds: int = ROUNDS) -> dict[str, float]:
    """The median figure of each run, `rounds` times one after the other."""
    found: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            gc.collect()
            found[name].append(run())
    return {name: median(figures) for name, figures in found.items()}
