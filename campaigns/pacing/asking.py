"""Mode ivr: calls through a flow, as many as the lines carry, or as agents can serve who ask.

A flow without a step `agent` needs no agent: the lines alone decide. Where calls may ask for one,
the guard bounds those in flight as in every mode, as if each of them asked; that is proven, and
allows most of what the law does. This rule stays below that: so few calls are in flight that of
those who ask, at most the campaign's target finds nobody free.

How many ask is learned: `asked` of the `ended`. Their number among many calls is taken as
Poisson's; agents who get free meanwhile are left out, which errs on the safe side. One call for
each free agent can never be too many, and is where a campaign begins, as it knows nothing yet.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import exp, lgamma, log

from campaigns.pacing.unlearning import Unlearning
from campaigns.pacing.view import Decision, View

MEMORY = 2000.0  # calls; older ones count for less
AHEAD = 100  # further asks over which what was abandoned may be made up for
MOST = 400  # agents; larger teams are taken for as many teams of this size
_STEPS = 40


@dataclass(slots=True)
class Asking(Unlearning):
    """`target`: the share of those who ask that may find nobody."""

    target: float
    pause: float = 0.0
    models: bool = False
    asked: float = 1.0
    ended: float = 1.0

    def wants(self, view: View, most: int) -> Decision:
        if not view.asks:
            return Decision(most, "no call may ask for an agent")
        chance = self.asked / self.ended
        covered, why = view.free, f"{view.free} free, {chance:.1%} of the calls ask for one"
        if view.abandoned > self.target * (view.asked + AHEAD):
            why = f"{why}; one call each, as too many of those who asked found nobody"
        else:
            covered = max(covered, int(served(view.free, self.target) / chance))
        return Decision(covered - view.in_flight, f"{why}; {view.in_flight} in flight")

    def learn_end(self, segment: int, age: float, how: str) -> None:
        """Of a call that has asked ("live"), or is over and has not."""
        self.asked += how == "live"
        self.ended += 1
        if self.ended > MEMORY:
            self.asked, self.ended = self.asked / 2, self.ended / 2


@lru_cache(maxsize=1024)
def served(free: int, target: float) -> float:
    """How many may be expected to ask, such that at most the share `target` of them finds none of
    `free` agents."""
    if free > MOST:
        return served(MOST, target) * free / MOST
    low, high = 0.0, float(free)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        fits = _in_vain(middle, free) <= target * middle
        low, high = (middle, high) if fits else (low, middle)
    return low


def _in_vain(mean: float, free: int) -> float:
    """How many ask beyond the free agents, of a Poisson number with this mean."""
    if mean <= 0:
        return 0.0
    spare = sum((free - k) * exp(k * log(mean) - mean - lgamma(k + 1)) for k in range(free))
    return mean - free + spare
