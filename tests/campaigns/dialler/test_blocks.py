"""The limit kept over blocks of days: one room for all days of a block, and none beyond it."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.cover import cover
from campaigns.guard import Tally, room_beyond_agents
from campaigns.orders import Dispose
from connectors.calls import EndReason

DeskOf = Callable[..., Any]
DISPOSITIONS = [{"name": "sale"}, {"name": "voicemail", "machine": True}]
BEFORE, TODAY, TOMORROW = "2026-11-19", "2026-11-20", "2026-11-21"
LATE = datetime(2026, 11, 20, 23, 59, 50, tzinfo=UTC)
AFTER = datetime(2026, 11, 21, 0, 0, 5, tzinfo=UTC)
POWER = {"lines_per_agent": 2, "calls_per_second": 100}


def blocks(days: int, start: str, limit: float = 0.03) -> dict[str, Any]:
    return {"limit": limit, "target": limit, "window": {"days": days, "from": start}}


def adopting(desk: Any, *tallies: Tally) -> Any:
    desk.feed(desk.dialler.adopt([], [], tallies, desk.now))
    return desk


def test_the_second_day_begins_with_the_room_of_the_first(desk_of: DeskOf) -> None:
    cold = adopting(desk_of(), Tally(BEFORE, connected=970))
    assert cover(cold.dialler.run, cold.now).room == 0
    warm = adopting(desk_of(abandonment=blocks(30, BEFORE)), Tally(BEFORE, connected=970))
    assert cover(warm.dialler.run, warm.now).room == room_beyond_agents(0.03, 970, 0) == 30
    assert cover(warm.dialler.run, warm.now).tally.live == 970
    other = adopting(desk_of(abandonment=blocks(30, TODAY)), Tally(BEFORE, connected=970))
    assert cover(other.dialler.run, other.now).room == 0


def test_what_is_abandoned_on_one_day_is_missing_on_the_next(desk_of: DeskOf) -> None:
    past = Tally(BEFORE, connected=960, abandoned=8, late=2)
    desk = adopting(desk_of(abandonment=blocks(2, BEFORE)), past)
    assert cover(desk.dialler.run, desk.now).room == room_beyond_agents(0.03, 970, 10) == 19
    today = desk.dialler.run.tally(TODAY)
    today.connected, today.abandoned = 30, 19
    assert cover(desk.dialler.run, desk.now).room == 1


def test_calls_from_before_midnight_share_the_agents_only_where_a_block_ends(
    desk_of: DeskOf,
) -> None:
    """As in `test_cover`, but a new day of the same block brings no period of its own."""
    for start, placed in ((TODAY, 24), (TOMORROW, 12)):
        desk = desk_of(leads=300, mode="power", pacing=POWER, abandonment=blocks(2, start))
        desk.now = LATE
        desk.staff(*(f"a{n}" for n in range(12)))
        assert len(desk.calls) == 12
        desk.now = AFTER
        desk.dialler.run.tallies[TOMORROW] = Tally(TOMORROW, connected=1000)
        desk.wait(1)
        assert len(desk.calls) == placed


@pytest.mark.parametrize(("start", "fewer"), [(TODAY, 1), (TOMORROW, 0)])
def test_a_machine_found_after_midnight_corrects_the_block_of_the_call(
    desk_of: DeskOf, start: str, fewer: int
) -> None:
    desk = desk_of(dispositions=DISPOSITIONS, abandonment=blocks(2, start))
    desk.now = LATE
    desk.staff("ann")
    (call,) = desk.calls
    desk.talk(call)
    desk.wait(60)
    desk.end(call)
    run = desk.dialler.run
    run.tallies[TOMORROW] = Tally(TOMORROW, connected=5)
    before = cover(run, desk.now).tally.live
    desk.order(Dispose("ann", "voicemail"))
    assert run.tally(TODAY) == Tally(TODAY, machines=1)
    assert before - cover(run, desk.now).tally.live == fewer


def test_a_screen_shows_the_day_and_the_block(desk_of: DeskOf) -> None:
    past = Tally(BEFORE, connected=900, abandoned=9, late=1, machines=4)
    desk = adopting(desk_of(abandonment=blocks(30, BEFORE)), past)
    desk.dialler.run.tallies[TODAY] = Tally(TODAY, connected=8, abandoned=2)
    shot = desk.dialler.snapshot(desk.now)
    assert (shot["connected"], shot["abandoned"], shot["abandonment"]) == (8, 2, 0.2)
    assert shot["period"] == {
        "from": BEFORE,
        "to": "2026-12-18",
        "connected": 908,
        "late": 1,
        "abandoned": 11,
        "agent_lost": 0,
        "machines": 4,
        "heard": 0,
        "abandonment": round(12 / 920, 5),
    }
    plain = adopting(desk_of(), past).dialler.snapshot(desk.now)
    assert (plain["period"]["from"], plain["period"]["to"]) == (TODAY, TODAY)
    assert plain["period"]["abandonment"] == plain["abandonment"] == 0


FEW = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
HISTORIES = given(
    seed=st.integers(0, 2**32),
    mode=st.sampled_from(["progressive", "power", "predictive"]),
    days=st.integers(1, 3),
    offset=st.integers(-4, 4),
    limit=st.sampled_from([0.03, 0.1]),
)


@FEW
@HISTORIES
def test_no_block_of_any_history_is_above_the_limit_at_any_instant(
    desk_of: DeskOf, seed: int, mode: str, days: int, offset: int, limit: float
) -> None:
    keeps_the_limit(desk_of, seed, mode, days, offset, limit)


@pytest.mark.long
@settings(FEW, max_examples=100)
@HISTORIES
def test_nor_of_many_more(
    desk_of: DeskOf, seed: int, mode: str, days: int, offset: int, limit: float
) -> None:
    keeps_the_limit(desk_of, seed, mode, days, offset, limit)


def keeps_the_limit(
    desk_of: DeskOf, seed: int, mode: str, days: int, offset: int, limit: float
) -> None:
    rng = Random(seed)
    start = (datetime(2026, 11, 20, tzinfo=UTC) + timedelta(days=offset)).date().isoformat()
    rules = blocks(days, start, limit)
    desk = desk_of(leads=3000, mode=mode, pacing=POWER | {"lines_per_agent": 4}, abandonment=rules)
    desk.staff(*(f"a{i}" for i in range(rng.randint(2, 10))))
    desk.bridges = True  # a PBX that takes its time is outside the proof
    for _ in range(500):
        desk.stir(rng, answered=0.5)
        _keeps(desk, limit)
        desk.wait(rng.expovariate(2))
        _keeps(desk, limit)
        if rng.random() < 0.01:
            desk.now = datetime.combine(desk.now.date(), time(23, 59, 50), UTC)
    run = desk.dialler.run
    assert sum(tally.live for tally in run.tallies.values()) > 20


def _keeps(desk: Any, limit: float) -> None:
    run = desk.dialler.run
    for period in {run.period(day) for day in run.tallies}:
        tally = run.tally_of(period)
        assert tally.unlawful <= limit * tally.live
        assert tally.live == sum(run.tallies[d].live for d in period.days if d in run.tallies)


@pytest.mark.parametrize("days", [1, 2, 30])
def test_the_worst_that_may_answer_after_the_end_of_a_block(desk_of: DeskOf, days: int) -> None:
    """Every call placed before and after it is answered, and in the order that harms most."""
    rules = blocks(days, "2026-11-21")
    desk = desk_of(
        leads=300, mode="power", pacing=POWER | {"lines_per_agent": 4}, abandonment=rules
    )
    desk.now = LATE
    desk.dialler.run.tallies[TODAY] = Tally(TODAY, connected=300)
    desk.staff(*(f"a{n}" for n in range(6)))
    assert len(desk.calls) == 6 + 9
    desk.now = AFTER
    desk.dialler.run.tallies[TOMORROW] = Tally(TOMORROW, connected=900)
    desk.wait(1)
    assert len(desk.calls) == 15  # more are in flight than the block before has room for
    for call in desk.calls[:7]:
        desk.end(call, EndReason.NO_ANSWER)
    desk.wait(1)
    assert len(desk.calls) > 15
    for call in desk.calls[:6:-1]:
        desk.answer(call)
        for bridged in desk.bridging:
            desk.connect(bridged)
        _keeps(desk, 0.03)
    desk.wait(3)
    _keeps(desk, 0.03)
