"""What is known of one segment's calls, as it is kept from day to day."""

from dataclasses import dataclass

import numpy as np

from campaigns.pacing.view import Floats

HOURS = 24
NO_HOUR = HOURS  # where what is seen counts until somebody has told the hour
NEW_HOUR = 50.0  # calls that the same hour of other days counts for, at most


@dataclass(slots=True)
class Learned:
    """`live`, `machine` and `failed`: calls that ended so, by their age; `calls`: how many were
    placed in all. `exposure` and `answered`: of the fast and the slow memory of the share.
    `hours`: exposure and answers by the hour of the day, (hours, 2)."""

    calls: float
    live: Floats
    machine: Floats
    failed: Floats
    exposure: Floats
    answered: Floats
    hours: Floats

    def fade(self, keep: float, most: float, most_of_hour: float) -> None:
        """Let all count for `keep` of what it did, and for at most so many calls."""
        part = min(keep, most / max(self.calls, 1e-9))
        self.calls *= part
        self.live *= part
        self.machine *= part
        self.failed *= part
        self.hours *= np.minimum(keep, most_of_hour / np.maximum(self.hours[:, :1], 1e-9))

    def start_anew(self, hour: int, least: Floats, most: Floats) -> None:
        """The memories of the share, with so many calls in each: by what the same hour has had,
        as far as that is known, and else by the last share."""
        known, answers = self.hours[hour] if hour < HOURS else (0.0, 0.0)
        share = self.answered[1] / max(self.exposure[1], 1e-9)
        trust = min(1.0, known / NEW_HOUR)
        share += trust * (answers / max(known, 1e-9) - share)
        self.exposure = np.clip(max(self.exposure[1], known), least, most)
        self.answered = self.exposure * min(max(share, 0.0), 1.0)
