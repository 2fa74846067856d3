"""What Dialplane's processes hold, read again and again, and what of it grows."""

import time
from dataclasses import dataclass, field
from statistics import linear_regression

from storms.site import Site
from storms.spent import Held, held, tree


@dataclass(slots=True)
class Watched:
    """At each look: seconds, attempts so far, and each process's memory and descriptors."""

    at: list[float] = field(default_factory=list)
    placed: list[int] = field(default_factory=list)
    seen: list[dict[int, Held]] = field(default_factory=list)

    def look(self, here: Site, placed: int) -> None:
        self.at.append(time.monotonic())
        self.placed.append(placed)
        self.seen.append(held(tree(here.own())))

    @property
    def grows(self) -> bool:
        """Whether attempts were placed between the last two looks."""
        return len(self.placed) < 2 or self.placed[-1] > self.placed[-2]

    @property
    def hourly(self) -> float:
        """Growth of all memory in an hour, as a share, by a line from the second quarter on."""
        first = len(self.at) // 4
        memory = [sum(one.memory for one in seen.values()) for seen in self.seen[first:]]
        line = linear_regression([at - self.at[first] for at in self.at[first:]], memory)
        return 3600 * line.slope / line.intercept

    @property
    def leaked(self) -> int:
        """Descriptors of processes that were there to the end: those that each has at least, in
        the last quarter, beyond what it had at most in the second."""
        quarter = len(self.seen) // 4
        early, late = self.seen[quarter : 2 * quarter], self.seen[-quarter:]
        stay = [pid for pid in self.seen[-1] if all(pid in seen for seen in [*early, *late])]
        return sum(
            max(0, min(seen[p].files for seen in late) - max(seen[p].files for seen in early))
            for p in stay
        )

    def __str__(self) -> str:
        took, last = self.at[-1] - self.at[0], self.seen[-1].values()
        rate = (self.placed[-1] - self.placed[0]) / took
        return (
            f"{self.placed[-1]:,} attempts at {rate:.0f} a second: {self.leaked} descriptors "
            f"leaked (of {sum(one.files for one in last)}); {len(last)} processes of "
            f"{sum(one.memory for one in last) / 1e6:.0f} MB, {100 * self.hourly:+.0f} % an hour "
            f"by a line through {took:.0f} s"
        )
