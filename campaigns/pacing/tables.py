"""The chances by which a decision is made, tabled from what has been learned.

Each has a column for each horizon: the moments at which a new call may be answered, and last the
one of a call that is answered at once. Shapes change slowly and are tabled anew each minute;
how many calls are answered changes fast, and is looked at each second or two.
"""

import numpy as np

from campaigns.pacing.answers import AT_ONCE, HORIZONS, Answers
from campaigns.pacing.balance import Gains, Losses
from campaigns.pacing.durations import Durations, free_after_talk, free_after_wrap_up
from campaigns.pacing.view import Floats

SOON = slice(0, -1)  # the horizons of a new call
NOW = slice(-1, None)
MIDDLE = HORIZONS // 2  # the one that people are told of
AMD_SECONDS = 1.2


class Tables:
    """`soon`, `at_once`: chances of busy agents to get free. `within`: of calls in flight to be
    answered, by phase, segment and age; `analysed`: of those that AMD listens to; `new`: of a
    call yet to be placed, by segment."""

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
        freed = np.concatenate(
            [free_after_talk(talk, wrap_up, horizons), free_after_wrap_up(wrap_up, horizons)]
        )
        self.soon = Gains(freed[:, SOON])
        self.at_once = Gains(freed[:, NOW]) if self._looks_at_once else self.soon
        self.analysed: Floats = self._answers.of_answered * (1 - np.exp(-delays / AMD_SECONDS))
        self.tabulate()

    def tabulate(self) -> None:
        """How many calls are answered as of now."""
        self.within = self._answers.within()
        self.new = Losses(self._answers.of_new())
