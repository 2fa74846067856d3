"""A storm: a fault that is let loose on real parts, and the figure that comes of it."""

from collections.abc import Callable
from dataclasses import dataclass, field


class StormFailed(Exception):
    """A sentence: what did not come about, so that there is no figure."""


def _nobody(_: float) -> None:
    """Nobody looks at the progress."""


@dataclass(frozen=True, slots=True)
class Order:
    """How much is wanted. The same seed strikes at the same places in the same order."""

    count: int
    seed: int
    long: bool = False
    tell: Callable[[float], None] = field(default=_nobody, compare=False)  # share done, 0 to 1


@dataclass(frozen=True, slots=True)
class Figure:
    """What was seen."""

    text: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Storm:
    """One row of the table. `reach` is what must be seen; `short` and `long` are how many."""

    name: str
    reach: str
    short: int
    long: int
    run: Callable[[Order], Figure]
