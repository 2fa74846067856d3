"""The share of a segment's calls that people answer, as it is now.

Calls count by exposure: each as much as it should have been answered by now, if it is ever. Two
memories of that run beside each other, a fast and a slow one. The further they are apart, in
standard deviations, the more the fast one counts; beyond `STEP` the slow one is forgotten: the
share has changed.
"""

from dataclasses import dataclass, field
from math import sqrt

FAST, SLOW = 25.0, 300.0  # answers after which the two memories fade
STEP = 3.3
PRIOR_CALLS = 25.0
FIRST_WEIGHTS = (8.0, PRIOR_CALLS)  # calls in the two memories of a campaign's first day
LEAST, MOST = 0.005, 0.95


@dataclass(slots=True)
class Share:
    """`exposure` and `answered`: of the fast and the slow memory. `now`: what they come to."""

    now: float
    exposure: list[float] = field(default_factory=lambda: [*FIRST_WEIGHTS])
    answered: list[float] = field(init=False)

    def __post_init__(self) -> None:
        self.answered = [weight * self.now for weight in self.exposure]

    def expose(self, exposure: float) -> None:
        self.exposure[0] += exposure
        self.exposure[1] += exposure

    def answer(self) -> None:
        self.answered[0] += 1
        self.answered[1] += 1

    def settle(self) -> None:
        """What the share is now. The old fades, by how many answers were to be expected of it."""
        expected = max(self.now, 0.02)
        for memory, most in enumerate((FAST, SLOW)):
            keep = min(1.0, most / (self.exposure[memory] * expected))
            self.exposure[memory] *= keep
            self.answered[memory] *= keep
        fast, slow = self.answered[0] / self.exposure[0], self.answered[1] / self.exposure[1]
        noise = sqrt(max(slow * (1 - slow), 1e-6) / max(self.exposure[0], 1.0))
        apart = abs(fast - slow) / noise
        if apart > STEP:
            self.exposure[1], self.answered[1] = self.exposure[0], self.answered[0]
        trust = min(max((apart - 1) / (STEP - 1), 0.0), 1.0)
        self.now = min(max(trust * fast + (1 - trust) * slow, LEAST), MOST)
