"""WombatDialer's queue end-point (Loway, "Understanding queue end-points in Wombat").

    lines = floor(free agents x boost factor), and none while too many callers wait

The example there: 7 free agents x 1.3 = 9 lines. The boost factor is the user's; how the dialler
itself moves one (its model "adaptive") is not published. Taken: it looks twice a second, calls in
progress are subtracted, and at most two callers may wait.
"""

from dataclasses import dataclass
from math import floor

from campaigns.pacing.view import View
from workers.bench.rivals.rival import Rival

MOST_WAITING = 2


@dataclass(slots=True)
class Wombat(Rival):
    boost: float = 1.3

    def lines(self, view: View) -> tuple[int, str]:
        if view.waiting > MOST_WAITING:
            return 0, f"{view.waiting} callers wait"
        lines = floor(view.free * self.boost + 1e-9)
        return lines - view.in_flight, f"{view.free} free x {self.boost:g}"
