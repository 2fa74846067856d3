"""The chance that nobody is free: free agents, more who get free, fewer for each call answered.

X = base + G - L, where G is the sum of independent chances to gain an agent (a busy one gets
free in time) and L of chances to lose one (a call in flight is answered in time). P(X <= 0) is
exact but for a rounding of the chances of single calls: the distribution of a sum is the product
of its terms' characteristic functions, and these are tabled, for each kind of busy agent and for
64 levels of a call's chance; one between two levels is shared out so that the mean stays right.
So the cost hardly depends on how many agents and calls there are. Each quantity has `K` columns,
one for each horizon looked at.

Beyond a standard deviation of 4.5 the sum is taken for normal, which is then near enough.
"""

from math import erf, sqrt

import numpy as np
from numpy.typing import NDArray

from campaigns.pacing.view import Floats, Indices

Complexes = NDArray[np.complex128]

POINTS = 64  # the window in which the distribution must lie, around its mean
LEVELS = 64
_HALF = POINTS // 2
_W: Complexes = np.exp(2j * np.pi * np.arange(_HALF + 1) / POINTS)
_LEVEL: Floats = np.linspace(0, 1, LEVELS)[:, None]
_LOG: Complexes = np.log(1 - _LEVEL + _LEVEL * _W + 1e-300)  # log E w^Bernoulli(level)
_SIZE, _ANGLE = np.ascontiguousarray(_LOG.real), np.ascontiguousarray(_LOG.imag)
_BACK: Complexes = np.conj(_W)
_SHIFT: Complexes = _W[None, :] ** np.arange(POINTS)[:, None]
_WEIGHT: Floats = np.where(np.isin(np.arange(_HALF + 1), (0, _HALF)), 1.0, 2.0) / POINTS
# P(Y <= d) for d from -32 to 31, as weights on the characteristic function of Y
_BELOW: Complexes = np.cumsum(_BACK[None, :] ** np.arange(-_HALF, _HALF)[:, None], axis=0) * _WEIGHT
NORMAL_FROM = 20.0  # variance
FEW = 6  # further calls that are looked at first: rarely are there more


class Gains:
    """Chances to gain an agent that stay the same for a while: worked out once, used often."""

    def __init__(self, chances: Floats) -> None:
        """`chances`: (rows, K), a row for each kind of busy agent."""
        self.chances, self.spread = chances, chances * (1 - chances)
        terms = 1 + chances[:, :, None] * (_W - 1)
        square = terms.real**2 + terms.imag**2
        self.size = _flat(0.5 * np.log(square + 1e-300))
        self.angle = _flat(np.arctan2(terms.imag, terms.real))


class Losses:
    """Chances to lose an agent to one more call, a row for each kind of call: likewise."""

    def __init__(self, chances: Floats) -> None:
        self.chances = chances
        self.factors: Complexes = 1 + chances[:, :, None] * (_BACK - 1)
        self._alike: Complexes | None = None

    def after(self, kinds: Indices, calls: int) -> Complexes:
        """(calls, K * points): the factor after 0, 1, 2... further calls of these kinds; of the
        first kind where none are told."""
        if len(kinds):
            return _products(self.factors[np.asarray(kinds, np.int64)[: calls - 1]])
        if self._alike is None or len(self._alike) < calls:
            self._alike = _products(np.repeat(self.factors[:1], calls, 0)[1:])
        return self._alike[:calls]


