"""Pacing rules against one another: whole shifts in virtual time, each on the same day.

Who answers, when, and how long they talk depends on the seed and the number alone, not on the
rule that calls. Shifts are run in as many processes as there are cores.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from multiprocessing import get_context

from campaigns.guard import Tally, total
from workers.bench.pacing_rules import RULES, unguarded
from workers.bench.pacing_scenarios import OPENS, SCENARIOS, campaign
from workers.shift import Shift

COUNTED_FROM = 100  # live answers; before, a single abandoned call is a large share
AFTER_JUMP = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Case:
    """One shift."""

    scenario: str
    agents: int
    rule: str
    hours: float
    seed: int


@dataclass(frozen=True, slots=True)
class PacingRow:
    """What a shift came to. Shares are fractions, as in `dialplane simulate`."""

    scenario: str
    rule: str
    agents: int
    idle: float  # idle / (idle + talking)
    abandonment: float  # of all live answers of the shift
    max_abandonment_seen: float  # at any instant, from `COUNTED_FROM` live answers on
    calls_per_hour: float
    live_answers: int
    after_jumps: float | None  # abandonment in `AFTER_JUMP` after the answers leap; None: never


def cases(
    scenarios: Sequence[str], teams: Sequence[int], rules: Sequence[str], hours: float, seed: int
) -> list[Case]:
    """Every rule on every day with every team; without `teams`, those of each scenario."""
    return [
        Case(scenario, team, rule, hours, seed)
        for scenario in scenarios
        for team, rule in product(teams or SCENARIOS[scenario].teams, rules)
    ]


def run_all(shifts: Sequence[Case], jobs: int) -> Iterator[PacingRow]:
    """A row for each, in order."""
    if jobs < 2 or len(shifts) < 2:
        yield from map(run, shifts)
        return
    with ProcessPoolExecutor(min(jobs, len(shifts)), get_context("spawn")) as pool:
        yield from pool.map(run, shifts)


def run(case: Case) -> PacingRow:
    """Run one shift. A rival's pacer stands where ours would, and its campaign has no guard."""
    rule, scenario = RULES[case.rule], SCENARIOS[case.scenario]
    plan = campaign(scenario, rule.mode, case.agents, case.hours, rule.pacing)
    plan = plan if rule.guard else unguarded(plan)
    shift = Shift(plan, scenario.world, case.agents, case.seed, OPENS, COUNTED_FROM)
    if rule.pacer is not None:
        shift.dialler.run.pacer = rule.pacer()
    after = _run(shift, case.hours, scenario.jumps)
    tally = shift.tally
    return PacingRow(
        case.scenario,
        case.rule,
        case.agents,
        round(shift.times.idle, 4),
        round(tally.rate, 5),
        round(max(shift.max_abandonment, tally.rate), 5),
        round(shift.dialler.run.counts["dialled"] / case.hours, 1),
        tally.live,
        round(after.rate, 5) if after.live else None,
    )


def _run(shift: Shift, hours: float, jumps: Sequence[float]) -> Tally:
    """Run the shift; what its calls came to in the minutes after each of the jumps."""
    ends, after = shift.now + timedelta(hours=hours), Tally()
    moments = [shift.now + timedelta(hours=jump) for jump in jumps if jump < hours]
    shift.start()
    for moment in moments:
        shift.go_on(moment)
        before = shift.tally
        shift.go_on(min(ends, moment + AFTER_JUMP))
        after = total((after, shift.tally - before))
    shift.go_on(ends)
    shift.times.close(ends)
    return after
