"""What is missing is told, each part by itself."""

from dataclasses import replace
from typing import Any

import pytest

from campaigns.orders import CampaignState
from storage.standings import Standing
from web.readiness import judge
from workers.overview import Overview
from workers.queues_seen import QueueSeen

R, P = CampaignState.RUNNING, CampaignState.PAUSED
SPRING = Standing("spring", R, R, "w1", 0.5)
SHOT = {"nodes": ["east", "west"], "nodes_up": ["east", "west"], "trouble": []}
WELL = Overview(
    campaigns=(SPRING,),
    live={"spring": SHOT},
    queues=(QueueSeen("dial", 0, 0.0, 2), QueueSeen("short", 0, 0.0, 1)),
    swept=True,
)


def wrong(seen: Overview) -> dict[str, str]:
    return {part.part: part.words for part in judge(seen) if not part.ok}


def test_a_site_at_work_is_ready() -> None:
    assert wrong(WELL) == {}
    assert [part.part for part in judge(WELL)] == [
        "database",
        "redis",
        "workers",
        "campaign spring",
    ]


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"database": "The database is away."}, {"database"}),
        ({"redis": "Redis does not answer"}, {"redis"}),
        ({"swept": False}, {"workers"}),
        ({"queues": (QueueSeen("short", 0, 0.0, 1),), "campaigns": ()}, {"workers"}),
        ({"queues": ()}, set()),  # Redis was wiped; who holds a lease is there all the same
        ({"live": {}}, {"campaign spring"}),
        ({"live": {}, "campaigns": (replace(SPRING, wanted=P),)}, set()),
        ({"live": {"spring": {**SHOT, "nodes_up": ["west"]}}}, {"campaign spring"}),
    ],
)
def test_what_is_missing(changes: dict[str, Any], parts: set[str]) -> None:
    assert set(wrong(replace(WELL, **changes))) == parts


def test_a_link_that_is_down_is_told_with_its_reason() -> None:
    shot = {**SHOT, "nodes_up": [], "trouble": ["PBX 'east': refused"]}
    told = wrong(replace(WELL, live={"spring": shot}))["campaign spring"]
    assert told == "Campaign 'spring' has no link to PBX east, west: PBX 'east': refused"


def test_a_replica_that_is_away_is_told_and_a_site_dials_without_it() -> None:
    for why, words in (
        ("", "is read from"),
        ("it does not answer", "it does not answer; the data"),
    ):
        [part] = [p for p in judge(replace(WELL, replica=why)) if p.part == "replica"]
        assert part.ok
        assert words in part.words
