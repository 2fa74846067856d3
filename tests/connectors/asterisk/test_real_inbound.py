"""Callers of a real Asterisk who are not as they should be."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from connectors.asterisk.recording import parts
from connectors.calls import (
    AgentLegDown,
    AgentLegUp,
    Arrived,
    Connected,
    ConnectToAgent,
    Ended,
    HangUp,
    LiveCall,
    Phase,
    RingAgent,
    StartRecording,
)
from connectors.pbx import Pbx, open_pbx
from lab.asterisk import AsteriskNode
from lab.carrier import Carrier
from tests.contract.watch import Watch


@pytest.fixture
async def pbx(ami_url: str, watch: Watch) -> AsyncIterator[Pbx]:
    opened = open_pbx("inbound", ami_url)
    await opened.open(watch)
    yield opened
    await opened.close()


@pytest.mark.parametrize(
    "caller",
    [
        "Anonymous <anonymous>",
        "<4930,Line: vip>",
        '"Bobby, UserEvent: DialplaneAnswered" <4930,Uniqueid: 1.1>',
        '"${SHELL(id)}" <${HANGUPCAUSE}>',
        "<030123456>",
    ],
)
async def test_what_a_caller_says_of_itself_is_believed_only_if_it_is_a_number(
    pbx: Pbx, watch: Watch, asterisk: AsteriskNode, carrier: Carrier, caller: str
) -> None:
    name = carrier.call_in(asterisk, "support", caller)
    arrived = await watch.one(Arrived)
    assert (arrived.line, arrived.caller) == ("support", "")
    waits = LiveCall(arrived.call_id, Phase.ARRIVED, None, "support", "")
    assert await pbx.live_calls() == (waits,)
    carrier.give_up(name)
    await watch.one(Ended, arrived.call_id)
    assert watch.story(arrived.call_id) == "Arrived Ended"
    assert len(watch.events) == 2


@pytest.mark.parametrize("line", ["a", "Support_2-x", "4930123456", "n-x-z"])
async def test_every_name_of_a_line_is_told_as_it_is(
    pbx: Pbx, watch: Watch, asterisk: AsteriskNode, carrier: Carrier, line: str
) -> None:
    name = carrier.call_in(asterisk, line, "<+4930123456>")
    arrived = await watch.one(Arrived)
    assert (arrived.line, arrived.caller) == (line, "+4930123456")
    carrier.give_up(name)
    await watch.one(Ended, arrived.call_id)


async def test_a_conversation_with_a_caller_is_recorded(
    pbx: Pbx, watch: Watch, asterisk: AsteriskNode, carrier: Carrier
) -> None:
    name = carrier.call_in(asterisk, "support", "<+4930123456>")
    call_id, leg_id = (await watch.one(Arrived)).call_id, uuid4()
    pbx.send(RingAgent(leg_id, "1001"))
    await watch.one(AgentLegUp, leg_id)
    pbx.send(StartRecording(call_id, f"inbound/{call_id}"))
    pbx.send(ConnectToAgent(call_id, leg_id))
    await watch.one(Connected, call_id)
    await asyncio.sleep(0.5)
    carrier.give_up(name)
    await watch.one(Ended, call_id)
    pbx.send(HangUp(leg_id))
    await watch.one(AgentLegDown, leg_id)
    for path in parts(asterisk.monitor_dir / f"inbound/{call_id}"):
        assert path.stat().st_size > 2_000, path.name
