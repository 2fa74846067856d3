"""How long agents talk and wrap up, and the chance that a busy one is free soon.

A duration is learned as hazards, the chance to end within the next second at each age, from how
many reached the age and how many ended there; a planning value weighs as much as `PRIOR` calls.
"""

from math import ceil, erf, log, sqrt

import numpy as np
from numpy.typing import NDArray

from campaigns.pacing.view import Floats

LONGEST = 1200  # seconds of age that are told apart
PRIOR = 25.0
MEMORY = 1500.0  # durations after which older ones begin to fade
SMOOTH = 0.06  # of the age: hazards are averaged over so much to either side
TALK_AGES = np.unique(np.concatenate([[0], np.geomspace(2, 900, 24).astype(int)]))
WRAP_AGES = np.unique(np.concatenate([[0], np.geomspace(1, 300, 24).astype(int)]))


def lognormal(mean: float, spread: float, length: int) -> Floats:
    """The chances to end in each second, for a lognormal duration; `spread`: its deviation over
    its mean. Talk times are near enough to lognormal (Brown et al. 2005, JASA 100:36-50)."""
    variance = log(1 + spread * spread)
    middle, scale = log(max(mean, 0.1)) - variance / 2, sqrt(2 * variance)
    below = [0.0, *(0.5 * (1 + erf((log(x) - middle) / scale)) for x in range(1, length + 1))]
    chances = np.diff(np.array(below))
    return chances / max(float(chances.sum()), 1e-12)


class Durations:
    """One kind of duration: talk or wrap-up."""

    def __init__(self, mean: float, spread: float) -> None:
        ends = lognormal(mean, spread, LONGEST)
        self._prior_ends = ends * PRIOR
        self._prior_reached = PRIOR * (1 - np.concatenate([[0.0], np.cumsum(ends)[:-1]]))
        self.ends = np.zeros(LONGEST)  # how many ended at each age

    def learn(self, seconds: float) -> None:
        self.ends[min(max(int(seconds), 0), LONGEST - 1)] += 1

    def survival(self) -> Floats:
        """The chance to last at least so many seconds, from 0 to LONGEST."""
        total = float(self.ends.sum())
        if total > MEMORY:
            self.ends *= MEMORY / total
        ends = self._prior_ends + self.ends
        reached = self._prior_reached + self.ends[::-1].cumsum()[::-1]
        hazard = np.clip(_smoothed(ends) / np.maximum(_smoothed(reached), 1e-9), 1e-5, 1.0)
        return np.concatenate([[1.0], np.cumprod(1 - hazard)])


def free_after_wrap_up(wrap_up: Floats, horizons: Floats) -> Floats:
    """(WRAP_AGES, horizons): the chance that an agent in wrap-up is done within the horizon."""
    ages = _middles(WRAP_AGES)
    still = np.maximum(_at(wrap_up, ages), 1e-9)
    later = np.stack([_at(wrap_up, ages + h) for h in horizons], axis=1)
    return np.clip(1 - later / still[:, None], 0.0, 1.0)


def free_after_talk(talk: Floats, wrap_up: Floats, horizons: Floats) -> Floats:
    """(TALK_AGES, horizons): the chance that a talking agent ends, and wraps up, within it."""
    ages = _middles(TALK_AGES)
    seconds = np.arange(ceil(horizons.max()))
    still = _at(talk, ages[:, None] + np.append(seconds, seconds[-1] + 1))
    ending = still[:, :-1] - still[:, 1:]
    left = horizons[:, None] - seconds - 0.5
    done = np.where(left > 0, 1 - _at(wrap_up, np.maximum(left, 0.0)), 0.0)
    return np.clip(ending @ done.T / np.maximum(still[:, :1], 1e-9), 0.0, 1.0)


def _middles(edges: NDArray[np.int64]) -> Floats:
    middles: Floats = (edges + np.append(edges[1:], edges[-1] * 1.2)) / 2
    return middles


def _at(survival: Floats, seconds: Floats) -> Floats:
    return np.interp(seconds, np.arange(len(survival)), survival)


def _smoothed(counts: Floats) -> Floats:
    """Sums over a few seconds to either side, more at higher ages."""
    age = np.arange(len(counts))
    half = np.maximum(1, (age * SMOOTH).astype(int))
    running = np.concatenate([[0.0], np.cumsum(counts)])
    first, last = np.maximum(0, age - half), np.minimum(len(counts), age + half + 1)
    sums: Floats = running[last] - running[first]
    return sums
