"""The abandonment budget: how great a risk the next call may be.

Theta is the price of a call: place it while the chance that its answer finds nobody is at most
theta. It moves a little at each live answer, up when it was connected and down when it was
abandoned, such that in the long run the allowed share is abandoned whatever the error of the
model (a stochastic approximation step, Robbins and Monro 1951). It must move slowly, so that the
day's budget is spent where it buys most. What keeps the day itself on target is the allowed
share: what is left of the budget over the live answers still to come.
"""

from dataclasses import dataclass
from math import exp, sqrt

STEP = 0.08
PULL = 0.5  # how hard the day's budget pulls, in standard deviations
LEAST, MOST = 0.0005, 0.5


@dataclass(slots=True)
class Budget:
    """`target`: the share of live answers that may be abandoned over the day."""

    target: float
    theta: float = 0.03
    live: float = 0.0  # today, and how many of them were abandoned
    abandoned: float = 0.0
    expected: float = 1.0  # live answers still to come today

    def look(self, live: float, abandoned: float, expected: float) -> None:
        """The day as it stands."""
        self.live, self.abandoned = live, abandoned
        self.expected = max(1.0, expected)

    def learn(self, abandoned: bool) -> None:
        """A person answered, and was connected in time or abandoned."""
        share = min(2 * self.target, max(0.1 * self.target, self._left / self.expected))
        self.theta = min(MOST, max(LEAST, self.theta * exp(STEP * (share - abandoned))))

    @property
    def risk(self) -> float:
        """The greatest chance to find nobody that a call may have now."""
        even = self.target * self.expected
        ahead = (self._left - even) / sqrt(even + 1)
        return min(MOST, self.theta * exp(PULL * min(1.0, max(-4.0, ahead))))

    @property
    def _left(self) -> float:
        """Calls that may still be abandoned today, less one that may be under way."""
        return self.target * (self.live + self.expected) - 1 - self.abandoned
