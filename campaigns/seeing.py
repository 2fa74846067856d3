"""What pacing sees: the calls and agents of a run, as a `View`, on the PBX nodes that are up.

It is made at each decision, from whatever is in flight at that moment; single calls and agents
are looked at only for a pacer that models them.
"""

from datetime import datetime
from itertools import chain, repeat

import numpy as np

from campaigns.agents import Leaving
from campaigns.call_life import CallState
from campaigns.cover import Cover
from campaigns.effects import AgentState
from campaigns.inbound import waiting_on
from campaigns.pacing.view import View
from campaigns.run import Run
from campaigns.windows import left_today

MOST_AHEAD = 60  # candidates whose segments are looked at: more are never placed at once
_FIRST = np.zeros(1024, np.int64)  # the segments of all calls, where there is one
LOOK_AT_CLOCK = 60.0  # seconds between two looks at how much of the day is left


def view(run: Run, covered: Cover, now: datetime) -> View:
    """What there is to decide from."""
    seen = View(
        now=now.timestamp(),
        free=covered.free,
        in_flight=covered.in_flight,
        live=covered.tally.live,
        abandoned=covered.tally.unlawful,
        asked=covered.tally.live - covered.tally.heard,
        asks=run.guarded,
        room=covered.room,
        guarded=covered.most,
        lines=run.lines.room(now),
        inbound=sum(waiting_on(run).values()) if run.inbound else 0,
    )
    if run.pacer.models:
        _see_calls(run, seen)
        _see_agents(run, seen)
        seen.left = _left(run, now, seen.now)
        if len(run.segments) > 1:
            ahead = max(0, min(MOST_AHEAD, seen.lines))
            seen.next_segments = [run.segment(c) for c in run.hopper.peek(ahead)]
    return seen


def _see_calls(run: Run, seen: View) -> None:
    """The calls that may ask for an agent; the orders at the database are as good as placed."""
    flights, moment = run.flights, seen.now
    dialled, ringing = flights[CallState.PLACED], flights[CallState.RINGING]
    orders = [
        s for (node, s), n in run.claiming_in.items() if node in run.lines.up for _ in range(n)
    ]
    first = len(dialled) + len(orders)
    count = first + len(ringing)
    now = repeat(moment, len(orders))
    placed = chain(dialled.placed.values(), now, ringing.placed.values())
    ages = moment - np.fromiter(placed, np.float64, count)
    segments = _FIRST[:count]
    if len(run.segments) > 1 or count > len(_FIRST):
        told = chain(dialled.segments.values(), orders, ringing.segments.values())
        segments = np.fromiter(told, np.int64, count)
    seen.dialled, seen.ringing = ages[:first], ages[first:]
    seen.dialled_segments, seen.ringing_segments = segments[:first], segments[first:]
    if run.campaign.pacing.cancel_after is not None:
        seen.rung = moment - np.fromiter(ringing.rang.values(), np.float64, len(ringing))
        seen.ringing_ids = list(ringing.ids.values())
    seen.analysing = len(flights[CallState.ANALYSING])
    seen.waiting = len(flights[CallState.WAITING])


def _see_agents(run: Run, seen: View) -> None:
    """For how long the agents have talked, or wrapped up, who take a further call after that."""
    talking, wrapping = _since(run, AgentState.TALKING), _since(run, AgentState.WRAP_UP)
    first, count = len(talking), len(talking) + len(wrapping)
    since = np.fromiter(chain(talking.values(), wrapping.values()), np.float64, count)
    ages = seen.now - since
    seen.talking, seen.wrapping = ages[:first], ages[first:]
    asked = len(run.floor.asked(Leaving.INBOUND)) if seen.inbound else 0
    if seen.inbound > asked:
        _keep_for_inbound(seen, seen.inbound - asked)


def _keep_for_inbound(seen: View, count: int) -> None:
    """Of the busy agents, so many will be asked to come to an inbound call as they get free:
    which ones nobody knows, so those are left out that are the likeliest to be the next."""
    others = max(0, count - len(seen.wrapping))
    seen.wrapping, seen.talking = seen.wrapping[count:], seen.talking[others:]


def _since(run: Run, state: AgentState) -> dict[str, float]:
    since, up = run.floor.busy[state], run.lines.up
    if len(up) == len(run.campaign.pbx):
        return since
    agents = ((run.floor.get(name), at) for name, at in since.items())
    return {a.name: at for a, at in agents if a is not None and a.node in up}


def _left(run: Run, now: datetime, moment: float) -> float:
    looked, left = run.day_left
    if not 0 <= moment - looked < LOOK_AT_CLOCK:
        looked, left = run.day_left = moment, left_today(run.campaign.windows, now)
    return max(0.0, left - (moment - looked))
