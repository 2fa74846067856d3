"""The demo's nodes: one or several, and the fake PBX over the wire as one of them."""

from collections import Counter
from urllib.parse import urlsplit

import pytest

from campaigns.spec.file import load
from connectors.pbx import PbxUnreachable, open_pbx
from workers.demo_plan import DemoPlan
from workers.demo_served import served_url


def test_one_kind_is_the_node_main() -> None:
    plan = DemoPlan("fake-esl")
    assert plan.kinds == {"main": "fake-esl"}
    assert load(plan.campaign_yaml(), "demo.yaml").pbx == ("main",)
    assert {agent.node for agent in plan.new_agents()} == {"main"}


def test_several_kinds_are_nodes_that_share_the_agents() -> None:
    plan = DemoPlan("asterisk,fake-esl", agents=12)
    assert load(plan.campaign_yaml(), "demo.yaml").pbx == ("asterisk", "fake-esl")
    nodes = Counter(agent.node for agent in plan.new_agents())
    assert nodes == {"asterisk": 6, "fake-esl": 6}


@pytest.mark.parametrize("protocol", ["ami", "esl"])
async def test_a_served_pbx_is_there_and_then_is_not(protocol: str) -> None:
    with served_url(protocol, seed=3) as url:
        assert urlsplit(url).scheme == protocol
        pbx = open_pbx("demo", url)
        await pbx.open(lambda _: None)
        assert await pbx.live_calls() == ()
        await pbx.close()
    with pytest.raises(PbxUnreachable):
        await pbx.open(lambda _: None)
