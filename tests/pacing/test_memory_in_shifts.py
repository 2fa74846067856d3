"""A worker that knows the campaign places the right calls from the first minute on.

Six in ten people answer where the plan counts on one in four; the day has been long, so that the
guard, which forgives nothing, leaves room for mistakes.
"""

from datetime import timedelta
from typing import Any

import pytest

from campaigns.guard import Tally
from campaigns.pacing.memory import remember
from campaigns.spec.campaign import Mode
from connectors.fake.world import Segment, World
from workers.bench.pacing_scenarios import OPENS, Scenario, campaign
from workers.shift import Shift

AGENTS = 20
DAY = OPENS.date().isoformat()
BEFORE = Tally(DAY, connected=3000, abandoned=30)


def shift(hours: float, seed: int, memory: dict[str, Any] | None = None) -> Shift:
    scenario = Scenario(World(segments=(Segment(human=0.6, machine=0.2),)), "", ())
    plan = campaign(scenario, Mode.PREDICTIVE, AGENTS, 8.0)
    begun = Shift(plan, scenario.world, AGENTS, seed, OPENS)
    begun.dialler.run.tallies[DAY] = Tally(DAY, BEFORE.connected, BEFORE.abandoned)
    if memory is not None:
        assert begun.dialler.recall(memory, OPENS - timedelta(hours=15), OPENS) == ""
    begun.run(hours)
    return begun


def of_shift(done: Shift) -> tuple[int, int]:
    tally = done.dialler.run.tallies[DAY]
    return tally.connected - BEFORE.connected, tally.abandoned - BEFORE.abandoned


@pytest.mark.parametrize("seed", [1, 2])
def test_a_warm_start_abandons_less_than_a_cold_one(seed: int) -> None:
    yesterday = remember(shift(0.4, seed + 50).dialler.run.pacer)
    (cold, cold_abandoned), (warm, abandoned) = (
        of_shift(shift(0.1, seed)),
        of_shift(shift(0.1, seed, yesterday)),
    )
    assert cold_abandoned > 10
    assert abandoned < cold_abandoned / 3
    assert warm > 0.9 * cold
