"""Cover: the guard's bound over several PBX nodes, and over the end of a period.

A customer can only be taken by an agent on the same PBX, so free agents cover the calls in
flight on their own node and no others. The guard (`campaigns.guard`) therefore bounds the sum,
over the nodes, of the calls in flight there beyond the agents free there: at worst exactly these
are answered by people and abandoned.

Each call counts on the day it was placed, and so in that day's period. After the midnight that
ends a period, calls of two are in flight and share the free agents; whichever answers last is
abandoned, so the sum must fit into the room of every period that has more calls in flight than
room.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from campaigns.call_life import SETUP
from campaigns.guard import Tally, room_beyond_agents
from campaigns.periods import Period
from campaigns.run import Run, seconds

UNSEEN = SETUP + 30.0  # beyond the ring time: out of a PBX's sight, no call is in flight for longer

UNBOUND = 1_000_000  # calls, where none can ask for an agent


@dataclass(slots=True)
class Cover:
    """How many calls may be placed now. `spare`: free agents less calls in flight, by node."""

    spare: dict[str, int]
    free: int  # agents on the nodes that are up, and calls in flight there
    in_flight: int
    tally: Tally  # of the period
    room: int  # calls that may be in flight beyond the free agents
    beyond: int  # how many of these places are not taken; below 0: more are than may be

    @property
    def most(self) -> int:
        """Calls that the guard allows now, wherever there are lines for them."""
        return sum([n for n in self.spare.values() if n > 0]) + max(0, self.beyond)

    def allows(self, node: str) -> bool:
        return self.spare.get(node, 0) > 0 or self.beyond > 0

    def spend(self, node: str) -> None:
        """A call is placed on `node`, or one of its agents is set aside for a call."""
        left = self.spare.get(node, 0)
        if left <= 0:
            self.beyond -= 1
        self.spare[node] = left - 1


def cover(run: Run, now: datetime) -> Cover:
    """What the guard allows at `now`."""
    if not run.guarded:
        return Cover({}, 0, 0, run.tally_of(run.period(run.day_of(now))), UNBOUND, UNBOUND)
    spare: dict[str, int] = {}
    free = in_flight = uncovered = 0
    for node in run.lines.up:
        agents, calls = run.floor.free_on[node], run.asking_on[node] + run.claiming_on[node]
        free, in_flight = free + agents, in_flight + calls
        spare[node] = agents - calls
        uncovered += max(0, calls - agents)
    if not run.asking_on.keys() <= run.lines.up:
        uncovered += _out_of_sight(run, now)
    day = run.day_of(now)
    tally = run.tally_of(run.period(day))
    allowed = room(run, day, tally)
    return Cover(spare, free, in_flight, tally, allowed, allowed - uncovered)


def room(run: Run, today: str, tally: Tally) -> int:
    """Calls that may be in flight beyond the free agents: by the period of `today`, whose
    `tally` is given, and by each other that has any."""
    most = _room_of(run, tally)
    if run.asking_of[today] == len(run.asking):
        return most
    for period, calls in _of_other_periods(run, today).items():
        if calls > (old := _room_of(run, run.tally_of(period))):
            most = min(most, old)
    return most


def owe(run: Run, node: str, now: datetime) -> None:
    """An agent has vanished: if that leaves a call uncovered, the next one abandoned there is
    that agent's (`Tally.agent_lost`)."""
    if cover(run, now).spare.get(node, 0) < 0:
        run.owing[node] += 1


def is_owed(run: Run, node: str) -> bool:
    """Whether the call now abandoned on `node` is one that a vanished agent was to take."""
    if run.owing[node] <= 0:
        return False
    run.owing[node] -= 1
    return True


def forgive(run: Run, covered: Mapping[str, int]) -> None:
    """Where agents are free for every call again, nothing is owed."""
    if run.owing:
        for node in [n for n in run.owing if covered.get(n, 0) >= 0]:
            del run.owing[node]


def leaving_needed(run: Run, now: datetime) -> Counter[str]:
    """How many of the ready agents who have asked to leave, or were asked to come to an inbound
    call, must still stay, by node."""
    now_covered = cover(run, now)
    short = max(0, -now_covered.beyond)
    needed: Counter[str] = Counter()
    for node, leavers in Counter(a.node for a in run.floor.leavers() if a.covers).items():
        needed[node] = min(short, leavers, max(0, -now_covered.spare.get(node, 0)))
        short -= needed[node]
    return needed


def _out_of_sight(run: Run, now: datetime) -> int:
    """Calls in flight on nodes whose link is down: those that can still be ringing."""
    since = now - seconds(run.campaign.ring + UNSEEN)
    unseen = [call for call in run.asking.values() if call.node not in run.lines.up]
    return sum(call.attempt.placed_at >= since for call in unseen)


def _of_other_periods(run: Run, today: str) -> Counter[Period]:
    """The calls in flight that count in another period than today's."""
    present = run.period(today)
    calls: Counter[Period] = Counter()
    for day, asking in run.asking_of.items():
        if asking and day not in present:
            calls[run.period(day)] += asking
    return calls


def _room_of(run: Run, tally: Tally) -> int:
    return room_beyond_agents(run.campaign.abandonment.limit, tally.live, tally.unlawful)
