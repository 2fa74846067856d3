"""Pacing: how many calls to place now, and why. A mode returns a number; it runs no call.

Every mode is held by the same three bounds, in `decide`: the lines that are free, the
abandonment guard (`campaigns.guard`), and never less than 0. `PACING` is the list of modes;
the choices in the campaign YAML come from it.

The predictive mode places calls as long as the chance that the next one finds no agent is at
most theta. Both sides are random: which of the calls in flight are answered by people, and which
of the busy agents get free, within the time a new call takes to be answered. Theta is moved a
little at each live answer, up when it was connected and down when it was abandoned, such that in
the long run the target share is abandoned whatever the error of the model (a stochastic
approximation step, Robbins and Monro 1951).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import erf, exp, sqrt
from operator import mul
from typing import Protocol

from campaigns.hazards import BINS, AnswerHazards
from campaigns.spec import Campaign, Mode

EXACT_UP_TO = 14  # random terms; above, the sum is near enough to normal
THETA_STEP = 0.08
REBUILD_EVERY = 60  # learned calls between two tables of answer chances


@dataclass(slots=True)
class View:
    """What a dialler can see at one instant. Ages in seconds. (Not frozen: made too often.)"""

    free: int  # ready agents who stay
    in_flight: int  # calls placed or about to be, that may still ask for one of them
    flight_ages: Sequence[float] = ()  # those not yet answered, since the originate
    analysing: int = 0  # answered, AMD listens
    waiting: int = 0  # live, no agent yet
    talking: int = 0
    wrapping: int = 0
    live: int = 0  # live answers of the day, and how many of them were abandoned
    abandoned: int = 0
    room: int = 0  # calls that may be in flight beyond the free agents: the guard's
    guarded: int = 0  # calls that the guard allows now
    lines: int = 0  # calls that trunks and calls per second allow now


@dataclass(slots=True)
class Decision:
    """How many calls to place now, and the sentence that explains it."""

    calls: int
    why: str


class Pacer(Protocol):
    """One campaign's pacing.

    `pause`: seconds between two decisions, at least. `models`: it looks at single calls, not
    only at how many there are.
    """

    @property
    def pause(self) -> float: ...

    @property
    def models(self) -> bool: ...

    def wants(self, view: View, most: int) -> Decision: ...

    def learn_answer(self, age: float, live: bool) -> None: ...

    def learn_talk(self, talk: float, wrap_up: float) -> None: ...

    def learn_live(self, abandoned: bool) -> None: ...


def decide(pacer: Pacer, view: View) -> Decision:
    """The mode's wish, within what the guard and the lines allow."""
    most = max(0, min(view.guarded, view.lines))
    wish = pacer.wants(view, most)
    if wish.calls < most:
        return Decision(max(0, wish.calls), wish.why)
    by_guard = view.guarded <= view.lines
    held = f"guard: {view.room} beyond free agents" if by_guard else "lines are full"
    return Decision(most, f"{wish.why}; {held}")


@dataclass(slots=True)
class Ratio:
    """Progressive (1 line per free agent) and power (more): no model, nothing to learn."""

    lines_per_agent: float
    pause: float = 0.0
    models: bool = False

    def wants(self, view: View, most: int) -> Decision:
        lines = int(self.lines_per_agent * view.free)
        return Decision(
            lines - view.in_flight,
            f"{view.free} free x {self.lines_per_agent:g} lines - {view.in_flight} in flight",
        )

    def learn_answer(self, age: float, live: bool) -> None:
        """A ratio learns nothing."""

    def learn_talk(self, talk: float, wrap_up: float) -> None:
        """A ratio learns nothing."""

    def learn_live(self, abandoned: bool) -> None:
        """A ratio learns nothing."""


