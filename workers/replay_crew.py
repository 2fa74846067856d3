"""A day's agents once more: there when they were there, on a break when they were on one.

What an agent does follows the day's record by the clock; only how long a wrap-up takes, and what
a call is filed under, is drawn from all of the day's.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from campaigns.effects import AgentChanged, AgentState
from campaigns.orders import AgentOrder, Dispose, LogIn, LogOut, Pause, Ready
from campaigns.run import PHONE
from campaigns.spec.campaign import Campaign
from connectors.fake.spread import Spread
from storage.traffic import Changed, Dialled
from workers.crew import BREAK, Crew, Habits, usual_habits
from workers.replay_calls import between, measured

USUAL_SPREAD = 0.7  # deviation over the mean of wrap-up times
Plan = Sequence[tuple[datetime, AgentOrder]]
OnMachine = Callable[[UUID], bool]


class DayCrew(Crew):
    """`plan`: what the agents order, and when. `on_machine`: whether a call's answer was one's."""

    def __init__(
        self,
        campaign: Campaign,
        plan: Plan,
        seed: int,
        habits: Habits,
        wrap_up: Spread,
        on_machine: OnMachine,
    ) -> None:
        super().__init__(campaign, {order.agent for _, order in plan}, seed, habits)
        self._day = deque(plan)
        self._wrap_up, self._on_machine = wrap_up, on_machine
        self._machine = next((d.name for d in campaign.dispositions if d.machine), None)
        self._with_machine: set[str] = set()

    def due(self, now: datetime) -> list[AgentOrder]:
        orders = []
        while self._day and self._day[0][0] <= now:
            orders.append(self._day.popleft()[1])
        return orders + super().due(now)

    def wake_at(self) -> datetime | None:
        wakes = [self._day[0][0]] if self._day else []
        own = super().wake_at()
        return min([*wakes, own] if own is not None else wakes, default=None)

    def _answer(self, change: AgentChanged, now: datetime) -> tuple[float, AgentOrder | None]:
        name = change.agent
        if change.state is AgentState.TALKING:
            heard = change.attempt_id is not None and self._on_machine(change.attempt_id)
            (self._with_machine.add if heard else self._with_machine.discard)(name)
        if change.state is AgentState.PAUSED and change.reason == BREAK:
            return 0.0, None
        wait, order = super()._answer(change, now)
        if change.state is not AgentState.WRAP_UP:
            return wait, order
        if name in self._with_machine and self._machine is not None:
            order = Dispose(name, self._machine)
        return self._wrap_up.at(self._plans[name].chance.random() or 0.5), order


def plan_of(changes: Iterable[Changed], campaign: Campaign, start: datetime) -> Plan:
    """The orders that lead to the recorded presence from `start` on, in the order of time."""
    by_agent: dict[str, list[Changed]] = defaultdict(list)
    for change in changes:
        by_agent[change.agent].append(change)
    plan = [entry for own in by_agent.values() for entry in _orders(own, campaign, start)]
    return sorted(plan, key=lambda entry: entry[0])


def wrap_ups(changes: Iterable[Changed], campaign: Campaign) -> Spread:
    """How long the wrap-ups took."""
    began: dict[str, datetime] = {}
    times = []
    for change in changes:
        if change.agent in began:
            times.append(between(began.pop(change.agent), change.at))
        if change.state == AgentState.WRAP_UP:
            began[change.agent] = change.at
    return measured(times, Spread(0.7 * campaign.agents.wrap_up, USUAL_SPREAD))


def habits_of(calls: Iterable[Dialled], campaign: Campaign) -> Habits:
    """What conversations were filed under; the usual, where the campaign knows none of it."""
    people = {d.name for d in campaign.dispositions if not d.machine}
    filed = Counter(call.filed for call in calls if call.filed in people)
    return Habits(filed) if filed else usual_habits(campaign)


def _orders(
    changes: Sequence[Changed], campaign: Campaign, start: datetime
) -> list[tuple[datetime, AgentOrder]]:
    """An agent's; what was before `start` comes to where it had led by then."""
    name, was, orders = changes[0].agent, "away", list[tuple[datetime, AgentOrder]]()
    standing = [c for c in changes if c.at <= start][-1:]
    skills = frozenset(campaign.agents.skills)
    for change in [*standing, *(c for c in changes if c.at > start)]:
        now = _presence(change)
        steps: dict[tuple[str, str], AgentOrder] = {
            ("away", "there"): LogIn(name, name, campaign.pbx[0], skills),
            ("there", "break"): Pause(name, BREAK),
            ("break", "there"): Ready(name),
            ("there", "away"): LogOut(name),
            ("break", "away"): LogOut(name),
        }
        if (was, now) in steps:
            orders.append((max(start, change.at), steps[was, now]))
            was = now
    return orders


def _presence(change: Changed) -> str:
    """Whoever logs in on a break is away until it is over; a phone picked up again is no break."""
    if change.state == AgentState.OFFLINE:
        return "away"
    return "break" if change.state == AgentState.PAUSED and change.reason != PHONE else "there"
