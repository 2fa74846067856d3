"""Simulated agents: they see what agents see and order what agents order.

Pure, like the dialler: time is an argument. So the same crew works a simulated day in seconds,
the demo in real time, and the phones of a real PBX in the tests. Each agent draws from a
generator of its own, made of the seed and the agent's name: what one does changes nothing in
the others, in whatever order their calls end.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heappop, heappush
from math import log
from random import Random

from campaigns.effects import AgentChanged, AgentState, Effect
from campaigns.orders import Accept, AgentOrder, Dispose, LogIn, LogOut, Pause, Ready
from campaigns.run import NOT_REACHED
from campaigns.spec.campaign import Campaign

SPREAD = 0.35  # sigma of the lognormal times; the field's wrap-up times spread like this
BREAK = "break"


@dataclass(frozen=True, slots=True)
class Habits:
    """How a crew works. Times are medians, in seconds; `dispositions` are weights."""

    dispositions: Mapping[str, float]
    wrap_up: float = 8.0
    wrap_up_most: float = 60.0  # longer, and the campaign would end it with nothing filed
    preview: float = 4.0
    breaks_per_hour: float = 0.0
    break_seconds: float = 300.0
    phone_seconds: float = 5.0  # to pick the phone up again after losing it


def usual_habits(campaign: Campaign) -> Habits:
    """Wrap-up within the campaign's; three calls in four end without success, few with do-not-call.

    Figures of no one campaign: they make a demo and a simulation look like an ordinary day.
    """
    weights = {
        d.name: 1e-9 if d.machine else 0.1 if d.do_not_call else 1.0 if d.success else 3.0
        for d in campaign.dispositions
    }
    limit = campaign.agents.wrap_up
    return Habits(weights, wrap_up=min(8.0, limit / 2), wrap_up_most=0.9 * limit)


@dataclass(slots=True)
class _Plan:
    """What one agent will do next, unless its state changes first."""

    chance: Random
    next_break: datetime | None = None
    order: AgentOrder | None = None
    turn: int = 0  # counts up with each plan; older ones in the heap are void


class Crew:
    """A team of simulated agents: `seen` for each effect, `due` in time, `start` to log them in."""

    def __init__(
        self, campaign: Campaign, names: Iterable[str], seed: int, habits: Habits | None = None
    ) -> None:
        self._habits = habits or usual_habits(campaign)
        self._plans = {name: _Plan(Random(f"{seed}:{name}")) for name in names}
        self._logins: dict[str, LogIn] = {}
        self._heap: list[tuple[datetime, str, int]] = []

    def start(self, logins: Iterable[LogIn], now: datetime) -> None:
        """Log in at `now`, and again whenever the phone was not reached."""
        for login in logins:
            self._logins[login.agent] = login
            self._plan(login.agent, now, login)

    def seen(self, effect: Effect, now: datetime) -> None:
        """An agent whose state has changed drops what it was about to do, and plans anew."""
        if isinstance(effect, AgentChanged) and effect.agent in self._plans:
            wait, order = self._answer(effect, now)
            self._plan(effect.agent, now + timedelta(seconds=wait), order)

    def due(self, now: datetime) -> list[AgentOrder]:
        """The orders whose time has come, earliest first; each is given once."""
        orders = []
        while self._heap and self._heap[0][0] <= now:
            _, name, turn = heappop(self._heap)
            plan = self._plans[name]
            if plan.turn == turn and plan.order is not None:
                orders.append(plan.order)
                plan.order = None
        return orders

    def wake_at(self) -> datetime | None:
        """When `due` has something next; None: only after something was seen."""
        while self._heap and self._plans[self._heap[0][1]].turn != self._heap[0][2]:
            heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def go_home(self) -> list[AgentOrder]:
        """Everybody logs out, after the call at hand."""
        names = list(self._plans)
        self._heap.clear()
        self._plans.clear()
        return [LogOut(name) for name in names]

    def _answer(self, change: AgentChanged, now: datetime) -> tuple[float, AgentOrder | None]:
        """What the agent does about its new state, and after how many seconds."""
        name, plan, habits = change.agent, self._plans[change.agent], self._habits
        if change.state is AgentState.WRAP_UP:
            wait = min(self._time(plan, habits.wrap_up), habits.wrap_up_most)
            return wait, self._dispose(name, plan)
        if change.state is AgentState.RESERVED and change.candidate is not None:
            return self._time(plan, habits.preview), Accept(name)
        if change.state is AgentState.READY:
            return self._until_break(name, plan, now)
        if change.state is AgentState.PAUSED:
            return self._back_from(change, plan, now), Ready(name)
        if change.state is AgentState.OFFLINE and change.reason.startswith(NOT_REACHED):
            return self._time(plan, habits.phone_seconds), self._logins.get(name)
        return 0.0, None

    def _dispose(self, name: str, plan: _Plan) -> Dispose:
        names = list(self._habits.dispositions)
        weights = list(self._habits.dispositions.values())
        return Dispose(name, plan.chance.choices(names, weights)[0])

    def _back_from(self, change: AgentChanged, plan: _Plan, now: datetime) -> float:
        if change.reason != BREAK:
            return self._time(plan, self._habits.phone_seconds)
        away = self._time(plan, self._habits.break_seconds)
        plan.next_break = self._break_after(plan, now + timedelta(seconds=away))
        return away

    def _until_break(
        self, name: str, plan: _Plan, now: datetime
    ) -> tuple[float, AgentOrder | None]:
        if plan.next_break is None:
            plan.next_break = self._break_after(plan, now)
        if plan.next_break is None:
            return 0.0, None
        return max(0.0, (plan.next_break - now).total_seconds()), Pause(name, BREAK)

    def _break_after(self, plan: _Plan, now: datetime) -> datetime | None:
        rate = self._habits.breaks_per_hour
        if rate <= 0:
            return None
        return now + timedelta(seconds=plan.chance.expovariate(rate / 3600))

    def _time(self, plan: _Plan, median: float) -> float:
        return plan.chance.lognormvariate(log(median), SPREAD) if median > 0 else 0.0

    def _plan(self, name: str, at: datetime, order: AgentOrder | None) -> None:
        plan = self._plans[name]
        plan.turn += 1
        plan.order = order
        if order is not None:
            heappush(self._heap, (at, name, plan.turn))
