"""Callers of a real FreeSWITCH who are not as they should be, over SIP, and what they hear.

The server calls itself, from its profile `external` into its context `public`.
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

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
from lab.audio import strength
from lab.esl import Esl
from tests.connectors.freeswitch.audio import AGENT, CUSTOMER, LOUD, SILENT, sides
from tests.contract.harness_freeswitch import WORLD, At, call_in, hang_up
from tests.contract.watch import Watch

pytestmark = pytest.mark.freeswitch
URL = os.environ.get("DIALPLANE_TEST_FREESWITCH", "")
TALK = 1.0  # seconds of audio that is measured
SPEAKS = f"playback(tone_stream://%(1000,0,{CUSTOMER});loops=-1)"


class Callers:
    """People who dial the server's SIP profile."""

    def __init__(self, at: At) -> None:
        self._at = at
        with Esl(*at) as session:
            found = re.search(r"sip:mod_sofia@(\S+)", session.api("sofia status profile external"))
            self.recordings = Path(session.api("global_getvar recordings_dir"))
        assert found, "the server has no SIP profile 'external'"
        self._door = found[1]

    async def call(self, line: str, caller: str, does: str = "park()", *more: str) -> str:
        where = f"sofia/external/{line}@{self._door}"
        return await asyncio.to_thread(call_in, self._at, where, caller, does, *more)

    async def give_up(self, phone: str) -> None:
        await asyncio.to_thread(hang_up, self._at, phone)


@pytest.fixture
def callers() -> Callers:
    where = urlsplit(URL)
    return Callers((str(where.hostname), int(where.port or 8021), str(where.password)))


@pytest.fixture
async def real(watch: Watch) -> AsyncIterator[Pbx]:
    pbx = open_pbx("real", f"{URL.partition('?')[0]}?{WORLD}")
    await pbx.open(watch)
    yield pbx
    for live in await pbx.live_calls():
        pbx.send(HangUp(live.call_id))
    await pbx.close()


@pytest.mark.parametrize(
    "caller", ["anonymous", "4930,Line: vip", "${hostname}", "%2B4930123456%0A", "030123456", "0"]
)
async def test_what_a_caller_says_of_itself_is_believed_only_if_it_is_a_number(
    real: Pbx, watch: Watch, callers: Callers, caller: str
) -> None:
    phone = await callers.call("support", caller)
    arrived = await watch.one(Arrived)
    assert (arrived.line, arrived.caller) == ("support", "")
    waits = LiveCall(arrived.call_id, Phase.ARRIVED, None, "support", "")
    assert await real.live_calls() == (waits,)
    await callers.give_up(phone)
    await watch.one(Ended, arrived.call_id)
    assert watch.story(arrived.call_id) == "Arrived Ended"
    assert len(watch.events) == 2


async def test_no_header_of_the_callers_chooses_the_id_or_the_line(
    real: Pbx, watch: Watch, callers: Callers
) -> None:
    wanted, names = uuid4(), ("origination_uuid", "uuid", "Unique-ID", "accountcode")
    sent = [f"sip_h_{prefix}{name}={wanted}" for prefix in ("X-", "P-", "") for name in names]
    phone = await callers.call("support", "+4930123456", "park()", *sent)
    arrived = await watch.one(Arrived)
    assert arrived.call_id != wanted
    assert arrived.line == "support"
    await callers.give_up(phone)
    await watch.one(Ended, arrived.call_id)


@pytest.mark.parametrize("line", ["a", "Support_2-x", "4930123456"])
async def test_every_name_of_a_line_is_told_as_it_is(
    real: Pbx, watch: Watch, callers: Callers, line: str
) -> None:
    phone = await callers.call(line, "+4930123456")
    arrived = await watch.one(Arrived)
    assert (arrived.line, arrived.caller) == (line, "+4930123456")
    await callers.give_up(phone)
    await watch.one(Ended, arrived.call_id)


async def test_a_conversation_with_a_caller_is_recorded_the_caller_on_the_left(
    real: Pbx, watch: Watch, callers: Callers, tmp_path: Path
) -> None:
    phone = await callers.call("support", "+4930123456", SPEAKS)
    call_id, leg_id = (await watch.one(Arrived)).call_id, uuid4()
    real.send(RingAgent(leg_id, "1105"))
    await watch.one(AgentLegUp, leg_id)
    real.send(StartRecording(call_id, f"inbound/{call_id}"))
    real.send(ConnectToAgent(call_id, leg_id))
    await watch.one(Connected, call_id)
    await asyncio.sleep(TALK)
    await callers.give_up(phone)
    await watch.one(Ended, call_id)
    real.send(HangUp(leg_id))
    await watch.one(AgentLegDown, leg_id)
    left, right = sides(callers.recordings / f"inbound/{call_id}.wav", tmp_path)
    assert (strength(left, CUSTOMER) > LOUD, strength(left, AGENT) < SILENT) == (True, True)
    assert (strength(right, AGENT) > LOUD, strength(right, CUSTOMER) < SILENT) == (True, True)
