"""Lines: what a campaign may place over its trunks and PBX nodes, and where the next call goes."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

import pytest

from campaigns.capacity import Rate
from campaigns.lines import Lines
from campaigns.spec.campaign import Campaign

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
PLAN: dict[str, Any] = {
    "name": "renewal",
    "mode": "progressive",
    "pbx": ["west", "east"],
    "trunks": [{"name": "carrier", "channels": 100, "calls_per_second": 100}],
    "caller_ids": ["+12125550100"],
    "agents": {"teams": ["sales"]},
    "leads": {"list": "spring"},
    "windows": {"timezone": "UTC", "hours": [{"from": "00:00", "to": "24:00"}]},
    "dispositions": [{"name": "sale"}],
    "pacing": {"calls_per_second": 1000},
}


def lines_of(*up: str, **changes: Any) -> Lines:
    lines = Lines(Campaign.model_validate({**PLAN, **changes}))
    lines.up.update(up)
    return lines


def taken(lines: Lines, count: int, now: datetime = NOW) -> Counter[str]:
    """How many of so many calls each node gets."""
    places = [place for _ in range(count) if (place := lines.take(now))]
    for place in places:
        lines.sent(*place, now)
    return Counter(node for node, _ in places)


@pytest.mark.parametrize(
    ("nodes", "spread"),
    [
        ({}, {"west": 15, "east": 15}),
        ({"west": {"weight": 2}}, {"west": 20, "east": 10}),
        ({"west": {"channels": 4}}, {"west": 4, "east": 26}),
        ({"west": {"calls_per_second": 3}, "east": {"channels": 10}}, {"west": 3, "east": 10}),
    ],
)
def test_calls_go_to_the_least_loaded_node_that_has_room(
    nodes: dict[str, Any], spread: dict[str, int]
) -> None:
    lines = lines_of("west", "east", nodes=nodes)
    assert lines.room(NOW) >= min(30, sum(spread.values()))
    assert taken(lines, 30) == spread
    assert sum(lines.in_use().values()) == sum(spread.values())


def test_a_nodes_calls_per_second_come_back_with_time_and_its_channels_with_ends() -> None:
    lines = lines_of("west", nodes={"west": {"channels": 6, "calls_per_second": 4}})
    assert (lines.room(NOW), taken(lines, 9)) == (4, {"west": 4})
    assert lines.why_full(NOW) == "PBX west: its calls per second are used up"
    later = NOW + timedelta(seconds=1)
    assert taken(lines, 9, later) == {"west": 2}
    assert lines.why_full(later) == "PBX west: all 6 channels in use"
    lines.free("west", "carrier")
    assert lines.room(later) == 1


def test_a_lost_node_takes_its_room_with_it_and_brings_it_back() -> None:
    lines = lines_of("west", "east", nodes={"west": {"channels": 5}, "east": {"channels": 3}})
    assert lines.room(NOW) == 8
    lines.up.discard("east")
    assert lines.room(NOW) == 5
    assert taken(lines, 9) == {"west": 5}
    lines.up.add("east")
    assert lines.room(NOW) == 3


def test_a_node_that_the_campaign_names_no_more_gets_no_call() -> None:
    lines = lines_of("west", "south")
    lines.adopt("south", "carrier")
    assert taken(lines, 3) == {"west": 3}
    assert lines.take(NOW, ["south"]) is None
    lines.free("south", "carrier")
    assert lines.load("south") == 0


def test_calls_count_from_when_they_are_sent_however_long_the_database_took() -> None:
    lines = lines_of("west", nodes={"west": {"calls_per_second": 5}})
    ordered = [place for _ in range(9) if (place := lines.take(NOW))]
    late = NOW + timedelta(seconds=3)
    assert (len(ordered), lines.room(late)) == (5, 0)
    lines.unsent(*ordered.pop())
    lines.free("west", "carrier")
    for place in ordered:
        lines.sent(*place, late)
    assert taken(lines, 9, late + timedelta(seconds=0.9)) == {"west": 1}
    assert taken(lines, 9, late + timedelta(seconds=1)) == {"west": 4}


@pytest.mark.parametrize("rate", [0.3, 0.5, 1, 2.5, 7.9, 10, 40])
@pytest.mark.parametrize("look", [0.02, 0.13, 1.0])
def test_in_no_second_are_there_more_calls_than_its_rate_and_over_time_as_many(
    rate: float, look: float
) -> None:
    lines = lines_of("west", nodes={"west": {"channels": 10_000, "calls_per_second": rate}})
    placed: list[float] = []
    for step in range(int(60 / look)):
        at = step * look
        while place := lines.take(NOW + timedelta(seconds=at)):
            placed.append(at)
            lines.sent(*place, NOW + timedelta(seconds=at))
            lines.free(*place)
    for at in placed:
        assert sum(at <= one < at + 1 for one in placed) <= max(1, ceil(rate))
    kept = ceil(rate) / (ceil(ceil(rate) / rate / look - 1e-9) * look)  # with looks that far apart
    assert len(placed) >= 60 * kept - 1


@pytest.mark.parametrize(("rate", "most"), [(10, 10), (1, 1), (0.5, 1), (2.5, 3), (50, 50)])
def test_no_second_sees_more_calls_than_the_rate_wherever_it_begins(rate: float, most: int) -> None:
    limit, taken = Rate(rate), []
    for step in range(500):  # somebody who takes what there is, every 20 ms, after a long pause
        now = NOW + timedelta(hours=1, milliseconds=20 * step)
        for _ in range(limit.room(now)):
            limit.take()
            limit.sent(now)
            taken.append(now)
    second = timedelta(seconds=1)
    assert max(sum(at <= other < at + second for other in taken) for at in taken) == most
    assert len(taken) >= 9 * rate  # and nothing is given away


def test_a_clock_that_steps_back_gives_no_calls_and_takes_none() -> None:
    limit = Rate(3)
    assert limit.room(NOW) == 3
    limit.take()
    limit.sent(NOW - timedelta(hours=1))
    assert limit.room(NOW - timedelta(hours=1)) == 2
    assert limit.room(NOW + timedelta(seconds=1)) == 3


def test_when_calls_per_second_are_used_up_it_is_known_when_there_are_some_again() -> None:
    lines = lines_of("west", nodes={"west": {"channels": 10_000, "calls_per_second": 2.5}})
    assert lines.frees_at(NOW) is None  # there is room
    places = [lines.take(NOW) for _ in range(3)]
    assert lines.frees_at(NOW) is None  # they have not been sent
    for late, place in enumerate(places):
        assert place is not None
        lines.sent(*place, NOW + timedelta(seconds=late / 10))
    later = NOW + timedelta(seconds=0.5)
    assert lines.take(later) is None
    assert lines.frees_at(later) == NOW + timedelta(seconds=1.2)