@dataclass(slots=True)
class Predictive:
    """Places calls while P(the next one finds no agent) <= theta."""

    target: float
    most_lines_per_agent: float
    hazards: AnswerHazards
    talk: float = 120.0  # prior means, in seconds
    wrap_up: float = 20.0
    theta: float = 0.0
    models: bool = True
    pause: float = 0.5  # a decision each second would do; one for each event adds nothing
    _delay: float = 12.0
    _table: list[float] = field(default_factory=list)
    _until_rebuild: int = 0

    def __post_init__(self) -> None:
        self.theta = self.theta or self.target
        self._delay = self.hazards.answer_delay
        self._table = self.hazards.table(self._delay)

    def wants(self, view: View, most: int) -> Decision:
        frees, answers = self._chances(view)
        lines = int(self.most_lines_per_agent * (view.free + view.talking + view.wrapping))
        most = min(most, lines - view.in_flight)
        base = view.free - view.waiting
        calls = _launch(base, frees, answers, self._table[0], self.theta, most)
        return Decision(
            calls,
            f"{view.free} free, {sum(frees):.1f} of {len(frees)} busy free soon, "
            f"{sum(answers):.1f} of {len(answers)} calls answered soon, risk {self.theta:.3f}",
        )

    def learn_answer(self, age: float, live: bool) -> None:
        self.hazards.learn(age, live)
        if live:
            self._delay += 0.02 * (age - self._delay)
        self._until_rebuild -= 1
        if self._until_rebuild <= 0:
            self._until_rebuild = REBUILD_EVERY
            self._table = self.hazards.table(self._delay)

    def learn_talk(self, talk: float, wrap_up: float) -> None:
        self.talk += 0.05 * (talk - self.talk)
        self.wrap_up += 0.05 * (wrap_up - self.wrap_up)

    def learn_live(self, abandoned: bool) -> None:
        self.theta *= exp(THETA_STEP * (self.target - (1.0 if abandoned else 0.0)))
        self.theta = min(0.5, max(1e-4, self.theta))

    def _chances(self, view: View) -> tuple[list[float], list[float]]:
        wrapped = 1 - exp(-self._delay / max(1.0, self.wrap_up))
        talked = _two_steps(self._delay, max(1.0, self.talk), max(1.0, self.wrap_up))
        frees = [wrapped] * view.wrapping + [talked] * view.talking
        table = self._table
        answers = [table[int(age) if age < BINS else -1] for age in view.flight_ages]
        pending = view.in_flight - view.waiting - view.analysing - len(view.flight_ages)
        answers += [self._table[0]] * max(0, pending)  # orders the database has not yet agreed to
        return frees, answers + [0.6] * view.analysing


def _launch(
    base: int, frees: Sequence[float], answers: Sequence[float], p: float, theta: float, most: int
) -> int:
    """How many more calls keep P(nobody is free for the next answer) at or below theta.

    That is P(base + agents who get free - calls answered <= 0), all independent.
    """
    if len(frees) + len(answers) + most <= EXACT_UP_TO:
        return _launch_exactly(base, frees, list(answers), p, theta, most)
    freed, answered = sum(frees), sum(answers)
    mean = base + freed - answered - 0.5  # the half: a whole number is taken for a normal one
    variance = freed + answered - _squares(frees) - _squares(answers)
    sure, calls = base - len(answers), 0
    while calls < most and (sure > calls or _tail(mean, variance) <= theta):
        mean, variance, calls = mean - p, variance + p * (1 - p), calls + 1
    return calls


def _launch_exactly(
    base: int, frees: Sequence[float], answers: list[float], p: float, theta: float, most: int
) -> int:
    calls = 0
    while calls < most and _p_none_free(base, frees, answers) <= theta:
        answers.append(p)
        calls += 1
    return calls


def _tail(mean: float, variance: float) -> float:
    """P(a normal variable <= 0)."""
    return 0.5 * (1 - erf(mean / sqrt(2 * max(variance, 1e-9))))


def _squares(chances: Sequence[float]) -> float:
    total: float = sum(map(mul, chances, chances))
    return total


def _p_none_free(base: int, frees: Sequence[float], answers: Sequence[float]) -> float:
    """The chance by convolution. An agent who gets free counts +1, one who does not 0; an
    answer -1: shifted by the number of answers to keep the index at or above 0."""
    if base > len(answers):
        return 0.0
    weights = [1.0]
    for q in (*frees, *(1 - a for a in answers)):
        weights = [
            (weights[i] * (1 - q) if i < len(weights) else 0.0) + (weights[i - 1] * q if i else 0.0)
            for i in range(len(weights) + 1)
        ]
    return sum(weights[: max(0, len(answers) - base + 1)])


def _two_steps(span: float, first: float, second: float) -> float:
    """P(two exponential steps of these means are both over within `span` seconds)."""
    if abs(first - second) < 1e-6 * first:
        second *= 1.001
    a, b = 1 / first, 1 / second
    return 1 - (b * exp(-a * span) - a * exp(-b * span)) / (b - a)


PACING: dict[Mode, Callable[[Campaign], Pacer]] = {
    Mode.PROGRESSIVE: lambda campaign: Ratio(1.0),
    Mode.POWER: lambda campaign: Ratio(campaign.pacing.lines_per_agent),
    Mode.PREDICTIVE: lambda campaign: Predictive(
        campaign.abandonment.target,
        campaign.pacing.max_lines_per_agent,
        AnswerHazards(ring_seconds=campaign.ring),
    ),
    Mode.PREVIEW: lambda campaign: Ratio(0.0),  # agents dial: each accepted lead is one call
}
