"""A day replayed: the world that is made of its calls, its agents, and what comes of it."""

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from campaigns.guard import Tally
from campaigns.orders import LogIn, LogOut, Pause, Ready
from campaigns.spec.campaign import Campaign
from campaigns.spec.file import load
from campaigns.spec.pacing import Abandonment
from connectors.fake.spread import Spread
from storage.traffic import Changed, Dialled, last_placed, traffic
from tests.databases import set_up
from workers.replay import Day, happened, made_of, replay
from workers.replay_calls import Measured, measured, weighed
from workers.replay_crew import plan_of, wrap_ups
from workers.replay_world import made_from

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
NEXT_DAY = START + timedelta(days=1)
SPRING = b"""\
name: spring
mode: predictive
trunks: [{name: carrier, channels: 100, calls_per_second: 20}]
caller_ids: ["+12125550100"]
agents: {teams: [sales], wrap_up: 30s}
leads: {list: spring}
windows: {timezone: UTC, hours: [{from: "00:00", to: "24:00"}]}
dispositions: [{name: sale, success: true}, {name: none}]
"""


def campaign_of(mode: str = "predictive", channels: int = 100) -> Campaign:
    text = SPRING.replace(b"predictive", mode.encode())
    return load(text.replace(b"channels: 100", b"channels: %d" % channels), "spring.yaml")


@pytest.fixture
def campaign() -> Campaign:
    return campaign_of()


@pytest.fixture
def shift_day(shift_rows: Callable[..., Any], campaign: Campaign, tmp_path: Path) -> Day:
    """An hour with ten agents, out of a database."""
    store = set_up(f"sqlite:///{tmp_path / 'day.db'}")
    with store.writing() as connection:
        for table, rows in shift_rows(campaign).items():
            connection.execute(table.insert(), rows)
    found = traffic(store, "spring", START, NEXT_DAY)
    last = last_placed(store, "spring")
    assert last == found.attempts[-1].placed_at
    assert not traffic(store, "spring", NEXT_DAY, NEXT_DAY + timedelta(days=1)).attempts
    assert last_placed(store, "autumn") is None
    store.close()
    return made_of(found, campaign)


def call(at: float, **changes: Any) -> Dialled:
    """An attempt placed `at` seconds after the start; times are seconds after that."""
    placed = START + timedelta(seconds=at)

    def moment(name: str) -> datetime | None:
        after = changes.pop(name, None)
        return None if after is None else placed + timedelta(seconds=after)

    ended = moment("ended")
    times = {f"{name}_at": moment(name) for name in ("ringing", "answered", "connected")}
    told = {"segment": "", "version": 1, "classified_at": None, "outcome": "no_answer"}
    usual = {"reason": "no_answer", "party": "", "filed": "", "waited": None}
    return Dialled(
        placed_at=placed, ended_at=ended or placed, **{**told, **usual, **times, **changes}
    )


def change(agent: str, minutes: float, state: str, reason: str = "") -> Changed:
    return Changed(agent, START + timedelta(minutes=minutes), state, reason)


def test_measured_times_come_back_as_they_were() -> None:
    times = measured([float(n) for n in range(100)], Spread(1))
    assert isinstance(times, Measured)
    assert times.mean == pytest.approx(49.5)
    assert [times.at(p) for p in (0.001, 0.5, 0.999)] == pytest.approx([0, 49.5, 99])
    assert measured([1.0, 2.0, -1.0], Spread(7)) == Spread(7)


def test_a_call_cut_short_tells_of_those_that_rang_longer(campaign: Campaign) -> None:
    quick = [call(0, ended=3, reason="busy"), call(0, answered=5, ended=60)]
    cut = [call(0, ended=16, reason="cancelled"), call(0, ended=16, reason="pbx_lost")]
    late = [call(0, answered=20, ended=60), call(0, ended=25)]
    known = weighed([*late, *cut, *quick], campaign)
    assert [(how, round(weight, 9)) for _, how, weight in known] == [
        ("busy", 1.0), ("human", 1.0), ("human", 2.0), ("", 2.0),
    ]  # fmt: skip


