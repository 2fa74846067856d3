"""VICIdial's adaptive dial methods (VICIdial 2.14: AST_VDauto_dial.pl, AST_VDadapt.pl).

Two loops share a dial level. Each 2.5 s the one fills up to

    level x (ready + talking agents)   less the calls that ring, wait or talk;

with "available only", level x ready agents less the calls that ring or wait. Each 15 s the other
multiplies the level by 1 + (ready agents - waiting callers) / agents, averaged over 15 samples of
a second, within 1 and the highest level. Above the drop limit of the day it is cut down, which is
all that the three methods differ in. The statistics are counted anew each minute.

Favourable to VICIdial: one server, no limit on calls per second, no time lost between an answer
and the agent. A call counts as dropped after 2 s, as for all rules; VICIdial's default is 5 s.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from campaigns.pacing.view import View
from workers.bench.rivals.rival import Every, Rival, nearest

DROP_LIMIT = 3.0  # % of the people who answered today
HIGHEST_LEVEL = 3.0
SAMPLES = 15
ENOUGH_CALLS = 50  # of the day, before its drops count
BURST_CALLS, BURST_DROPS = 20, 50.0  # of the last minute, % of all its calls


class Method(StrEnum):
    HARD_LIMIT = "hard_limit"
    AVERAGE = "average"
    TAPERED = "tapered"


def _tapered(level: float, left: int) -> float:
    return 1.0 if left < 0 else level * min(1.0, left / 1000)


OVER_LIMIT: dict[Method, Callable[[float, int], float]] = {
    Method.HARD_LIMIT: lambda level, left: 1.0,
    Method.AVERAGE: lambda level, left: level / 2,
    Method.TAPERED: _tapered,
}
"""The new level when the day has more drops than allowed. `left`: until the end of the calling
day, as VICIdial takes it: the clock's four digits, one from the other."""


@dataclass(slots=True)
class Vicidial(Rival):
    method: Method = Method.AVERAGE
    available_only: bool = False
    highest_level: float = HIGHEST_LEVEL
    level: float = 1.0
    calls: int = 0
    counted: tuple[int, int] = (0, 0)  # calls and drops of the day, when last counted
    last_minute: tuple[int, int] = (0, 0)
    drop_share: float = 0.0  # of the day, in %
    samples: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=SAMPLES))
    sample: Every = field(default_factory=lambda: Every(1.0))
    count: Every = field(default_factory=lambda: Every(60.0))
    adapt: Every = field(default_factory=lambda: Every(15.0))
    dial: Every = field(default_factory=lambda: Every(2.5))

    def learn_placed(self, segment: int) -> None:
        self.calls += 1

    def lines(self, view: View) -> tuple[int, str]:
        talking = len(view.talking)
        agents = view.free + talking + len(view.wrapping)
        if self.sample.due(view.now):
            self.samples.append((view.free - view.waiting, agents))
        if self.count.due(view.now):
            self._count(view)
        if len(self.samples) == SAMPLES and self.adapt.due(view.now):
            self.level = self._adapted(view)
        if not self.dial.due(view.now):
            return 0, "between two loops"
        agents = view.free + (0 if self.available_only else talking)
        goal = self.level * agents + (talking if self.available_only else 0)
        exist = view.in_flight + talking
        return nearest(goal) - exist, f"level {self.level:.3f} x {agents}, {exist} calls exist"

    def _count(self, view: View) -> None:
        calls, drops = self.counted
        self.last_minute = self.calls - calls, view.abandoned - drops
        self.counted = self.calls, view.abandoned
        self.drop_share = 100 * view.abandoned / view.live if view.live else 0.0

    def _adapted(self, view: View) -> float:
        spare = sum(sample[0] for sample in self.samples)
        agents = sum(sample[1] for sample in self.samples)
        level = self.level * (1 + (spare / agents if agents else 0.0))
        level = max(1.0, min(self.highest_level, round(level, 3)))
        calls, drops = self.last_minute
        if calls > BURST_CALLS and 100 * drops / calls > BURST_DROPS:
            level /= 2
        if self.counted[0] > ENOUGH_CALLS and self.drop_share > DROP_LIMIT:
            left = _digits(view.now + view.left) - _digits(view.now)
            level = OVER_LIMIT[self.method](level, left)
        return max(1.0, level)


def _digits(moment: float) -> int:
    """A time of the day as VICIdial writes it: 1830 for half past six."""
    clock = datetime.fromtimestamp(moment, UTC)
    return 100 * clock.hour + clock.minute
