"""Webitel's predictive dialler (its documentation, "Parameters (Predictive Dialer)", and the view
cc_distribute_stats of its call centre).

    level = 1 / share of calls answered by people, over the recalculation interval of an hour
    from the abandoned share a (%), the target t and the maximum m:
        a >= m:      1                                        progressive
        a < t:       level x (1 + (t - a) x load / 100)
        otherwise:   level x (m - a) / m x (1 + load / 100)

counted anew every 30 s; lines = level x free agents. By default the maximum is 3 %, the target
the maximum, the load factor 10. Taken: progressive before 30 conversations ("min predict
attempts" has no default), no cap on an agent's lines, calls in progress are subtracted.
"""

from dataclasses import dataclass, field

from campaigns.pacing.view import View
from workers.bench.rivals.rival import Every, Rival, Window, nearest

MAXIMUM = 3.0
TARGET = MAXIMUM
LOAD = 10.0
ENOUGH = 30


def level_of(over: float, abandoned: float, target: float, maximum: float) -> float:
    """The dial level, from 1 / answered and the share abandoned, in %."""
    if abandoned >= maximum:
        return 1.0
    short = (target - abandoned) or 0.99
    if short > 0:
        return over * (1 + short * LOAD / 100)
    return over * (maximum - abandoned) / maximum * (100 + LOAD) / 100


@dataclass(slots=True)
class Webitel(Rival):
    target: float = TARGET
    maximum: float = MAXIMUM
    level: float = 1.0
    lately: Window = field(default_factory=lambda: Window(3600.0))
    count: Every = field(default_factory=lambda: Every(30.0))

    def learn_end(self, segment: int, age: float, how: str) -> None:
        self.lately.add(self.now, "attempts")

    def learn_live(self, abandoned: bool) -> None:
        self.lately.add(self.now, "abandoned" if abandoned else "bridged")

    def lines(self, view: View) -> tuple[int, str]:
        if self.count.due(view.now):
            self.lately.forget(view.now)
            self.level = self._level()
        lines = nearest(self.level * view.free)
        return lines - view.in_flight, f"level {self.level:.2f} x {view.free} free"

    def _level(self) -> float:
        seen = self.lately.counts
        answered = seen["bridged"] + seen["abandoned"]
        if seen["bridged"] < ENOUGH:
            return 1.0
        over = max(1.0, seen["attempts"] / answered)
        return level_of(over, 100 * seen["abandoned"] / answered, self.target, self.maximum)
