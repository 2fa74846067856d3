"""The predictive mode: place calls while the chance that the next one finds nobody is small.

At each decision the balance of free agents at the moments when a new call would be answered is
worked out exactly (`balance`): agents who are free, those who will have got free by then
(`durations`), less the calls in flight that will have been answered (`answers`). Calls are
placed while P(nobody free) is at most the risk that the day's budget allows (`budget`). This
rule lies on the frontier of what is possible without knowing who will answer.

Where the campaign allows it, a call that has rung for the legal minimum is given up when its
answer would now more likely find nobody, or when the guard holds and a new call in its place
brings more (`launching`).
"""

from math import exp

from campaigns.pacing.answers import Answers
from campaigns.pacing.balance import Balance
from campaigns.pacing.budget import Budget
from campaigns.pacing.durations import Durations
from campaigns.pacing.launching import launch, replaceable, untimely
from campaigns.pacing.scene import Scene
from campaigns.pacing.tables import Tables
from campaigns.pacing.view import Decision, View

REBUILD, REBUILD_FIRST = 120.0, 30.0  # seconds between two looks at what was learned
FIRST = 1200.0  # seconds
LOOK = 4.0  # seconds between two looks at how many calls are answered now
RECENT = 600.0  # seconds over which the rate of live answers is measured
MOST_AT_ONCE = 60
PAUSE = 1.0  # seconds, but for an agent who gets free: at once


class Predictive:
    """One campaign's predictive pacing."""

    models = True
    pause = PAUSE

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
        self.talk, self.wrap_up = talk, wrap_up
        self._most_per_agent, self._cancel_after = most_per_agent, cancel_after
        self._started: float | None = None
        self._rebuild_at = self._look_at = 0.0
        self._full_at = self._recent = 0.0
        self._wished = 0  # by the last decision, beyond what it placed
        self._said = ""  # of the last decision that was told
        self._tables = Tables(answers, talk, wrap_up, grace, cancel_after is not None)

    def segment(self, name: str) -> int:
        known = self.answers.known(name)
        return self._first_seen(name) if known is None else known

    def rebuild(self) -> None:
        """More is known than was learned: from an earlier day (`memory`)."""
        self._tables.rebuild()

    def wants(self, view: View, most: int) -> Decision:
        self._advance(view)
        seen_full = not view.tell and 0 <= view.now - self._full_at < LOOK
        if most <= 0 and self._cancel_after is None and seen_full:
            return Decision(0, self._said)  # whatever it wished for: no line, or no room
        self._full_at = view.now
        scene, risk = Scene(view, self._tables), self.budget.risk
        lines = min(MOST_AT_ONCE, view.lines, self._cap(view))
        wish, balance = 0, scene.balance()
        if lines > 0:
            wish = launch(scene, balance, len(scene.calls), risk, lines, self._wished)
        calls = max(0, min(wish, most))
        self._wished = wish - calls
        self.budget.usual.see(max(0, view.in_flight + wish - view.free), view.now)
        full = calls >= view.guarded
        self.budget.held = full and wish > calls
        cancel = self._to_cancel(scene, risk, calls, full and wish >= calls)
        figures: dict[str, float] = {}
        if calls or cancel or view.tell or not self._said:
            figures = scene.figures(balance, risk) | self._prices(balance, calls)
            self._said = _words(view, figures)
        return Decision(calls, self._said, cancel, figures=figures)

    def learn_placed(self, segment: int) -> None:
        self.answers.placed(segment)

    def learn_end(self, segment: int, age: float, how: str) -> None:
        self.answers.ended(segment, age, how)

    def learn_talk(self, talk: float, wrap_up: float) -> None:
        self.talk.learn(talk)
        self.wrap_up.learn(wrap_up)

    def learn_live(self, abandoned: bool) -> None:
        self._recent += 1
        self.budget.learn(abandoned)

    def _first_seen(self, name: str) -> int:
        known, before = self.answers.count, len(self.answers.before)
        number = self.answers.number(name)
        if len(self.answers.before) < before:
            self.rebuild()
        elif self.answers.count > known:  # the tables have a row for each
            self._tables.tabulate()
        return number

    def _prices(self, balance: Balance, calls: int) -> dict[str, float]:
        """The chance that nobody is free for the first further call, and for one more than are
        placed; and what the day allows."""
        budget = self.budget
        return {
            "chance": round(balance.none_free(), 4),
            "next": round(balance.none_free(calls), 4),
            "theta": round(budget.theta, 4),
            "reserve": 0.0 if budget.limit is None else round(budget.reserve, 1),
            "target": budget.target,
        }

    def _cap(self, view: View) -> int:
        agents = view.free + len(view.talking) + len(view.wrapping)
        return int(self._most_per_agent * agents) - view.in_flight

    def _to_cancel(self, scene: Scene, risk: float, calls: int, full: bool) -> list[int]:
        """The ringing calls to give up. `full`: the guard has no room for one more call."""
        if self._cancel_after is None:
            return []
        gone = untimely(scene, self._cancel_after, risk)
        if gone or not full:
            return gone
        gone = replaceable(scene, self._cancel_after, risk, calls)
        self.budget.held = self.budget.held or bool(gone)
        return gone

    def _advance(self, view: View) -> None:
        if self._started is None:
            self._started = view.now
        look = _is_due(view.now, self._look_at, LOOK)
        seconds = self.answers.advance(view.now) if look else 0
        if _is_due(view.now, self._rebuild_at, REBUILD):
            young = view.now - self._started < FIRST
            self._rebuild_at = view.now + (REBUILD_FIRST if young else REBUILD)
            self._tables.rebuild()
        if seconds:
            self._look_at = view.now + LOOK
            self._look_ahead(view, seconds)
            self._tables.follow()

    def _look_ahead(self, view: View, seconds: int) -> None:
        """How many live answers are still to come today, at the rate of the last minutes."""
        self._recent *= exp(-seconds / RECENT)
        since = max(60.0, view.now - (self._started or view.now))
        rate = self._recent / (RECENT * (1 - exp(-since / RECENT)))
        self.budget.look(view.live, view.abandoned, view.left * rate, view.room)


def _words(view: View, figures: dict[str, float]) -> str:
    return (
        f"{view.free} free, {figures['freed']:.1f} of {figures['busy']:.0f} busy free soon, "
        f"{figures['answered']:.1f} of {figures['calls']:.0f} calls answered soon, "
        f"risk {figures['risk']:.3f}"
    )


def _is_due(now: float, at: float, every: float) -> bool:
    """A clock that has stepped back makes it due too, or it would wait for what is past."""
    return not at - every <= now < at
