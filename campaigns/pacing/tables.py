"""The chances by which a decision is made, tabled from what has been learned.

Each has a column for each horizon: the moments at which a new call may be answered, and apart
from these the one of a call that is answered at once. Shapes change slowly and are tabled anew
each minute; how many calls are answered changes fast, and is looked at every few seconds.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from campaigns.pacing.answers import AT_ONCE, HORIZONS, Answers
from campaigns.pacing.balance import Odds, Rows
from campaigns.pacing.durations import (
    TALK_AGES,
    WRAP_AGES,
    Durations,
    free_after_talk,
    free_after_wrap_up,
)
from campaigns.pacing.view import Floats, Indices, Numbers

SOON = slice(0, -1)  # the horizons of a new call
NOW = slice(-1, None)
MIDDLE = HORIZONS // 2  # the one that people are told of
AMD_SECONDS = 1.2
_LONGEST = int(TALK_AGES[-1]) + 1  # seconds of age that are told apart: talk has more than wrap-up
CHANGE = 0.01  # of a share of answers, from which on it is tabled anew


class Tables:
    """`soon` and `lost_soon`: the chances of busy agents to get free, and of calls, in flight or
    yet to be placed, to be answered; `now` and `lost_now`: the same at once."""

    def __init__(
        self, answers: Answers, talk: Durations, wrap_up: Durations, grace: float, at_once: bool
    ) -> None:
        """`grace`: seconds that a person may wait for an agent. `at_once`: whether that horizon
        is ever looked at."""
        self._answers, self._talk, self._wrap_up = answers, talk, wrap_up
        self._grace, self._looks_at_once = grace, at_once
        self.rebuild()

    def rebuild(self) -> None:
        """The shapes too."""
        self._answers.rebuild()
        talk, wrap_up = self._talk.survival(), self._wrap_up.survival()
        delays = self.delays = np.append(self._answers.delays, AT_ONCE)
        horizons = delays + self._grace
        talking = free_after_talk(talk, wrap_up, horizons)
        wrapping = free_after_wrap_up(wrap_up, horizons)
        freed = np.concatenate([talking[_TALK_ROW], wrapping[_WRAP_ROW]])
        self.soon = Odds(freed[:, SOON], gain=True)
        self.now = Odds(freed[:, NOW], gain=True) if self._looks_at_once else self.soon
        self._analysed: Floats = self._answers.of_answered * (1 - np.exp(-delays / AMD_SECONDS))
        self.tabulate()

    def follow(self) -> None:
        """How many calls are answered has changed; where by little, the tables do for now."""
        tabled, share = self._share, self._answers.share
        if len(tabled) < len(share) or np.any(np.abs(share - tabled) > CHANGE * tabled):
            self.tabulate()

    def tabulate(self) -> None:
        """How many calls are answered as of now."""
        self._share = self._answers.share
        within = self._answers.within()
        _, self._segments, self._ages, horizons = within.shape
        flat, new = within.reshape(-1, horizons), self._answers.of_new()
        self._new = len(flat) + 1
        lost = np.concatenate([flat, self._analysed[None], new])
        self.lost_soon = Odds(lost[:, SOON], gain=False)
        self.lost_now = Odds(lost[:, NOW], gain=False) if self._looks_at_once else self.lost_soon

    def agents(self, talking: Numbers, wrapping: Numbers) -> Rows:
        """The rows of busy agents, by the seconds that they have talked, or wrapped up."""
        rows = _seconds(talking, wrapping, _LONGEST)
        rows[len(talking) :] += _LONGEST
        return rows

    def calls(
        self, dialled: Numbers, ringing: Numbers, segments: Sequence[Indices], analysing: int
    ) -> Rows:
        """The rows of calls in flight: those that AMD listens to, the dialled, the ringing, by
        the seconds since they were placed; `segments`: of the last two."""
        rows = _seconds(dialled, ringing, self._ages)
        rows[len(dialled) :] += self._segments * self._ages
        if self._segments > 1:
            rows += np.concatenate(segments).astype(np.int64) * self._ages
        if analysing:
            rows = np.concatenate([np.full(analysing, self._new - 1, np.int64), rows])
        return rows

    def new(self, segments: Indices) -> Rows:
        """The rows of calls yet to be placed."""
        return np.asarray(segments, np.int64) + self._new


def _seconds(some: Numbers, more: Numbers, most: int) -> Rows:
    """Whole seconds, from 0 and below `most`."""
    ages = np.concatenate([some, more])
    whole: Rows = np.minimum(np.maximum(ages, 0.0), most - 1).astype(np.int64)
    return whole


def _by_second(edges: NDArray[np.int64]) -> Rows:
    """The place among `edges` of each whole second."""
    rows: Rows = np.searchsorted(edges, np.arange(_LONGEST), "right") - 1
    return rows


_TALK_ROW, _WRAP_ROW = _by_second(TALK_AGES), _by_second(WRAP_AGES)