def test_the_world_answers_as_each_segment_and_each_hour_did(campaign: Campaign) -> None:
    calls = [
        call(n, segment=name, **({"ringing": 2, "answered": 12, "ended": 30} if n % of == 0 else
             {"ended": 25}))
        for name, of, hours in (("city", 2, 1), ("land", 4, 2))
        for n in range(0, hours * 3600, 3)
    ]  # fmt: skip
    made = made_from(calls, campaign, START)
    assert [s.human for s in made.world.segments] == pytest.approx([0.25, 0.5], abs=0.01)
    assert made.mix.count("+10") == pytest.approx(67, abs=1)
    assert [step.times for step in made.world.tide.steps] == pytest.approx([1, 1], abs=0.02)
    assert made.world.segments[0].ring.mean == pytest.approx(10)


def test_agents_come_and_go_as_they_did() -> None:
    changes = [
        change("ann", -30, "ready"),
        change("bob", -20, "offline", "phone rings"),
        change("bob", 5, "ready"),
        change("ann", 10, "talking"),
        change("ann", 12, "wrap_up"),
        change("ann", 13, "paused", "lunch"),
        change("bob", 14, "paused", "phone"),
        change("bob", 15, "ready"),
        change("ann", 40, "ready"),
        change("bob", 50, "offline", "logged out"),
    ]
    spec = campaign_of()
    told = [
        ((at - START).seconds // 60, type(o), o.agent) for at, o in plan_of(changes, spec, START)
    ]
    assert told == [
        (0, LogIn, "ann"), (5, LogIn, "bob"), (13, Pause, "ann"), (40, Ready, "ann"),
        (50, LogOut, "bob"),
    ]  # fmt: skip
    assert wrap_ups(changes * 20, spec).mean == pytest.approx(60)


def test_a_replay_comes_near_to_what_happened_and_tells_settings_apart(shift_day: Day) -> None:
    really = happened(shift_day)
    again = replay(shift_day, shift_day.campaign, seed=3)
    assert again == replay(shift_day, shift_day.campaign, seed=3)
    assert again.dials == pytest.approx(really.dials, rel=0.15)
    assert again.idle == pytest.approx(really.idle, abs=0.08)
    assert again.talk_share == pytest.approx(really.talk_share, abs=0.08)
    assert max(again.worst, really.worst) <= shift_day.campaign.abandonment.limit
    small = replay(shift_day, campaign_of("progressive", channels=4), seed=3)
    assert small.abandoned == 0
    assert small.dials < again.dials
    assert small.idle > again.idle + 0.1


def test_a_replay_has_the_room_that_the_block_had_before_that_day(shift_day: Day) -> None:
    """Ten agents' first hour is cold; with a day of answers behind them they dial ahead."""
    before = [Tally("2026-11-18", connected=50), Tally("2026-11-19", connected=2000, abandoned=30)]
    kept = Abandonment.model_validate({"window": {"days": 30, "from": "2026-11-19"}})
    blocks = shift_day.campaign.model_copy(update={"abandonment": kept})
    day = dataclasses.replace(shift_day, campaign=blocks, before=before)
    really = happened(day)
    assert really.worst == pytest.approx(30 / 2030, abs=1e-5)
    assert dataclasses.replace(really, worst=0) == dataclasses.replace(happened(shift_day), worst=0)
    cold, warm = replay(shift_day, shift_day.campaign, 3), replay(day, blocks, 3)
    assert warm.dials > cold.dials
    assert warm.idle < cold.idle
    assert warm.connected < 1000  # that day's alone
    assert warm.worst <= 0.03
    assert before[1] == Tally("2026-11-19", connected=2000, abandoned=30)
    assert replay(day, shift_day.campaign, 3) == cold
