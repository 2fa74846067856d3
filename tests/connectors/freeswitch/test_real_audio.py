"""What is heard and recorded on a real FreeSWITCH, measured in the audio itself.

The customer's number plays 1004 Hz, the agent's phone 440 Hz, the supervisor's 700 Hz, and each
records what it hears, in the folder heard/ of the server's recordings: it must be on this machine.
"""

import asyncio
import os
import wave
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from connectors.calls import (
    AgentLegDown,
    AgentLegUp,
    Answered,
    Connected,
    ConnectToAgent,
    Ended,
    HangUp,
    Listening,
    Monitor,
    Originate,
    RingAgent,
    StartRecording,
    StopRecording,
)
from connectors.pbx import Pbx, open_pbx
from lab.audio import strength, whole
from lab.esl import Esl
from tests.connectors.freeswitch.audio import AGENT, CUSTOMER, LOUD, SILENT, SUPERVISOR, sides
from tests.contract.harness_freeswitch import WORLD
from tests.contract.watch import Watch

pytestmark = pytest.mark.freeswitch
URL = os.environ.get("DIALPLANE_TEST_FREESWITCH", "")
TALK = 1.0  # seconds of audio that is measured
_next: Iterator[int] = count(10)


@pytest.fixture(scope="module")
def folder() -> Path:
    """The server's folder for recordings."""
    where = urlsplit(URL)
    with Esl(str(where.hostname), int(where.port or 8021), str(where.password)) as session:
        found = Path(session.api("global_getvar recordings_dir"))
    assert found.is_dir(), "these tests read recordings: run them where the FreeSWITCH is"
    return found


@pytest.fixture
async def real(watch: Watch) -> AsyncIterator[Pbx]:
    pbx = open_pbx("real", f"{URL.partition('?')[0]}?{WORLD}")
    await pbx.open(watch)
    yield pbx
    for live in await pbx.live_calls():
        pbx.send(HangUp(live.call_id))
    await pbx.close()


class Talk:
    """A customer with an agent."""

    def __init__(self, pbx: Pbx, watch: Watch, folder: Path) -> None:
        nth = next(_next)
        self.pbx, self.watch = pbx, watch
        self.call, self.leg, self.spy = uuid4(), uuid4(), uuid4()
        self.number, self.phone, self.boss = f"493055571{nth}", f"11{nth}", f"13{nth}"
        self.heard = {
            name: folder / f"heard/{one}.wav"
            for name, one in (("customer", self.number), ("agent", self.phone), ("boss", self.boss))
        }
        for path in self.heard.values():
            path.unlink(missing_ok=True)

    async def begin(self) -> None:
        self.pbx.send(RingAgent(self.leg, self.phone))
        self.pbx.send(Originate(self.call, f"+{self.number}", "carrier", "+4930999999"))
        await self.watch.one(AgentLegUp, self.leg)
        await self.watch.one(Answered, self.call)
        self.pbx.send(ConnectToAgent(self.call, self.leg))
        await self.watch.one(Connected, self.call)

    async def spied_on(self, how: Listening) -> None:
        self.pbx.send(Monitor(self.spy, self.boss, self.leg, how))
        await self.watch.one(AgentLegUp, self.spy)
        await asyncio.sleep(TALK)

    async def end(self) -> None:
        self.pbx.send(HangUp(self.call))
        self.pbx.send(HangUp(self.leg))
        await self.watch.one(Ended, self.call)
        await self.watch.one(AgentLegDown, self.leg)

    async def hears(self, who: str) -> set[int]:
        """The tones that a party has heard."""
        path = self.heard[who]
        async with asyncio.timeout(5):
            while not whole(path):  # noqa: ASYNC110 - another process writes it
                await asyncio.sleep(0.1)
        tones = {hertz: strength(path, hertz) for hertz in (CUSTOMER, AGENT, SUPERVISOR)}
        assert not [tone for tone in tones.values() if SILENT < tone < LOUD], tones
        return {hertz for hertz, tone in tones.items() if tone >= LOUD}


@pytest.fixture
async def talk(real: Pbx, watch: Watch, folder: Path) -> Talk:
    talking = Talk(real, watch, folder)
    await talking.begin()
    return talking


async def test_customer_and_agent_hear_each_other(talk: Talk) -> None:
    await asyncio.sleep(TALK)
    await talk.end()
    assert await talk.hears("customer") == {AGENT}
    assert await talk.hears("agent") == {CUSTOMER}


@pytest.mark.parametrize(
    ("how", "customer", "agent"),
    [
        (Listening.LISTEN, {AGENT}, {CUSTOMER}),
        (Listening.WHISPER, {AGENT}, {CUSTOMER, SUPERVISOR}),
        (Listening.BARGE, {AGENT, SUPERVISOR}, {CUSTOMER, SUPERVISOR}),
    ],
)
async def test_a_supervisor_is_heard_by_who_should(
    talk: Talk, how: Listening, customer: set[int], agent: set[int]
) -> None:
    await talk.spied_on(how)
    await talk.end()
    assert await talk.hears("boss") == {CUSTOMER, AGENT}
    assert await talk.hears("customer") == customer
    assert await talk.hears("agent") == agent


async def test_a_recording_has_the_customer_left_and_the_agent_right(
    talk: Talk, folder: Path, tmp_path: Path
) -> None:
    path = f"2026/11/20/{talk.call}"
    talk.pbx.send(StartRecording(talk.call, path))
    await asyncio.sleep(TALK)
    talk.pbx.send(StopRecording(talk.call))
    await talk.pbx.ping()
    first = frames(folder / f"{path}.wav")
    assert first > 4_000
    talk.pbx.send(StartRecording(talk.call, path))
    await asyncio.sleep(TALK)
    await talk.end()
    assert frames(folder / f"{path}.wav") > 1.5 * first, "it goes on at its end"
    left, right = sides(folder / f"{path}.wav", tmp_path)
    assert (strength(left, CUSTOMER) > LOUD, strength(left, AGENT) < SILENT) == (True, True)
    assert (strength(right, AGENT) > LOUD, strength(right, CUSTOMER) < SILENT) == (True, True)


def frames(path: Path) -> int:
    with wave.open(str(path)) as file:
        assert file.getnchannels() == 2
        length: int = file.getnframes()
        return length
