"""What pacing sees: the calls and agents of a run, as a `View`, on the PBX nodes that are up.

It is made at each decision, from whatever is in flight at that moment; single calls and agents
are looked at only for a pacer that models them.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np

from campaigns.call_life import CallState
from campaigns.cover import Cover
from campaigns.effects import AgentState
from campaigns.pacing.view import Floats, View
from campaigns.run import Run
from campaigns.windows import left_today

MOST_AHEAD = 60  # candidates whose segments are looked at: more are never placed at once
LOOK_AT_CLOCK = 60.0  # seconds between two looks at how much of the day is left


def view(run: Run, covered: Cover, now: datetime) -> View:
    """What there is to decide from."""
    seen = View(
        now=now.timestamp(),
        free=covered.free,
        in_flight=covered.in_flight,
        live=covered.tally.live,
        abandoned=covered.tally.unlawful,
        room=covered.room,
        guarded=covered.most,
        lines=run.lines.room(now),
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
    orders = [(s, n) for (node, s), n in run.claiming_in.items() if node in run.lines.up]
    placed = [*dialled.placed.values(), *(moment for _, n in orders for _ in range(n))]
    segments = [*dialled.segments.values(), *(s for s, n in orders for _ in range(n))]
    seen.dialled, seen.dialled_segments = moment - np.array(placed), np.array(segments, np.int64)
    seen.ringing = moment - _column(ringing.placed)
    seen.ringing_segments = np.fromiter(ringing.segments.values(), np.int64, len(ringing))
    seen.rung = moment - _column(ringing.rang)
    seen.ringing_ids = list(ringing.ids.values())
    seen.analysing = len(flights[CallState.ANALYSING])
    seen.waiting = len(flights[CallState.WAITING])


def _see_agents(run: Run, seen: View) -> None:
    """For how long the agents have talked, or wrapped up, who take a further call after that."""
    seen.talking = seen.now - _column(_since(run, AgentState.TALKING))
    seen.wrapping = seen.now - _column(_since(run, AgentState.WRAP_UP))


def _since(run: Run, state: AgentState) -> dict[str, float]:
    since, up = run.floor.busy[state], run.lines.up
    if len(up) == len(run.campaign.pbx):
        return since
    agents = ((run.floor.get(name), at) for name, at in since.items())
    return {a.name: at for a, at in agents if a is not None and a.node in up}


def _column(values: Mapping[Any, float]) -> Floats:
    return np.fromiter(values.values(), np.float64, len(values))


def _left(run: Run, now: datetime, moment: float) -> float:
    looked, left = run.day_left
    if not 0 <= moment - looked < LOOK_AT_CLOCK:
        looked, left = run.day_left = moment, left_today(run.campaign.windows, now)
    return max(0.0, left - (moment - looked))
