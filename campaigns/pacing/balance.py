"""The chance that nobody is free: free agents, more who get free, fewer for each call answered.

X = base + G - L, where G is the sum of independent chances to gain an agent (a busy one gets
free in time) and L of chances to lose one (a call in flight is answered in time). Each chance
has K columns, one for each horizon looked at; P(X <= 0) is the mean over them.

The cumulants of independent chances add up, so what a decision costs hardly depends on how many
agents and calls there are. From a variance of `FEW` on, P(X <= 0) is the Edgeworth series of the
first four, for a lattice: at half a step above 0, with the cumulants of a step's uniform
distribution taken away (Kolassa and McCullagh 1990, Annals of Statistics 18:981-985). It is
within 1 % of the chance itself there, where the normal distribution alone is 10 % off. Below,
where single agents count, it is exact: from the product of the characteristic functions.
"""

from math import erf, exp, pi, sqrt

import numpy as np
from numpy.typing import NDArray

from campaigns.pacing.view import Floats

Complexes = NDArray[np.complex128]
Rows = NDArray[np.int64]

FEW = 3.0  # variance
POINTS = 16  # the window around the mean in which X lies, but for one in 100,000, up to that
_HALF = POINTS // 2
_TURN: Complexes = np.exp(2j * np.pi * np.arange(_HALF + 1) / POINTS)
_WEIGHT: Floats = np.where(np.isin(np.arange(_HALF + 1), (0, _HALF)), 1.0, 2.0) / POINTS


def _weights(centre: int) -> Complexes:
    """P(X <= 0) as weights on the characteristic function of an X around `centre`."""
    below: Complexes = np.zeros(_HALF + 1, np.complex128)
    for x in range(centre - _HALF, min(1, centre + _HALF)):
        below += np.conj(_TURN) ** x
    return below * _WEIGHT


_BELOW: Complexes = np.stack([_weights(centre) for centre in range(-_HALF - 1, _HALF + 2)])
_ROOT = sqrt(2 * pi)


class Odds:
    """Chances to gain, or to lose, an agent: a row for each kind of agent or call, a column for
    each horizon. They stay the same for a while: worked out once, used often."""

    def __init__(self, chances: Floats, *, gain: bool) -> None:
        self.chances, sign = chances, 1 if gain else -1
        self._turn = _TURN - 1 if gain else np.conj(_TURN) - 1
        spread = chances * (1 - chances)
        # mean, variance, and the third and fourth cumulants, of each horizon
        self.cumulants: Floats = np.concatenate(
            [
                sign * chances,
                spread,
                sign * spread * (1 - 2 * chances),
                spread * (1 - 6 * spread),
            ],
            axis=1,
        )

    def total(self, rows: Rows) -> Floats:
        """The cumulants of the sum over these rows."""
        total: Floats = np.add.reduce(self.cumulants.take(rows, axis=0), axis=0)
        return total

    def turned(self, rows: Rows) -> Complexes:
        """(rows, K, points): the characteristic functions of these rows."""
        chances = self.chances.take(rows, axis=0)[:, :, None]
        turned: Complexes = np.complex128(1) + chances * self._turn
        return turned


class Balance:
    """The distribution of X at each horizon, and what further calls, one by one, make of it."""

    def __init__(
        self,
        base: int,
        gains: tuple[Odds, Rows],
        losses: tuple[Odds, Rows],
        further: tuple[Odds, Rows],
    ) -> None:
        """`gains`: the busy agents; `losses`: the calls in flight; `further`: those to come, in
        order, as many as may be asked for; or one row, that of all of them."""
        self._base, self._gains, self._losses, self._further = base, gains, losses, further
        self.gained, self.lost = gains[0].total(gains[1]), losses[0].total(losses[1])
        self._start: list[float] = (self.gained + self.lost).tolist()
        self._horizons = len(self._start) // 4
        for horizon in range(self._horizons):
            self._start[horizon] += base
        self._alike = further[0].cumulants[further[1][0]].tolist() if len(further[1]) == 1 else None
        self._turned: Complexes | None = None  # without further calls
        self._chances: dict[int, float] = {}

    def within(self, risk: float, first: int, most: int, guess: int = 0) -> int:
        """How many further calls there may be, from `first` on and up to `most`, while the
        chance that the next one finds nobody is at most `risk`; `guess`: where to begin."""
        calls = min(max(first, guess), most)
        while calls < most and self.none_free(calls) <= risk:
            calls += 1
        while calls > first and self.none_free(calls - 1) > risk:
            calls -= 1
        return calls

    def none_free(self, calls: int = 0) -> float:
        """P(X <= 0) after so many further calls, the mean over the horizons."""
        if calls not in self._chances:
            self._chances[calls] = self._worked_out(calls)
        return self._chances[calls]

    def _worked_out(self, calls: int) -> float:
        cumulants, count = self._after(calls), self._horizons
        total, exact = 0.0, None
        for k in range(count):
            mean, variance, third, fourth = cumulants[k::count]
            if variance >= FEW:
                total += _edgeworth(mean, variance, third, fourth)
            else:
                exact = exact or self._exact(calls, cumulants[:count])
                total += exact[k]
        return total / count

    def _after(self, calls: int) -> list[float]:
        """The cumulants of X after so many further calls."""
        if not calls:
            return self._start
        if self._alike is not None:
            return [
                value + calls * each for value, each in zip(self._start, self._alike, strict=True)
            ]
        odds, rows = self._further
        after: list[float] = (odds.total(rows[:calls]) + self._start).tolist()
        return after

    def _exact(self, calls: int, mean: list[float]) -> list[float]:
        if self._turned is None:
            turned = [odds.turned(rows) for odds, rows in (self._gains, self._losses)]
            self._turned = np.multiply.reduce(np.concatenate(turned), axis=0) * _TURN**self._base
        odds, rows = self._further
        each = odds.turned(rows[: calls if self._alike is None else 1])
        more = np.multiply.reduce(each, axis=0) if self._alike is None else each[0] ** calls
        below = _BELOW.take([round(m) + _HALF + 1 for m in mean], axis=0, mode="clip")
        chances = (self._turned * more * below).real.sum(axis=1)
        return [min(1.0, max(0.0, chance)) for chance in chances.tolist()]


def _edgeworth(mean: float, variance: float, third: float, fourth: float) -> float:
    """P(X <= 0) by the Edgeworth series of a sum of whole numbers."""
    variance -= 1 / 12
    spread = sqrt(variance)
    z = (0.5 - mean) / spread
    skew, kurtosis = third / (variance * spread), (fourth + 1 / 120) / (variance * variance)
    square = z * z
    change = (
        skew / 6 * (square - 1)
        + kurtosis / 24 * z * (square - 3)
        + skew * skew / 72 * z * (square * square - 10 * square + 15)
    )
    chance = 0.5 * (1 + erf(z / sqrt(2))) - exp(-0.5 * square) / _ROOT * change
    return min(1.0, max(0.0, chance))
