"""The abandonment budget: how great a risk the next call may be.

Theta is the price of a call: place it while the chance that its answer finds nobody is at most
theta. It moves a little at each live answer, up when it was connected and down when it was
abandoned, such that in the long run the allowed share is abandoned whatever the error of the
model (a stochastic approximation step, Robbins and Monro 1951). It must move slowly, so that the
day's budget is spent where it buys most. What keeps the day itself on target is the allowed
share: what is left of the budget over the live answers still to come.

Where the limit is kept over blocks of days, live answers and abandoned ones are the block's. The
live answers to come are today's all the same: what earlier days have saved may be spent today, at
up to twice the target, and what they have overspent is saved today.

The guard (`campaigns.guard`) lets R calls be in flight beyond the free agents only while
A <= p*L - (1 - p)*R. So room for them is set aside first (`reserve`), and nothing is abandoned
that would take it away: a budget that is spent as soon as it is there leaves a dialler standing at
the guard for the rest of the day. That room is three times what good pacing has in flight on
average: a list or an hour that fewer people answer needs as much, and it cannot be foreseen. It is
let go over the last three tenths of the period's live answers, so that what is saved is spent by
the end; in a block of days, whose room earlier days have earned, most of it from the second day on.
Less set aside stands at the guard longer when the answer rate falls, more spends too late:
both were tried on simulated days (docs/pacing.md).
"""

from dataclasses import dataclass, field
from math import exp, inf, sqrt

STEP = 0.08
PULL = 0.5  # how hard the day's budget pulls, in standard deviations
LEAST, MOST = 0.0005, 0.5
DAY = 28_800.0  # seconds over which the usual is the mean, and more
GAP = 60.0  # seconds; a longer time in which nothing was decided tells nothing
AHEAD, LAST = 2.0, 0.3  # times the usual beyond it that are set aside, until so much of the day


@dataclass(slots=True)
class Usual:
    """How many calls beyond the free agents the pacing would have in flight: the mean of `seconds`,
    at most a working day's."""

    mean: float = 0.0
    seconds: float = 0.0
    seen_at: float | None = None

    def see(self, calls: int, now: float) -> None:
        since = 0.0 if self.seen_at is None else min(GAP, max(0.0, now - self.seen_at))
        self.seconds = min(DAY, self.seconds + since)
        self.mean += (calls - self.mean) * since / max(GAP, self.seconds)
        self.seen_at = now


@dataclass(slots=True)
class Budget:
    """`target`: the share of live answers that may be abandoned over the day, below the `limit`
    that the guard holds; without a guard nothing need be set aside (`limit` None)."""

    target: float
    limit: float | None = None
    theta: float = 0.03
    live: float = 0.0  # in the limit's period, and how many of them were abandoned
    abandoned: float = 0.0
    expected: float = 1.0  # live answers still to come today
    room: float = inf  # calls that the guard lets be in flight beyond the free agents
    held: bool = False  # the guard, not the risk, decides at present how many calls are placed
    usual: Usual = field(default_factory=Usual)

    def look(self, live: float, abandoned: float, expected: float, room: float = inf) -> None:
        """The period as it stands."""
        self.live, self.abandoned, self.room = live, abandoned, room
        self.expected = max(1.0, expected)

    def learn(self, abandoned: bool) -> None:
        """A person answered, and was connected in time or abandoned.

        While the guard decides, calls that are connected tell nothing of the risk taken.
        """
        if self.held and not abandoned:
            return
        left = self._allowed(self.live + self.expected) - self.abandoned
        share = min(2 * self.target, max(0.1 * self.target, left / self.expected))
        self.theta = min(MOST, max(LEAST, self.theta * exp(STEP * (share - abandoned))))

    @property
    def risk(self) -> float:
        """The greatest chance to find nobody that a call may have now."""
        ahead = self._allowed(self.live) - self.abandoned
        deviation = sqrt(self.target * self.expected + 1)
        pull = PULL * min(1.0, max(-4.0, ahead / deviation))
        short = 1.0 if self.limit is None else min(1.0, (self.room + 1) / (self.reserve + 1))
        return min(MOST, self.theta * exp(pull) * short)

    @property
    def reserve(self) -> float:
        """Calls beyond the free agents for which the guard is to have room."""
        left = self.expected / (self.live + self.expected)
        return self.usual.mean * (1 + AHEAD * min(1.0, left / LAST))

    def _allowed(self, live: float) -> float:
        """Calls that may be abandoned of so many live ones, less one that may be under way."""
        of_target = self.target * live - 1
        if self.limit is None:
            return of_target
        return min(of_target, self.limit * live - (1 - self.limit) * self.reserve)
