"""When calls are answered, and by how many: by segment, by age, and as it is now.

The share of calls that people answer changes within minutes; when they answer, hardly at all.
So the shapes (when after the originate a call is answered, taken by a machine, or fails) are
learned slowly over all segments, and the share fast, by exposure: each call placed counts as
much as the shape says it should have been answered by now (`share`). That tells of a change after
a few answers, where counting finished calls would wait for half a minute of ringing first.
"""

import numpy as np

from campaigns.call_life import SETUP
from campaigns.pacing.durations import lognormal
from campaigns.pacing.learned import HOURS, NEW_HOUR, NO_HOUR, Learned
from campaigns.pacing.share import PRIOR_CALLS, Share
from campaigns.pacing.view import Floats

HORIZONS = 2  # moments at which a new call may be answered: more make no better decisions
YOUNGER = 5  # seconds by which calls in flight may lag behind their age
AT_ONCE = 1.0  # the horizon of a call that is about to be answered
SEGMENTS = 16  # told apart; leads of further segments count as of the first


class Answers:
    """What is known of the answers to a campaign's calls."""

    def __init__(self, share: float, delay: float, ring: float, amd: bool) -> None:
        """Planning values: the share answered by people, seconds until they do, ring time."""
        self.ages = int(ring + SETUP) + 5  # AMD listens at the end
        self._amd = amd
        self._numbers: dict[str, int] = {}
        self._whole = np.arange(self.ages)
        self._placed = np.zeros((SEGMENTS, self.ages))  # calls by their age in whole seconds
        self._fresh = np.zeros(SEGMENTS)  # those placed since they last grew older
        self._live = np.zeros((SEGMENTS, self.ages))
        self._machine = np.zeros((SEGMENTS, self.ages))
        self._failed = np.zeros((SEGMENTS, self.ages))
        self._calls = np.zeros(SEGMENTS)
        self._prior = lognormal(delay, 0.5, self.ages) * PRIOR_CALLS
        self._prior_machine = 3 * lognormal(19, 0.3, self.ages)
        self._prior_failed = 3 * lognormal(2.5, 0.5, self.ages)
        self._shares = [Share(share) for _ in range(SEGMENTS)]
        self._second = 0
        self.hour = NO_HOUR
        self._hours = np.zeros((SEGMENTS, HOURS + 1, 2))  # exposure and answers
        self.before: dict[str, Learned] = {}  # of other days; of segments not seen on this one
        self.of_answered = 0.85  # people among those whom AMD listens to
        self.rebuild()

    @property
    def count(self) -> int:
        """How many segments there are; one, before any is known."""
        return len(self._numbers) or 1

    @property
    def share(self) -> Floats:
        """The shares of all segments, now."""
        return np.array([share.now for share in self._shares[: self.count]])

    def known(self, segment: str) -> int | None:
        """The number of a segment that was seen before."""
        return self._numbers.get(segment)

    def number(self, segment: str) -> int:
        if segment not in self._numbers:
            if len(self._numbers) >= SEGMENTS:
                return 0
            number = self._numbers[segment] = len(self._numbers)
            if segment in self.before:
                self._resume(number, self.before.pop(segment))
        return self._numbers[segment]

    def placed(self, segment: int) -> None:
        self._fresh[segment] += 1
        self._calls[segment] += 1

    def ended(self, segment: int, age: float, how: str) -> None:
        at = min(max(int(age), 0), self.ages - 1)
        if how == "live":
            self._live[segment, at] += 1
            self._shares[segment].answer()
            self._hours[segment, self.hour, 1] += 1
            self.of_answered += 0.01 * (1 - self.of_answered)
        elif how == "machine":
            self._machine[segment, at] += 1
            self.of_answered -= 0.01 * self.of_answered
        elif how == "failed":
            self._failed[segment, at] += 1
        elif how == "cancelled":  # nothing more can be learned from it
            self._forget(segment, at)

    def advance(self, now: float) -> int:
        """Let the calls in flight grow older, to the second; how many seconds have passed.

        A clock that steps back, or far ahead, ages the calls by nothing, or by all they can be.
        """
        steps = min(max(int(now) - self._second, 0), self.ages) if self._second else 0
        self._second = int(now)
        n, ages = self.count, self.ages
        if steps > 0:
            placed, by, fresh = self._placed[:n], self._by[:n], steps // 2
            more = by[:, fresh] * self._fresh[:n]
            more += (placed * (by[:, np.minimum(self._whole + steps, ages)] - by[:, :-1])).sum(1)
            self._hours[:n, self.hour, 0] += more
            placed[:, steps:] = placed[:, : ages - steps].copy()
            placed[:, :steps] = 0
            placed[:, fresh] += self._fresh[:n]
            self._fresh[:n] = 0
            for share, exposure in zip(self._shares, more.tolist(), strict=False):
                share.expose(exposure)
                share.settle()
        return steps

    def turn(self, hour: int) -> None:
        """It is this hour of the day now. A new one begins with a little of what other days say."""
        if hour == self.hour:
            return
        first, self.hour = self.hour == NO_HOUR, hour
        if not first:
            known = self._hours[:, hour]
            known = known * np.minimum(1.0, NEW_HOUR / np.maximum(known[:, :1], 1e-9))
            for share, (exposure, answered) in zip(self._shares, known.tolist(), strict=True):
                share.exposure[1] += exposure
                share.answered[1] += answered

    def learned(self) -> dict[str, Learned]:
        """What is known by now, by segment."""
        return self.before | {name: self._learned(n) for name, n in self._numbers.items()}

    def rebuild(self) -> None:
        """The shapes, from what has been learned since."""
        pooled = self._prior + self._live.sum(0)
        shape = 40 * pooled / pooled.sum() + self._live
        shape[:, 1:-1] = 0.25 * shape[:, :-2] + 0.5 * shape[:, 1:-1] + 0.25 * shape[:, 2:]
        shape /= shape.sum(1)[:, None]
        self._by = np.concatenate([np.zeros((SEGMENTS, 1)), np.cumsum(shape, 1)], 1)
        self._machine_left = _left(self._machine.sum(0) + self._prior_machine)
        self._failed_left = _left(self._failed.sum(0) + self._prior_failed)
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
        self._new = np.concatenate([self._reached(self.delays), np.zeros((SEGMENTS, 1))], axis=1)

    def within(self) -> Floats:
        """(2, segments, ages, horizons): the chance of a person's answer within each of `delays`,
        and at once, of calls that do not ring yet and of those that ring."""
        n = self.count
        share, machines = self.share[:, None], self._machines[:n, None]
        failures = self._failures[:n, None]
        nobody = np.maximum(1 - share - machines - failures, 0.02)
        still = share * (1 - self._now[:n]) + machines * self._machine_left + nobody
        left = np.stack([still + failures * self._failed_left, still])
        answered = (share / np.maximum(left, 1e-9))[..., None] * self._soon[None, :n]
        chances: Floats = np.minimum(answered, 0.999)
        return chances

    def of_new(self) -> Floats:
        """(segments, horizons): the same of a call that is yet to be placed; at once, none is."""
        chances: Floats = self.share[:, None] * self._new[: self.count]
        return chances

    def _forget(self, segment: int, age: int) -> None:
        """A call is gone. Calls grow older now and then, so that it may count as a bit younger."""
        placed = self._placed[segment]
        for younger in range(age, max(-1, age - 1 - YOUNGER), -1):
            if placed[younger] >= 1:
                placed[younger] -= 1
                return
        self._fresh[segment] = max(0.0, self._fresh[segment] - 1)

    def _learned(self, n: int) -> Learned:
        return Learned(
            float(self._calls[n]),
            self._live[n],
            self._machine[n],
            self._failed[n],
            np.array(self._shares[n].exposure),
            np.array(self._shares[n].answered),
            self._hours[n, :HOURS],
        )

    def _resume(self, n: int, learned: Learned) -> None:
        self._calls[n] += learned.calls
        self._live[n] += learned.live
        self._machine[n] += learned.machine
        self._failed[n] += learned.failed
        share = self._shares[n]
        share.exposure, share.answered = learned.exposure.tolist(), learned.answered.tolist()
        self._hours[n, :HOURS] += learned.hours
        share.settle()

    def _reached(self, age: Floats) -> Floats:
        """(segments, ages): the part of all answers that come before an age."""
        whole = np.minimum(age.astype(np.int64), self.ages - 1)
        part = np.minimum(age - whole, 1.0)
        reached: Floats = self._by[:, whole] * (1 - part) + self._by[:, whole + 1] * part
        return reached


def _left(ends: Floats) -> Floats:
    """The part that has not ended yet at each age."""
    shape = ends / ends.sum()
    left: Floats = 1 - np.concatenate([[0.0], np.cumsum(shape)[:-1]])
    return left
