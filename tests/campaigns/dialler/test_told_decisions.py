"""Which pacing decisions are told of: those that place calls, and a new reason to place none."""

from collections.abc import Callable
from typing import Any

from campaigns.effects import PacingDecided

DeskOf = Callable[..., Any]


def told(desk: Any) -> list[PacingDecided]:
    return [e for e in desk.effects if isinstance(e, PacingDecided)]


def test_a_decision_that_places_nothing_is_told_once_and_not_for_an_instant(
    desk_of: DeskOf,
) -> None:
    desk = desk_of(mode="predictive")
    desk.staff("ann")
    assert told(desk)[-1].calls == 1
    before = len(told(desk))
    desk.wait(3)
    assert len(told(desk)) == before
    desk.wait(10)
    nothing = told(desk)[before:]
    assert [decided.calls for decided in nothing] == [0]  # the guard holds, and goes on holding
    assert "guard" in nothing[0].why


def test_a_reason_to_place_nothing_is_told_with_the_figures_of_its_own_moment(
    desk_of: DeskOf,
) -> None:
    desk = desk_of(mode="predictive")
    desk.staff("ann")
    desk.wait(10)
    placed, nothing = told(desk)[-2:]
    assert (placed.view["free"], nothing.view["free"]) == (1, 1)
    assert (placed.view["calls"], nothing.view["calls"]) == (0, 1)
    assert nothing.view["dialled"] + nothing.view["ringing"] == 1
    assert "of 1 calls answered soon" in nothing.why


def test_the_figures_tell_what_the_next_call_would_have_cost(desk_of: DeskOf) -> None:
    desk = desk_of(mode="predictive")
    desk.staff("ann", "bob")
    decided = next(e for e in told(desk) if e.calls)
    priced = {"chance", "next", "risk", "theta", "freed", "answered", "reserve", "cut_short"}
    assert priced <= set(decided.view)
    assert 0 <= decided.view["chance"] <= decided.view["next"] <= 1
