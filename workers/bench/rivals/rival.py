"""What the rules of other diallers have in common when they pace ours: they look and count.

Each is written from its published description; where that leaves something open, the module says
what was taken. What they know of a call is what their own dialler knows; they are told of single
calls and agents (`models`), though most only count them.
"""

from collections import Counter, deque
from dataclasses import dataclass, field

from campaigns.pacing.unlearning import Unlearning
from campaigns.pacing.view import Decision, View


@dataclass(slots=True)
class Rival(Unlearning):
    """A rule without memory. Rules override `lines` and what they learn from."""

    pause: float = 0.5
    models: bool = True
    now: float = 0.0

    def wants(self, view: View, most: int) -> Decision:
        self.now = view.now
        return Decision(*self.lines(view))

    def lines(self, view: View) -> tuple[int, str]:
        """How many calls to place now, and why."""
        raise NotImplementedError


@dataclass(slots=True)
class Every:
    """A loop of so many seconds."""

    seconds: float
    at: float = 0.0

    def due(self, now: float) -> bool:
        """Whether its turn has come, the first time at once; late turns are not made up for."""
        if now < self.at:
            return False
        late = (now - self.at) % self.seconds if self.at else 0.0
        self.at = now - late + self.seconds
        return True


@dataclass(slots=True)
class Window:
    """Counts over the last `seconds`."""

    seconds: float
    counts: Counter[str] = field(default_factory=Counter)
    _seen: deque[tuple[float, str]] = field(default_factory=deque)

    def add(self, now: float, what: str) -> None:
        self._seen.append((now, what))
        self.counts[what] += 1

    def forget(self, now: float) -> None:
        """Drop what is older."""
        while self._seen and self._seen[0][0] < now - self.seconds:
            self.counts[self._seen.popleft()[1]] -= 1


def nearest(number: float) -> int:
    """The nearest whole number, halves up."""
    return int(number + 0.5) if number > 0 else 0
