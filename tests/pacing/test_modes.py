"""The modes, and the bounds that hold them all."""

from typing import Any

import pytest

from campaigns.pacing.modes import PACING, Ratio, decide
from campaigns.pacing.predictive import Predictive
from campaigns.pacing.view import Decision, View
from campaigns.spec.campaign import Campaign, Mode

PLAN: dict[str, Any] = {
    "name": "renewal",
    "mode": "predictive",
    "trunks": [{"name": "carrier", "channels": 100}],
    "caller_ids": ["+12125550100"],
    "agents": {"teams": ["sales"]},
    "leads": {"list": "spring"},
    "windows": {"timezone": "UTC", "hours": [{"from": "00:00", "to": "24:00"}]},
    "dispositions": [{"name": "sale"}],
}


class Wishful(Ratio):
    """Wants what the test wants."""

    wish = Decision(0, "because", [])

    def wants(self, view: View, most: int) -> Decision:
        return self.wish


def pacer(calls: int, cancel: list[int] | None = None) -> Wishful:
    wishful = Wishful(1.0)
    wishful.wish = Decision(calls, "because", cancel or [])
    return wishful


@pytest.mark.parametrize(
    ("wish", "guarded", "lines", "calls", "why"),
    [
        (3, 5, 9, 3, "because"),
        (-2, 5, 9, 0, "because"),
        (7, 5, 9, 5, "because; guard: 4 beyond free agents"),
        (7, 9, 5, 5, "because; lines are full"),
        (0, 0, 5, 0, "because; guard: 4 beyond free agents"),
        (7, -3, 5, 0, "because; guard: 4 beyond free agents"),
        (7, 5, -3, 0, "because; lines are full"),
    ],
)
def test_a_wish_is_held_by_guard_and_lines(
    wish: int, guarded: int, lines: int, calls: int, why: str
) -> None:
    decision = decide(pacer(wish, [2]), View(guarded=guarded, lines=lines, room=4))
    assert (decision.calls, decision.why, decision.cancel) == (calls, why, [2])


@pytest.mark.parametrize(("per_agent", "calls"), [(1.0, 2), (1.5, 4), (3.0, 10), (0.0, 0)])
def test_a_ratio_counts_free_agents(per_agent: float, calls: int) -> None:
    view = View(free=4, in_flight=2, guarded=100, lines=100)
    assert decide(Ratio(per_agent), view).calls == calls


def test_a_ratio_learns_nothing() -> None:
    ratio = Ratio(1.0)
    ratio.learn_placed(0)
    ratio.learn_end(0, 5.0, "live")
    ratio.learn_talk(60, 10)
    ratio.learn_live(True)
    assert ratio == Ratio(1.0)
    assert ratio.segment("a") == ratio.segment("b") == 0


def test_every_mode_has_its_pacing() -> None:
    campaign = Campaign.model_validate(PLAN)
    assert set(PACING) == set(Mode)
    assert isinstance(PACING[Mode.PREDICTIVE](campaign), Predictive)
    assert PACING[Mode.POWER](campaign) == Ratio(campaign.pacing.lines_per_agent)


@pytest.mark.parametrize(
    "changes",
    [
        {"agents": {"teams": ["a"], "wrap_up": 0}},
        {"abandonment": {"limit": 0, "target": 0, "answer_within": 0.5}},
        {"ring": 120, "amd": {"enabled": True}},
    ],
)
def test_predictive_takes_any_campaign(changes: dict[str, Any]) -> None:
    campaign = Campaign.model_validate({**PLAN, **changes})
    view = View(now=1e9, free=3, guarded=3, lines=9, room=0)
    assert decide(PACING[Mode.PREDICTIVE](campaign), view).calls == 3
