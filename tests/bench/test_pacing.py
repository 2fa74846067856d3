"""`dialplane bench pacing`: small shifts of the whole dialler."""

import pytest

from campaigns.guard import room_beyond_agents
from campaigns.spec.campaign import Mode
from connectors.fake.tide import Water
from workers.bench.pacing import Case, cases, run, run_all
from workers.bench.pacing_rules import OURS, RULES, unguarded
from workers.bench.pacing_scenarios import LONGEST, OPENS, SCENARIOS, campaign
from workers.shift import Shift


def shift(scenario: str, rule: str, agents: int = 6, hours: float = 0.25) -> Case:
    return Case(scenario, agents, rule, hours, seed=1)


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_keeps_agents_at_work(rule: str) -> None:
    row = run(shift("steady", rule))
    assert 0.0 < row.idle < 0.8
    assert row.live_answers > 10
    assert row.calls_per_hour > 100
    assert row.max_abandonment_seen >= row.abandonment


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_our_own_rule_keeps_the_limit_and_beats_one_call_per_free_agent(scenario: str) -> None:
    ours, plain = run_all([shift(scenario, OURS, 20, 1), shift(scenario, "progressive", 20, 1)], 1)
    assert ours.max_abandonment_seen <= 0.03
    assert ours.idle < plain.idle


def test_what_is_abandoned_after_the_answers_leap_is_told_apart() -> None:
    steps = run(shift("steps", OURS, 10, 1.1))  # they leap after an hour
    assert steps.after_jumps is not None
    assert 0 <= steps.after_jumps < 0.25
    assert run(shift("steps", OURS, 10, 0.9)).after_jumps is None
    assert run(shift("steady", OURS, 10, 1.1)).after_jumps is None


def test_a_shift_is_the_same_whether_or_not_one_looks_in_between() -> None:
    case = shift("steps", OURS, 10, 1.1)
    plan = campaign(SCENARIOS["steps"], Mode.PREDICTIVE, 10, 1.1)
    whole = Shift(plan, SCENARIOS["steps"].world, 10, 1, OPENS, 100)
    whole.run(1.1)
    assert (run(case).idle, run(case).live_answers) == (
        round(whole.times.idle, 4),
        whole.tally.live,
    )


def test_the_same_seed_is_the_same_day_in_any_process() -> None:
    shifts = cases(["segments"], [4], [OURS, "issabel"], 0.1, seed=3)
    assert list(run_all(shifts, 2)) == list(run_all(shifts, 1))


def test_each_scenario_has_its_teams_unless_others_are_asked_for() -> None:
    asked = cases(list(SCENARIOS), (), [OURS], 1, seed=1)
    teams = [(case.scenario, case.agents) for case in asked]
    assert teams == [(name, team) for name, day in SCENARIOS.items() for team in day.teams]
    assert {case.agents for case in cases(list(SCENARIOS), (7,), [OURS], 1, seed=1)} == {7}


def test_a_rival_has_no_guard_and_no_campaign_file_can_say_so() -> None:
    plan = campaign(SCENARIOS["steady"], Mode.PREDICTIVE, 10, 1)
    assert room_beyond_agents(unguarded(plan).abandonment.limit, 0, 0) > 10_000
    assert room_beyond_agents(plan.abandonment.limit, 0, 0) == 0
    with pytest.raises(ValueError, match="limit"):
        type(plan).model_validate(unguarded(plan).model_dump(by_alias=True))


def test_the_answer_rate_steps_between_forty_and_twelve_percent() -> None:
    world = SCENARIOS["steps"].world
    share = world.segments[0].human
    water = Water(world.tide, seed=1)
    seen = [round(share * water.factor(minutes * 60), 2) for minutes in (0, 29, 30, 59, 60, 95)]
    assert seen == [0.4, 0.4, 0.12, 0.12, 0.4, 0.12]


def test_the_longest_shift_ends_on_the_day_it_began() -> None:
    hours = campaign(SCENARIOS["steady"], Mode.PREDICTIVE, 10, LONGEST).windows.hours[0]
    assert (f"{hours.start:%H:%M}", f"{hours.end:%H:%M}") == ("09:00", "23:00")
