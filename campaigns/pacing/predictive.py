"""The predictive mode: place calls while the chance that the next one finds nobody is small.

At each decision the balance of free agents at the moments when a new call would be answered is
worked out exactly (`balance`): agents who are free, those who will have got free by then
(`durations`), less the calls in flight that will have been answered (`answers`). Calls are
placed while P(nobody free) is at most the risk that the day's budget allows (`budget`). This
rule lies on the frontier of what is possible without knowing who will answer.

Where the campaign allows it, a call that has rung for the legal minimum is given up when its
answer would now more likely find nobody.
"""

from math import exp

import numpy as np
from numpy.typing import NDArray

from campaigns.pacing.answers import AT_ONCE, HORIZONS, Answers
from campaigns.pacing.balance import Balance, Gains, Losses
from campaigns.pacing.budget import Budget
from campaigns.pacing.durations import (
    TALK_AGES,
    WRAP_AGES,
    Durations,
    free_after_talk,
    free_after_wrap_up,
)
from campaigns.pacing.view import Decision, Numbers, View

Floats = NDArray[np.float64]

REBUILD, REBUILD_FIRST = 60.0, 30.0  # seconds between two looks at what was learned
CANCEL_RISK = 1.0  # times the risk that a new call may have
LOOK = 2.0  # seconds between two looks at how many calls are answered now
RECENT = 600.0  # seconds over which the rate of live answers is measured
AMD_SECONDS = 1.2
SOON = slice(0, -1)  # of the tables' horizons: those of a new call; the last one is "at once"
NOW = slice(-1, None)
MIDDLE = HORIZONS // 2  # the one that people are told of


