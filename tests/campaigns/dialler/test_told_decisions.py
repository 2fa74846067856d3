"""Which pacing decisions are told of: those that place calls, and a new reason to place none."""

from collections.abc import Callable
from typing import Any

from campaigns.effects import PacingDecided

DeskOf = Callable[..., Any]


def told(desk: Any) -> list[tuple[int, str]]:
    decided = [e for e in desk.effects if isinstance(e, PacingDecided)]
    return [(e.calls, e.why.rpartition("; ")[2]) for e in decided]


def test_a_decision_that_places_nothing_is_told_once_and_not_for_an_instant(
    desk_of: DeskOf,
) -> None:
    desk = desk_of(mode="predictive")
    desk.staff("ann")
    placed = [calls for calls, _ in told(desk)]
    assert placed[-1] == 1
    before = len(placed)
    desk.wait(3)
    assert len(told(desk)) == before
    desk.wait(10)
    assert len(told(desk)) <= before + 1  # the guard holds, and goes on holding


def test_the_figures_tell_what_the_next_call_would_have_cost(desk_of: DeskOf) -> None:
    desk = desk_of(mode="predictive")
    desk.staff("ann", "bob")
    decided = next(e for e in desk.effects if isinstance(e, PacingDecided) and e.calls)
    assert {"chance", "risk", "theta", "freed", "answered", "reserve", "cut_short"} <= set(
        decided.view
    )
    assert 0 <= decided.view["chance"] <= 1
