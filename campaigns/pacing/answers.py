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

from campaigns.pacing.durations import lognormal
from campaigns.pacing.learned import HOURS, NEW_HOUR, NO_HOUR, Learned
from campaigns.pacing.view import Floats

FAST, SLOW = 25.0, 300.0  # answers after which the two memories fade
_MEMORIES = np.array([FAST, SLOW])
STEP = 3.3
PRIOR_CALLS = 25.0
FIRST_WEIGHTS = np.array([8.0, PRIOR_CALLS])  # calls in the two memories of a campaign's first day
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
        self._exposure = np.tile(FIRST_WEIGHTS, (SEGMENTS, 1))
        self._answered = self._exposure * share
        self._second = 0
        self.hour = NO_HOUR
        self._hours = np.zeros((SEGMENTS, HOURS + 1, 2))  # exposure and answers
        self.before: dict[str, Learned] = {}  # of other days; of segments not seen on this one
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
            number = self._numbers[segment] = len(self._numbers)
            if segment in self.before:
                self._resume(number, self.before.pop(segment))
        return self._numbers[segment]

    def placed(self, segment: int) -> None:
        self._placed[segment, 0] += 1
        self._calls[segment] += 1

    def ended(self, segment: int, age: float, how: str) -> None:
        at = min(max(int(age), 0), self.ages - 1)
        if how == "live":
            self._live[segment, at] += 1
            self._answered[segment] += 1
            self._hours[segment, self.hour, 1] += 1
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
            more = (placed * self.shape[:n]).sum(1)
            self._exposure[:n] += more[:, None]
            self._hours[:n, self.hour, 0] += more
            placed[:, 1:] = placed[:, :-1].copy()
            placed[:, 0] = 0
        if steps > 0:
            self._estimate(n)
        return steps

    def turn(self, hour: int) -> None:
        """It is this hour of the day now. A new one begins with a little of what other days say."""
        if hour == self.hour:
            return
        first, self.hour = self.hour == NO_HOUR, hour
        if not first:
            known = self._hours[:, hour]
            known = known * np.minimum(1.0, NEW_HOUR / np.maximum(known[:, :1], 1e-9))
            self._exposure[:, 1] += known[:, 0]
            self._answered[:, 1] += known[:, 1]

    def learned(self) -> dict[str, Learned]:
        """What is known by now, by segment."""
        return self.before | {name: self._learned(n) for name, n in self._numbers.items()}

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

    def _learned(self, n: int) -> Learned:
        return Learned(
            float(self._calls[n]),
            self._live[n],
            self._machine[n],
            self._failed[n],
            self._exposure[n],
            self._answered[n],
            self._hours[n, :HOURS],
        )

    def _resume(self, n: int, learned: Learned) -> None:
        self._calls[n] += learned.calls
        self._live[n] += learned.live
        self._machine[n] += learned.machine
        self._failed[n] += learned.failed
        self._exposure[n], self._answered[n] = learned.exposure, learned.answered
        self._hours[n, :HOURS] += learned.hours
        self._estimate(self.count)

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