class Predictive:
    """One campaign's predictive pacing."""

    models = True
    pause = 1.0  # but for an agent who gets free: at once

    def __init__(
        self,
        budget: Budget,
        answers: Answers,
        talk: Durations,
        wrap_up: Durations,
        grace: float = 2.0,
        most_per_agent: float = 20.0,
        cancel_after: float | None = None,
    ) -> None:
        """`grace`: seconds that a person may wait for an agent. `cancel_after`: seconds a call
        must have rung before it may be given up; None: never."""
        self.budget, self.answers = budget, answers
        self._talk, self._wrap_up = talk, wrap_up
        self._grace, self._most_per_agent = grace, most_per_agent
        self._cancel_after = cancel_after
        self._started: float | None = None
        self._rebuild_at = self._look_at = 0.0
        self._recent = 0.0
        self._said = ""  # of the last decision that placed a call
        self._rebuild()

    def segment(self, name: str) -> int:
        known = self.answers.count
        number = self.answers.number(name)
        if self.answers.count > known:  # the tables have a row for each
            self._tabulate()
        return number

    def wants(self, view: View, most: int) -> Decision:
        self._advance(view)
        risk = self.budget.risk
        if most <= 0 and self._cancel_after is None:
            return Decision(0, f"{view.free} free, {view.in_flight} in flight")
        agents = view.free + len(view.talking) + len(view.wrapping)
        most = min(most, int(self._most_per_agent * agents) - view.in_flight)
        busy = self._busy(view)
        losses = self._losses(view)
        cancel = self._to_cancel(view, busy, losses, risk)
        base, calls = view.free - view.waiting, 0
        if most > 0:
            balance = Balance(base, self._soon, busy, losses[:, SOON])
            calls = self._launch(view, balance, base - len(losses), risk, most)
        if calls or cancel or not self._said:
            self._said = self._why(view, busy, losses, risk)
        return Decision(calls, self._said, cancel)

    def learn_placed(self, segment: int) -> None:
        self.answers.placed(segment)

    def learn_end(self, segment: int, age: float, how: str) -> None:
        self.answers.ended(segment, age, how)

    def learn_talk(self, talk: float, wrap_up: float) -> None:
        self._talk.learn(talk)
        self._wrap_up.learn(wrap_up)

    def learn_live(self, abandoned: bool) -> None:
        self._recent += 1
        self.budget.learn(abandoned)

    def _launch(self, view: View, balance: Balance, sure: int, risk: float, most: int) -> int:
        calls = 0
        segments = view.next_segments
        while calls < min(most, len(segments) or most):
            if calls >= sure and balance.none_free() > risk:
                break
            balance.lose(self._new, segments[calls] if len(segments) else 0)
            calls += 1
        return calls

    def _busy(self, view: View) -> Floats:
        """How many agents have talked, or wrapped up, for how long: a row of `Gains` each."""
        return np.concatenate([_by_age(view.talking, TALK_AGES), _by_age(view.wrapping, WRAP_AGES)])

    def _losses(self, view: View) -> Floats:
        """(calls, horizons): the chances that each call in flight is answered."""
        last = self.answers.ages - 1
        parts = [np.repeat(self._analysed[None], view.analysing, 0)]
        for phase, ages, segments in (
            (0, view.dialled, view.dialled_segments),
            (1, view.ringing, view.ringing_segments),
        ):
            if len(ages):
                age = np.clip(np.asarray(ages).astype(np.int64), 0, last)
                parts.append(self._within[phase, np.asarray(segments), age])
        return np.concatenate(parts) if len(parts) > 1 else parts[0]

    def _to_cancel(self, view: View, busy: Floats, losses: Floats, risk: float) -> list[int]:
        """The calls that had better not be answered now, the longest ringing first."""
        if self._cancel_after is None or not len(view.rung):
            return []
        rung = np.asarray(view.rung)
        late = np.flatnonzero(rung >= self._cancel_after)
        if not len(late):
            return []
        base = view.free - view.waiting
        balance = Balance(base, self._at_once, busy, losses[:, NOW])
        gone: list[int] = []
        first = view.analysing + len(view.dialled)
        ringing = Losses(losses[first:, NOW])
        for place in late[np.argsort(-rung[late], kind="stable")]:
            balance.regain(ringing, place)
            if balance.none_free() <= CANCEL_RISK * risk:
                break
            gone.append(int(place))
        return gone

    def _advance(self, view: View) -> None:
        if self._started is None:
            self._started = view.now
        look = _is_due(view.now, self._look_at, LOOK)
        seconds = self.answers.advance(view.now) if look else 0
        if _is_due(view.now, self._rebuild_at, REBUILD):
            young = view.now - self._started < 1200
            self._rebuild_at = view.now + (REBUILD_FIRST if young else REBUILD)
            self._rebuild()
        if seconds:
            self._look_at = view.now + LOOK
            self._look_ahead(view, seconds)
            self._tabulate()

    def _look_ahead(self, view: View, seconds: int) -> None:
        """How many live answers are still to come today, at the rate of the last minutes."""
        self._recent *= exp(-seconds / RECENT)
        since = max(60.0, view.now - (self._started or view.now))
        rate = self._recent / (RECENT * (1 - exp(-since / RECENT)))
        self.budget.look(view.live, view.abandoned, view.left * rate)

    def _rebuild(self) -> None:
        self.answers.rebuild()
        talk, wrap_up = self._talk.survival(), self._wrap_up.survival()
        delays = np.append(self.answers.delays, AT_ONCE)
        horizons = delays + self._grace
        freed = np.concatenate(
            [free_after_talk(talk, wrap_up, horizons), free_after_wrap_up(wrap_up, horizons)]
        )
        self._soon = Gains(freed[:, SOON])
        if self._cancel_after is not None:
            self._at_once = Gains(freed[:, NOW])
        self._analysed = self.answers.of_answered * (1 - np.exp(-delays / AMD_SECONDS))
        self._tabulate()

    def _tabulate(self) -> None:
        self._within = self.answers.within()
        self._new = Losses(self.answers.of_new())

    def _why(self, view: View, busy: Floats, losses: Floats, risk: float) -> str:
        freed = float((busy @ self._soon.chances)[MIDDLE])
        answered = float(losses[:, MIDDLE].sum())
        return (
            f"{view.free} free, {freed:.1f} of {int(busy.sum())} busy free soon, "
            f"{answered:.1f} of {len(losses)} calls answered soon, risk {risk:.3f}"
        )


def _is_due(now: float, at: float, every: float) -> bool:
    """A clock that has stepped back makes it due too, or it would wait for what is past."""
    return not at - every <= now < at


def _by_age(ages: Numbers, edges: NDArray[np.int64]) -> Floats:
    if not len(ages):
        return np.zeros(len(edges))
    place = np.searchsorted(edges, np.maximum(np.asarray(ages, dtype=float), 0.0), "right") - 1
    return np.bincount(place, minlength=len(edges)).astype(float)