class Balance:
    """The distribution of X at each of K horizons; `lose` adds one more call."""

    def __init__(self, base: int, gains: Gains, counts: Floats, losses: Floats) -> None:
        """`counts`: how many busy agents there are of each kind; `losses`: (calls, K) chances."""
        self.mean: Floats = base + counts @ gains.chances - losses.sum(0)
        self._spread: Floats = counts @ gains.spread + (losses * (1 - losses)).sum(0)
        self._is_normal = bool(self._spread.max() > NORMAL_FROM)
        if self._is_normal:
            return
        shape = (len(self.mean), _HALF + 1)
        size, angle = (counts @ gains.size).reshape(shape), (counts @ gains.angle).reshape(shape)
        if len(losses):
            # E w^-B is the conjugate of E w^B: a loss has a gain's size, and its angle turned
            lost = _levels(losses)
            size, angle = size + lost @ _SIZE, angle - lost @ _ANGLE
        centre = np.rint(self.mean).astype(np.int64)
        below = np.minimum(np.maximum(_HALF - centre, 0), POINTS - 1)
        # the weights that give P(X <= 0), within the window around where the mean is now
        self._phi = np.exp(size + 1j * angle)
        self._phi *= _SHIFT[(base - centre) % POINTS] * _BELOW[below] / len(self.mean)

    def lose(self, losses: Losses, kind: int) -> None:
        """One more call in flight, of a kind."""
        if self._is_normal:
            chances = losses.chances[kind]
            self.mean, self._spread = self.mean - chances, self._spread + chances * (1 - chances)
        else:
            self._phi *= losses.factors[kind]

    def regain(self, losses: Losses, kind: int) -> None:
        """One call less: takes `lose` back."""
        if self._is_normal:
            chances = losses.chances[kind]
            self.mean, self._spread = self.mean + chances, self._spread - chances * (1 - chances)
        else:
            self._phi /= losses.factors[kind]

    def within(self, risk: float, losses: Losses, kinds: Indices, first: int, most: int) -> int:
        """How many further calls there may be, from `first` on and below `most`, until P(X <= 0)
        is above `risk`; `kinds`: theirs, in order."""
        if most <= first:
            return most
        if self._is_normal:
            return self._normal_within(risk, losses, kinds, first, most)
        # not by `@`: that large, it would wake the threads of the linear algebra library
        for upto in (min(first + FEW, most), most):
            factors = losses.after(kinds, upto)[first:]
            chances = np.einsum("ij,j->i", factors, self._phi.ravel()).real
            above = np.flatnonzero(chances > risk)
            if len(above):
                return first + int(above[0])
        return most

    def _normal_within(
        self, risk: float, losses: Losses, kinds: Indices, first: int, most: int
    ) -> int:
        told = np.asarray(kinds, np.int64) if len(kinds) else np.zeros(most, np.int64)
        each = losses.chances[told[:most]]
        mean = self.mean - np.cumsum(each, 0) + each
        spread = self._spread + np.cumsum(each * (1 - each), 0) - each * (1 - each)
        above = first  # the chance rises from call to call: halve the range
        while above < most:
            middle = (above + most) // 2
            if _normal(mean[middle], spread[middle]) > risk:
                most = middle
            else:
                above = middle + 1
        return above

    def none_free(self) -> float:
        """P(X <= 0), the mean over the horizons."""
        if self._is_normal:
            return _normal(self.mean, self._spread)
        return min(1.0, max(0.0, float(self._phi.real.sum())))


def _products(factors: Complexes) -> Complexes:
    """(rows + 1, all the rest): 1, the first, the first two multiplied, and so on."""
    flat = factors.reshape(len(factors), factors.shape[1] * factors.shape[2])
    products: Complexes = np.cumprod(np.concatenate([np.ones_like(flat[:1]), flat]), axis=0)
    return products


def _levels(chances: Floats) -> Floats:
    """(K, LEVELS): how many of the chances lie at each level."""
    k = chances.shape[1]
    scaled = chances * (LEVELS - 1)
    low = scaled.astype(np.int64)
    part = (scaled - low).ravel()
    at = (low + np.arange(0, k * LEVELS, LEVELS)).ravel()
    size = k * LEVELS + 1
    counts = np.bincount(at, 1 - part, size) + np.bincount(at + 1, part, size)
    levels: Floats = np.asarray(counts[:-1], dtype=np.float64).reshape(k, LEVELS)
    return levels


def _flat(terms: Floats) -> Floats:
    return np.ascontiguousarray(terms.reshape(len(terms), -1))


def _normal(mean: Floats, variance: Floats) -> float:
    z = (0.5 - mean) / np.sqrt(variance)
    return sum(0.5 * (1 + erf(value / sqrt(2))) for value in z.tolist()) / len(z)
