"""When calls are answered, and by how many: by segment, by age, and as it is now.

The share of calls that people answer changes within minutes; when they answer, hardly at all.
So the shapes (when after the originate a call is answered, taken by a machine, or fails) are
learned slowly over all segments, and the share fast, by exposure: each call placed counts as
much as the shape says it should have been answered by now. That tells of a change after a few
answers, where counting finished calls would wait for half a minute of ringing first.

Two memories of the share run beside each other, a fast and a slow one. The further they are
apart, in standard deviations, the more the fast one counts; beyond `STEP` the slow one is
forgotten: the share has changed.
"""

import numpy as np
from numpy.typing import NDArray

from campaigns.pacing.durations import lognormal

Floats = NDArray[np.float64]

FAST, SLOW = 25.0, 300.0  # answers after which the two memories fade
_MEMORIES = np.array([FAST, SLOW])
STEP = 3.3
PRIOR_CALLS = 25.0
HORIZONS = 4  # moments at which a new call may be answered
AT_ONCE = 1.0  # the horizon of a call that is about to be answered
SEGMENTS = 16  # told apart; leads of further segments count as of the first


class Answers:
    """What is known of the answers to a campaign's calls."""

    def __init__(self, share: float, delay: float, ring: float, amd: bool) -> None:
        """Planning values: the share answered by people, seconds until they do, ring time."""
        self.ages = int(ring) + 20
        self._amd = amd
        self._numbers: dict[str, int] = {}
        self._placed = np.zeros((SEGMENTS, self.ages))  # calls by their age in whole seconds
        self._live = np.zeros((SEGMENTS, self.ages))
        self._machine = np.zeros((SEGMENTS, self.ages))
        self._failed = np.zeros((SEGMENTS, self.ages))
        self._calls = np.zeros(SEGMENTS)
        self._prior = lognormal(delay, 0.5, self.ages) * PRIOR_CALLS
        weights = np.array([8.0, PRIOR_CALLS])
        self._exposure = np.tile(weights, (SEGMENTS, 1))
        self._answered = self._exposure * share
        self._second = 0
        self.share = np.full(SEGMENTS, share)
        self.of_answered = 0.85  # people among those whom AMD listens to
        self.rebuild()

    @property
    def count(self) -> int:
        return max(1, len(self._numbers))

    def number(self, segment: str) -> int:
        if segment not in self._numbers:
            if len(self._numbers) >= SEGMENTS:
                return 0
            self._numbers[segment] = len(self._numbers)
        return self._numbers[segment]

    def placed(self, segment: int) -> None:
        self._placed[segment, 0] += 1
        self._calls[segment] += 1

    def ended(self, segment: int, age: float, how: str) -> None:
        at = min(max(int(age), 0), self.ages - 1)
        if how == "live":
            self._live[segment, at] += 1
            self._answered[segment] += 1
            self.of_answered += 0.01 * (1 - self.of_answered)
        elif how == "machine":
            self._machine[segment, at] += 1
            self.of_answered -= 0.01 * self.of_answered
        elif how == "failed":
            self._failed[segment, at] += 1
        elif how == "cancelled":  # nothing more can be learned from it
            self._placed[segment, at] = max(0.0, self._placed[segment, at] - 1)

    def advance(self, now: float) -> int:
        """Let the calls in flight grow older, to the second; how many seconds have passed.

        A clock that steps back, or far ahead, ages the calls by nothing, or by all they can be.
        """
        steps = min(max(int(now) - self._second, 0), self.ages) if self._second else 0
        self._second = int(now)
        n = self.count
        placed = self._placed[:n]
        for _ in range(steps):
            self._exposure[:n] += (placed * self.shape[:n]).sum(1)[:, None]
            placed[:, 1:] = placed[:, :-1].copy()
            placed[:, 0] = 0
        if steps > 0:
            self._estimate(n)
        return steps

    def rebuild(self) -> None:
        """The shapes, from what has been learned since."""
        pooled = self._prior + self._live.sum(0)
        shape = 40 * pooled / pooled.sum() + self._live
        shape[:, 1:-1] = 0.25 * shape[:, :-2] + 0.5 * shape[:, 1:-1] + 0.25 * shape[:, 2:]
        self.shape = shape / shape.sum(1)[:, None]
        self._by = np.concatenate([np.zeros((SEGMENTS, 1)), np.cumsum(self.shape, 1)], 1)
        self._machine_left = _left(self._machine.sum(0) + 3 * lognormal(19, 0.3, self.ages))
        self._failed_left = _left(self._failed.sum(0) + 3 * lognormal(2.5, 0.5, self.ages))
        calls = self._calls + PRIOR_CALLS
        self._machines = (self._machine.sum(1) + PRIOR_CALLS * 0.1 * self._amd) / calls
        self._failures = (self._failed.sum(1) + PRIOR_CALLS * 0.12) / calls
        below = np.concatenate([[0.0], np.cumsum(pooled / pooled.sum())])
        middles = (np.arange(HORIZONS) + 0.5) / HORIZONS
        self.delays: Floats = np.interp(middles, below, np.arange(self.ages + 1))
        age: Floats = np.arange(self.ages, dtype=np.float64) + 0.5
        self._now = self._reached(age)
        horizons = [*self.delays, AT_ONCE]
        self._soon = np.stack([self._reached(age + h) - self._now for h in horizons], axis=-1)
        self._new = self._reached(self.delays)

    def within(self) -> Floats:
        """(2, segments, ages, horizons): the chance of a person's answer within each of `delays`,
        and at once, of calls that do not ring yet and of those that ring."""
        n = self.count
        share, machines = self.share[:n, None], self._machines[:n, None]
        failures = self._failures[:n, None]
        nobody = np.maximum(1 - share - machines - failures, 0.02)
        still = share * (1 - self._now[:n]) + machines * self._machine_left + nobody
        left = np.stack([still + failures * self._failed_left, still])
        answered = (share / np.maximum(left, 1e-9))[..., None] * self._soon[None, :n]
        chances: Floats = np.minimum(answered, 0.999)
        return chances

    def of_new(self) -> Floats:
        """(segments, horizons): the same of a call that is yet to be placed."""
        chances: Floats = self.share[: self.count, None] * self._new[: self.count]
        return chances

    def _reached(self, age: Floats) -> Floats:
        """(segments, ages): the part of all answers that come before an age."""
        whole = np.minimum(age.astype(np.int64), self.ages - 1)
        part = np.minimum(age - whole, 1.0)
        reached: Floats = self._by[:, whole] * (1 - part) + self._by[:, whole + 1] * part
        return reached

    def _estimate(self, n: int) -> None:
        """The shares of the first `n` segments. The old fades, by what was to be expected of it."""
        exposure, answered = self._exposure[:n], self._answered[:n]
        expected = exposure * np.maximum(self.share[:n, None], 0.02)
        keep = np.minimum(1.0, _MEMORIES / expected)
        exposure *= keep
        answered *= keep
        fast, slow = (answered / exposure).T
        noise = np.sqrt(np.maximum(slow * (1 - slow), 1e-6) / np.maximum(exposure[:, 0], 1))
        apart = np.abs(fast - slow) / noise
        for changed in np.flatnonzero(apart > STEP):
            answered[changed, 1], exposure[changed, 1] = answered[changed, 0], exposure[changed, 0]
        trust = np.minimum(np.maximum((apart - 1) / (STEP - 1), 0.0), 1.0)
        share = trust * fast + (1 - trust) * slow
        self.share[:n] = np.minimum(np.maximum(share, 0.005), 0.95)


def _left(ends: Floats) -> Floats:
    """The part that has not ended yet at each age."""
    shape = ends / ends.sum()
    left: Floats = 1 - np.concatenate([[0.0], np.cumsum(shape)[:-1]])
    return left
