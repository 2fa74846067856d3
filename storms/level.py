"""A level of load: waited for, held for a while, and what it costs meanwhile."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import fmean

from storms.spent import cpu_seconds, tree
from storms.storm import Order

LOOK = 1.0  # seconds
PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Level:
    """What was there from `since` until `until`. `up`: calls, on average; `cores`: what Dialplane's
    own processes took, and `others` those that are not its own: processor time over wall time."""

    since: datetime
    until: datetime
    up: float
    cores: float
    others: float

    @property
    def seconds(self) -> float:
        return (self.until - self.since).total_seconds()


def rise(up: Callable[[], int], most: int) -> None:
    """Until so many calls are up; a machine that cannot reach it is measured as it is."""
    deadline = time.monotonic() + PATIENCE
    while up() < most and time.monotonic() < deadline:
        time.sleep(LOOK)


def hold(order: Order, up: Callable[[], int], own: Sequence[int], others: Sequence[int]) -> Level:
    """Look on for `order.count` seconds. `own`, `others`: processes, with all they have started."""
    ours, theirs = tree(own), tree(others)
    since, begun = datetime.now(UTC), time.monotonic()
    spent, cost, ups = cpu_seconds(ours), cpu_seconds(theirs), []
    while (took := time.monotonic() - begun) < order.count:
        ups.append(up())
        order.tell(took / order.count)
        time.sleep(LOOK)
    cores, costs = (cpu_seconds(ours) - spent) / took, (cpu_seconds(theirs) - cost) / took
    return Level(since, datetime.now(UTC), fmean(ups), cores, costs)
