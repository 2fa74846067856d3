"""Issabel's call centre dialler (formerly Elastix): predictive, with overcommit.

    n = free agents + talking ones who will soon be free - callers waiting
        - calls not answered yet
    n / share of calls answered lately                                         (overcommit)

every 3 s. "Soon" is when 1 - exp(-(time talked + mean time to answer) / mean talk) has reached
the service percentage, 97 %. The share is that of the last 30 minutes, at least 0.2; before ten
calls it is 1. Taken: "soon" counts from ten conversations on.
"""

from dataclasses import dataclass, field
from math import exp

from campaigns.pacing.view import View
from workers.bench.rivals.rival import Rival, Window, nearest

SERVICE = 0.97
LEAST_ANSWERED = 0.2
ENOUGH = 10


@dataclass(slots=True)
class Mean:
    """The mean of all that was told."""

    count: int = 0
    value: float = 0.0

    def learn(self, value: float) -> None:
        self.count += 1
        self.value += (value - self.value) / self.count


@dataclass(slots=True)
class Issabel(Rival):
    pause: float = 3.0
    talk: Mean = field(default_factory=Mean)
    answer: Mean = field(default_factory=Mean)
    lately: Window = field(default_factory=lambda: Window(1800.0))

    def learn_end(self, segment: int, age: float, how: str) -> None:
        answered = how == "live"
        self.lately.add(self.now, "answered" if answered else "not")
        if answered:
            self.answer.learn(age)

    def learn_talk(self, talk: float, wrap_up: float) -> None:
        self.talk.learn(talk)

    def lines(self, view: View) -> tuple[int, str]:
        soon = sum(1 for talked in view.talking if self._soon(talked))
        unanswered = view.in_flight - view.waiting
        lines = max(0, view.free + soon - view.waiting) - unanswered
        answered = self._answered(view.now)
        return nearest(lines / answered), f"{view.free} free, {soon} soon, {answered:.2f} answered"

    def _soon(self, talked: float) -> bool:
        if self.talk.count < ENOUGH:
            return False
        return 1 - exp(-(talked + self.answer.value) / max(1.0, self.talk.value)) >= SERVICE

    def _answered(self, now: float) -> float:
        self.lately.forget(now)
        calls = self.lately.counts.total()
        if calls < ENOUGH:
            return 1.0
        return max(LEAST_ANSWERED, self.lately.counts["answered"] / calls)
