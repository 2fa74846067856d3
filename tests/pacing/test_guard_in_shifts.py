"""The guard in whole shifts: never above the limit, at no instant, whatever the day is like.

The fast lane has a few; `DIALPLANE_SHIFTS` says how many are simulated in the long one (a thousand
take a quarter of an hour).
"""

import os
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from campaigns.guard import Tally
from campaigns.spec.campaign import Campaign, Mode
from campaigns.spec.lines import Inbound as InboundLines
from campaigns.spec.pacing import Blocks
from campaigns.spec.times import Hours, Windows
from connectors.fake.spread import Spread
from connectors.fake.world import Inbound, Segment, Step, Tide, World
from workers.bench.pacing_scenarios import OPENS, Scenario, campaign
from workers.shift import Shift

SHIFTS, FAST = int(os.environ.get("DIALPLANE_SHIFTS", "24")), 6
HOURS = 0.4
ALL_DAY = Hours.model_validate({"from": "00:00", "to": "24:00"})


def seeds(fast: int, whole: int) -> list[Any]:
    """Those of the fast lane, then those of the long one."""
    return [*range(fast), *(pytest.param(n, marks=pytest.mark.long) for n in range(fast, whole))]


def a_day(rng: Random) -> Scenario:
    """Answers may step from few to many within the shift, and machines are taken for people."""
    few, many = rng.uniform(0.05, 0.2), rng.uniform(0.3, 0.8)
    machine = rng.uniform(0.0, 0.85 - many)
    steps = tuple(Step(at, at + 0.1, few / many) for at in (0.0, 0.2))
    part = Segment(human=many, machine=machine)
    return Scenario(World(segments=(part,), tide=Tide(steps=steps)), "", (), amd=rng.random() < 0.5)


def spec(rng: Random, scenario: Scenario, agents: int) -> Campaign:
    mode = rng.choice([Mode.PREDICTIVE, Mode.PREDICTIVE, Mode.POWER])
    plain = campaign(scenario, mode, agents, HOURS, {"lines_per_agent": rng.choice([1.5, 3, 8])})
    limit = rng.choice([0.01, 0.03, 0.05])
    target = limit * rng.choice([0.5, 0.9, 1.0])
    cancel = rng.choice([None, 15.0])
    pacing = plain.pacing.model_copy(update={"cancel_after": cancel})
    spent = plain.abandonment.model_copy(update={"limit": limit, "target": target})
    return plain.model_copy(update={"pacing": pacing, "abandonment": spent})


@pytest.mark.parametrize("seed", seeds(FAST, SHIFTS))
def test_no_shift_is_ever_above_the_limit(seed: int) -> None:
    rng = Random(f"shift/{seed}")
    agents = rng.choice([5, 7, 10, 15, 20, 30, 50, 75, 100])
    scenario = a_day(rng)
    plan = spec(rng, scenario, agents)
    shift = Shift(plan, scenario.world, agents, seed, OPENS)
    shift.run(HOURS)
    tallies = list(shift.dialler.run.tallies.values())
    assert sum(t.live for t in tallies) > agents / 2
    assert sum(t.agent_lost for t in tallies) == 0
    # late calls count with the abandoned: an agent got free in the last instant, and the bridge
    # took longer than what was left of the two seconds
    assert shift.max_abandonment <= plan.abandonment.limit


@pytest.mark.parametrize("seed", seeds(FAST // 2, SHIFTS // 3))
def test_no_block_is_ever_above_the_limit_in_shifts_over_midnight(seed: int) -> None:
    """Some blocks end at that midnight, some begin a day before; some have a past."""
    rng = Random(f"blocks/{seed}")
    agents = rng.choice([5, 10, 20, 50])
    scenario = a_day(rng)
    plain = spec(rng, scenario, agents)
    first = (OPENS + timedelta(days=rng.randint(-3, 3))).date()
    blocks = Blocks.model_validate({"days": rng.randint(1, 3), "from": first})
    windows = Windows(timezone="UTC", hours=(ALL_DAY,))
    kept = plain.abandonment.model_copy(update={"window": blocks})
    plan = plain.model_copy(update={"abandonment": kept, "windows": windows})
    midnight = OPENS.replace(hour=0) + timedelta(days=1)
    shift = Shift(plan, scenario.world, agents, seed, midnight - timedelta(hours=HOURS / 2))
    run = shift.dialler.run
    past = Tally((OPENS - timedelta(days=1)).date().isoformat(), connected=rng.choice([0, 500]))
    run.tallies[past.day] = past
    shift.run(HOURS)
    assert len(run.tallies) == 3
    assert shift.tally.live > agents / 2
    assert shift.max_abandonment <= plan.abandonment.limit
    for day in run.tallies:  # late answers of the day before are seen by none of the above
        assert run.tally_of(run.period(day)).rate <= plan.abandonment.limit


@pytest.mark.parametrize("seed", seeds(FAST // 2, SHIFTS // 3))
def test_no_shift_with_callers_is_ever_above_the_limit(seed: int) -> None:
    """They take a tenth to nine tenths of the agents' time, and come and go as they like."""
    rng = Random(f"inbound/{seed}")
    agents = rng.choice([5, 10, 20, 50])
    scenario = a_day(rng)
    rate = rng.uniform(0.1, 0.9) * agents / scenario.world.customers.talk.mean
    patience = Spread(rng.choice([5, 30, 90]), 1.0)
    came = Inbound(rate=rate, patience=patience)
    lines = InboundLines.model_validate({"lines": [came.line], "wait": rng.choice([10, 60])})
    plan = spec(rng, scenario, agents).model_copy(update={"inbound": lines})
    shift = Shift(plan, replace(scenario.world, inbound=came), agents, seed, OPENS)
    shift.run(HOURS)
    assert shift.callers["answered"] > agents / 5
    assert sum(t.agent_lost for t in shift.dialler.run.tallies.values()) == 0
    assert shift.max_abandonment <= plan.abandonment.limit
