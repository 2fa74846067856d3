"""The dialler's own memory, through hours of virtual time.

A whole shift as the simulator runs it, in this process: dialler, exchange, agents. What the
dialler holds is everything that can be reached from it, and nothing else: not the list of leads,
which is the database's elsewhere, nor the customers. All that it keeps for longer than a call is
there after the first half hour; what is added after that is growth.
"""

import gc
import sys
from datetime import timedelta
from statistics import linear_regression
from types import FunctionType, MethodType, ModuleType

from connectors.fake.presets import preset
from storms.plan import plan
from workers.shift import Shift
from workers.simulate import MONDAY

AGENTS = 15
WARM = timedelta(minutes=30)
STEP = timedelta(seconds=30)
_SHARED = (type, FunctionType, MethodType, ModuleType)


def growth(seed: int, hours: float, warm: timedelta = WARM) -> tuple[float, int]:
    """By what share the dialler's memory grows in an hour, after a warm-up; and the attempts.

    By a line through many looks: how many calls are in progress differs from one to the next.
    """
    spec = plan("soak", mode="predictive", wrap_up="10s")
    shift = Shift(spec, preset("demo"), AGENTS, seed, MONDAY)
    shift.start()
    shift.go_on(MONDAY + warm)
    at, sizes = [], []
    while (after := shift.now - MONDAY - warm) < timedelta(hours=hours):
        at.append(after / timedelta(hours=1))
        sizes.append(size(shift.dialler))
        shift.go_on(shift.now + STEP)
    line = linear_regression(at, sizes)
    return line.slope / line.intercept, shift.dialler.run.counts["dialled"]


def size(root: object) -> int:
    """Bytes of all objects that can be reached from `root`, but for code."""
    seen: set[int] = set()
    waiting, total = [root], 0
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, _SHARED):
            continue
        seen.add(id(one))
        total += sys.getsizeof(one)
        waiting += gc.get_referents(one)
    return total
