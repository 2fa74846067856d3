"""One campaign on two nodes, a real Asterisk and a FreeSWITCH that is the fake PBX's; one dies."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

import storage.agents
from lab.carrier import Carrier
from storage.agents import NewAgent
from tests.system.served import ServedNode

ENDINGS = {"0": 18, "1": 12, "2": 4, "3": 12, "4": 4, "5": 14, "6": 8, "7": 8, "9": 16}
AGENTS = 16
NODES = ("main", "second")
NOTICED = timedelta(seconds=2)


@pytest.fixture
def second() -> Iterator[ServedNode]:
    node = ServedNode()
    node.start()
    yield node
    node.kill()
    node.book.close()


@pytest.fixture(autouse=True)
def brief(carrier: Carrier) -> Iterator[None]:
    carrier.talk(2.0, 0.1)
    yield
    carrier.talk(5.0)


def numbers(count: int) -> list[str]:
    endings = Random(5).choices(list(ENDINGS), list(ENDINGS.values()), k=count)
    return [f"+1{401 + n // 1000}555{n % 1000:03d}{ending}" for n, ending in enumerate(endings)]


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("leads", [160, pytest.param(500, marks=pytest.mark.long)])
def test_leads_on_two_nodes_one_of_which_is_killed(
    site_of: Callable[[int], Any],
    arrived: Callable[[datetime], Counter[str]],
    second: ServedNode,
    leads: int,
) -> None:
    """In the fast lane enough for each of the three parts: before the loss, without it, after."""
    site = site_of(AGENTS)
    site.breaks = site.IN_TIME
    site.environ["DIALPLANE_PBX_SECOND"] = second.url
    site.campaign(numbers(leads), pbx=NODES)
    for n in range(AGENTS):
        agent = NewAgent(f"agent-{n:02d}", str(1001 + n), NODES[n % 2], teams=("real",))
        storage.agents.add(site.store, agent, datetime.now(UTC))
    site.worker()
    site.until(lambda: on(site, "second", 15) and on(site, "main", 15), 120)
    site.until(lambda: talks(site, "main"), 60)
    killed = datetime.now(UTC)
    second.kill()
    talking = talks(site, "main")
    before = len([a for a in site.attempts() if a.node == "main"])
    site.until(lambda: on(site, "main", before + 20), 60)  # the other one dials on
    restarted = datetime.now(UTC)
    second.start()
    after = len([a for a in site.attempts() if a.node == "second"])
    site.until(lambda: on(site, "second", after + 10), 90)
    site.until_over(300)
    figures = site.report()
    assert figures.double_dials == figures.unresolved == 0
    assert {a.number for a in site.attempts()} == set(numbers(leads))
    dialled = arrived(site.started) + second.book.numbers
    assert set(dialled.values()) == {1}
    assert second.book.numbers.keys() <= {a.number for a in site.attempts() if a.node == "second"}
    dead = [a for a in site.attempts() if a.node == "second" and killed < a.placed_at < restarted]
    assert not [a for a in dead if a.placed_at > killed + NOTICED], "a dead node was dialled over"
    went_on = [a for a in site.connected() if a.id in talking]
    assert {a.reason for a in went_on} <= {"hung_up"}, "a call on the other node was disturbed"
    assert went_on


def on(site: Any, node: str, count: int) -> bool:
    """Whether so many calls have been placed on a node."""
    placed = [a for a in site.attempts() if a.node == node]
    return len(placed) >= count


def talks(site: Any, node: str) -> list[UUID]:
    """The conversations that go on on a node."""
    return [a.id for a in site.connected() if a.node == node and a.ended_at is None]
