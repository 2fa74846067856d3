"""One moment, with the chances of everybody in it: what the rules of the predictive mode read."""

import numpy as np
from numpy.typing import NDArray

from campaigns.pacing.balance import Balance
from campaigns.pacing.durations import TALK_AGES, WRAP_AGES
from campaigns.pacing.tables import MIDDLE, SOON, Tables
from campaigns.pacing.view import Floats, Numbers, View

Places = NDArray[np.int64]


class Scene:
    """`busy`: how many agents have talked, or wrapped up, for how long: a row of `Gains` each.
    `losses`: (calls, horizons), the chances that each call in flight is answered, the ringing
    calls last. `base`: agents there would be if nothing happened."""

    def __init__(self, view: View, tables: Tables) -> None:
        self.view, self.tables = view, tables
        self.base = view.free - view.waiting
        self.busy: Floats = np.concatenate(
            [_by_age(view.talking, TALK_AGES), _by_age(view.wrapping, WRAP_AGES)]
        )
        self.losses = self._losses()
        self.first_ringing = view.analysing + len(view.dialled)

    def balance(self, without: Places | None = None) -> Balance:
        """When a new call would be answered; `without` some of the ringing calls."""
        losses = self.losses
        if without is not None:
            losses = np.delete(losses, self.first_ringing + without, axis=0)
        return Balance(self.base, self.tables.soon, self.busy, losses[:, SOON])

    def late(self, after: float) -> Places:
        """The ringing calls that have rung for so many seconds, the longest ringing first."""
        rung = np.asarray(self.view.rung)
        late = np.flatnonzero(rung >= after)
        ordered: Places = late[np.argsort(-rung[late], kind="stable")]
        return ordered

    def figures(self, risk: float) -> dict[str, float]:
        """What a decision goes by, at the horizon that people are told of."""
        return {
            "busy": float(self.busy.sum()),
            "freed": round(float((self.busy @ self.tables.soon.chances)[MIDDLE]), 2),
            "calls": float(len(self.losses)),
            "answered": round(float(self.losses[:, MIDDLE].sum()), 2),
            "seconds": round(float(self.tables.delays[MIDDLE]), 1),
            "risk": round(risk, 4),
        }

    def _losses(self) -> Floats:
        view, within = self.view, self.tables.within
        last = within.shape[2] - 1
        parts = [np.repeat(self.tables.analysed[None], view.analysing, 0)]
        for phase, ages, segments in (
            (0, view.dialled, view.dialled_segments),
            (1, view.ringing, view.ringing_segments),
        ):
            if len(ages):
                age = np.minimum(np.maximum(np.asarray(ages), 0.0), last).astype(np.int64)
                parts.append(within[phase, np.asarray(segments), age])
        return np.concatenate(parts) if len(parts) > 1 else parts[0]


def _by_age(ages: Numbers, edges: NDArray[np.int64]) -> Floats:
    if not len(ages):
        return np.zeros(len(edges))
    place = np.searchsorted(edges, np.maximum(np.asarray(ages, dtype=float), 0.0), "right") - 1
    return np.bincount(place, minlength=len(edges)).astype(float)
