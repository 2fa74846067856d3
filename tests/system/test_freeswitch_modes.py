"""Whole campaigns over FreeSWITCH's event socket, with agents who are rung and leads looked at.

The FreeSWITCH is the fake PBX's; `DIALPLANE_TEST_FREESWITCH` may name a real one, whose dialplan
has the lab's world.
"""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.contract.harness_freeswitch import WORLD
from tests.system.served import ServedNode

REAL = os.environ.get("DIALPLANE_TEST_FREESWITCH", "")
LEADS, AGENTS = 9, 6
ON_DEMAND = {"teams": ["real"], "legs": "on_demand"}
MODES: dict[str, dict[str, Any]] = {
    "on-demand": {"mode": "progressive", "agents": ON_DEMAND},
    "preview": {"mode": "preview"},
    "preview-on-demand": {"mode": "preview", "agents": ON_DEMAND},
}


@pytest.fixture
def node() -> Iterator[ServedNode]:
    served = ServedNode()
    served.start()
    yield served
    served.kill()
    served.book.close()


@pytest.fixture
def pbx_url(node: ServedNode) -> str:
    return f"{REAL}?{WORLD}" if REAL else node.url


IN_THE_FAST_LANE = "preview-on-demand"
"""Has the agents of the one and the leads of the other."""
CHANGES = [
    pytest.param(changes, id=name, marks=() if name == IN_THE_FAST_LANE else pytest.mark.long)
    for name, changes in MODES.items()
]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("changes", CHANGES)
def test_a_whole_campaign(
    site_of: Callable[[int], Any], node: ServedNode, changes: dict[str, Any]
) -> None:
    site = site_of(AGENTS)
    called = [f"+1401555{n:03d}{n % 4 // 3 * 3}" for n in range(LEADS)]  # one in four is busy
    site.campaign(called, amd={"enabled": False}, **changes)
    site.worker()
    site.until_over(240)
    figures = site.report()
    assert figures.double_dials == figures.unresolved == 0
    assert {a.number for a in site.attempts()} == set(called)
    assert len(site.connected()) >= LEADS // 2
    if not REAL:
        assert set(node.book.numbers.values()) == {1}
