"""Calls through rendered flows on a real FreeSWITCH come to what the walk says for their keys."""

import pytest

from tests.campaigns.flow.around import NAMES
from tests.contract.conftest import FREESWITCH
from tests.dialplan_templates.flow_files import OURS, flow
from tests.dialplan_templates.freeswitch_calling import call_all, install
from tests.dialplan_templates.speakers import customers
from tests.dialplan_templates.speakers import expected as example_expected
from tests.dialplan_templates.test_flow_on_asterisk import callers, expected

pytestmark = [
    pytest.mark.freeswitch,
    pytest.mark.skipif(not FREESWITCH, reason="no FreeSWITCH is named"),
]


async def test_calls_through_a_rendered_flow_go_as_the_walk_says(
    caplog: pytest.LogCaptureFixture,
) -> None:
    flows = {name: flow(name) for name in OURS}
    install(FREESWITCH, flows.values())
    calls = callers()
    walks = [expected(each) for each in calls]
    await call_all(FREESWITCH, flows, calls)
    pairs = zip(calls, walks, strict=True)
    assert [(c.call, c.told, walk) for c, walk in pairs if c.told != walk] == []
    assert caplog.text.count("the prompt 'nowhere' of the flow 'desk' has no sound file") == 3


async def test_every_example_goes_as_the_walk_says() -> None:
    flows = {name: flow(name) for name in NAMES}
    install(FREESWITCH, flows.values())
    calls = customers()
    walks = [example_expected(each) for each in calls]
    await call_all(FREESWITCH, flows, calls)
    pairs = zip(calls, walks, strict=True)
    assert [(c.call, c.told, walk) for c, walk in pairs if c.told != walk] == []
