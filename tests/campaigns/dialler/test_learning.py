"""What pacing has learned is told for the next worker, rarely, and goes on with it."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from campaigns.dialler import Dialler
from campaigns.effects import PacingLearned
from campaigns.pacing.predictive import Predictive

PREDICTIVE: dict[str, Any] = {"mode": "predictive"}


def told(effects: list[Any]) -> list[PacingLearned]:
    return [effect for effect in effects if isinstance(effect, PacingLearned)]


def pacer(desk: Any) -> Predictive:
    found = desk.dialler.run.pacer
    assert isinstance(found, Predictive)
    return found


def test_it_is_told_once_a_minute_and_at_the_end(desk_of: Any) -> None:
    desk = desk_of(**PREDICTIVE)
    desk.staff("ann", "bob")
    found = told(desk.wait(250))
    assert len(found) == 4
    gaps = {later.at - earlier.at for earlier, later in pairwise(found)}
    assert all(timedelta(seconds=60) <= gap < timedelta(seconds=62) for gap in gaps)
    last = told(desk.dialler.leave_off(desk.now))
    assert [effect.memory["version"] for effect in last] == [2]


def test_a_clock_that_steps_back_silences_nothing(desk_of: Any) -> None:
    desk = desk_of(**PREDICTIVE)
    desk.wait(100)
    desk.dialler.run.told_at = desk.now + timedelta(hours=2)  # as it was, before
    assert told(desk.wait(3))


def test_modes_that_learn_nothing_tell_nothing(desk_of: Any) -> None:
    desk = desk_of()
    desk.staff("ann")
    assert not told(desk.wait(200))
    assert not told(desk.dialler.leave_off(desk.now))


def test_the_next_worker_begins_with_it(desk_of: Any) -> None:
    desk = desk_of(**PREDICTIVE)
    desk.staff("ann", "bob")
    pacer(desk).budget.theta = 0.11
    [learned] = told(desk.dialler.leave_off(desk.now))
    second = Dialler(desk.dialler.run.campaign)
    assert second.recall(learned.memory, learned.at, desk.now) == ""
    assert isinstance(second.run.pacer, Predictive)
    assert second.run.pacer.budget.theta == pytest.approx(0.11)


def test_a_memory_that_is_none_is_told_of_and_dialling_goes_on(desk_of: Any) -> None:
    desk = desk_of(**PREDICTIVE)
    assert "version" in desk.dialler.recall({"version": 1}, desk.now, desk.now)
    desk.staff("ann")
    assert desk.calls


def test_the_hour_is_that_of_the_campaign(desk_of: Any) -> None:
    hours = [{"from": "00:00", "to": "24:00"}]
    desk = desk_of(**PREDICTIVE, windows={"timezone": "Asia/Tokyo", "hours": hours})
    desk.wait(3)
    assert pacer(desk).answers.hour == 18  # 09:00 UTC
