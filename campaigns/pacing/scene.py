"""One moment, with the chances of everybody in it: what the rules of the predictive mode read."""

import numpy as np

from campaigns.pacing.balance import Balance, Rows
from campaigns.pacing.tables import MIDDLE, Tables
from campaigns.pacing.view import View

_ANY = (0,)


class Scene:
    """`busy`, `calls`: the rows of the busy agents, and of the calls in flight, the ringing ones
    last. `base`: agents there would be if nothing happened. `next`: the calls that would be
    placed next; any, where they are not known."""

    def __init__(self, view: View, tables: Tables) -> None:
        self.view, self.tables = view, tables
        self.base = view.free - view.waiting
        self.busy = tables.agents(view.talking, view.wrapping)
        segments = view.dialled_segments, view.ringing_segments
        self.calls = tables.calls(view.dialled, view.ringing, segments, view.analysing)
        told = view.next_segments
        self.next = tables.new(told if len(told) else _ANY)

    def balance(self, without: Rows | None = None) -> Balance:
        """When a new call would be answered; `without` some of the ringing calls."""
        tables = self.tables
        losses = tables.lost_soon, self._but(without)
        return Balance(self.base, (tables.soon, self.busy), losses, (tables.lost_soon, self.next))

    def balance_now(self, late: Rows) -> Balance:
        """Now; the ringing calls `late` are the further ones, in this order."""
        tables = self.tables
        losses, further = tables.lost_now, self.calls[self._first_ringing + late]
        lost = losses, self._but(late)
        return Balance(self.base, (tables.now, self.busy), lost, (losses, further))

    def late(self, after: float) -> Rows:
        """The ringing calls that have rung for so many seconds, the longest ringing first."""
        rung = np.asarray(self.view.rung)
        late = np.flatnonzero(rung >= after)
        ordered: Rows = late[np.argsort(-rung[late], kind="stable")]
        return ordered

    def figures(self, balance: Balance, risk: float) -> dict[str, float]:
        """What a decision goes by, at the horizon that people are told of."""
        return {
            "busy": float(len(self.busy)),
            "freed": round(float(balance.gained[MIDDLE]), 2),
            "calls": float(len(self.calls)),
            "answered": round(-float(balance.lost[MIDDLE]), 2),
            "seconds": round(float(self.tables.delays[MIDDLE]), 1),
            "risk": round(risk, 4),
        }

    @property
    def _first_ringing(self) -> int:
        return len(self.calls) - len(self.view.ringing)

    def _but(self, without: Rows | None) -> Rows:
        if without is None:
            return self.calls
        rows: Rows = np.delete(self.calls, self._first_ringing + without)
        return rows
