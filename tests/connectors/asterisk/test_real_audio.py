"""What is heard and recorded on a real Asterisk, measured in the audio itself.

The customer's number plays 1004 Hz, the agent's phone 440 Hz, the supervisor's 700 Hz, and each
records what it hears.
"""

import asyncio
import math
import re
import struct
import wave
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import count
from pathlib import Path
from uuid import uuid4

import pytest

from connectors.asterisk.recording import join, parts
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
    PlayMessage,
    RingAgent,
    StartRecording,
    StopRecording,
)
from connectors.pbx import Pbx, open_pbx
from lab.asterisk import AsteriskNode
from lab.audio import seconds, strength, whole
from lab.carrier import Carrier
from tests.contract.watch import Watch

CUSTOMER, AGENT, SUPERVISOR, MESSAGE = 1004, 440, 700, 600  # Hz
LOUD, SILENT = 1000, 400  # amplitude of 32,767
_next: Iterator[int] = count(10)


@pytest.fixture
async def real(ami_url: str, watch: Watch) -> AsyncIterator[Pbx]:
    pbx = open_pbx("real", ami_url)
    await pbx.open(watch)
    yield pbx
    for live in await pbx.live_calls():
        pbx.send(HangUp(live.call_id))
    await pbx.close()


class Talk:
    """A customer with an agent."""

    def __init__(self, pbx: Pbx, watch: Watch) -> None:
        nth = next(_next)
        self.pbx, self.watch = pbx, watch
        self.call, self.leg = uuid4(), uuid4()
        self.number, self.phone = f"493055571{nth}", f"110{nth % 5 + 1}"

    async def begin(self) -> None:
        self.pbx.send(RingAgent(self.leg, self.phone))
        self.pbx.send(Originate(self.call, f"+{self.number}", "carrier", "+4930999999"))
        await self.watch.one(AgentLegUp, self.leg)
        await self.watch.one(Answered, self.call)

    async def connect(self) -> None:
        self.pbx.send(ConnectToAgent(self.call, self.leg))
        await self.watch.one(Connected, self.call)

    async def end(self) -> None:
        self.pbx.send(HangUp(self.call))
        self.pbx.send(HangUp(self.leg))
        await self.watch.one(Ended, self.call)
        await self.watch.one(AgentLegDown, self.leg)


async def until(condition: Callable[[], bool]) -> None:
    """A file on its way is seen by looking."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  # nothing tells of a file that grows
            await asyncio.sleep(0.02)


async def heard(carrier: Carrier, number: str) -> Path:
    recording = carrier.heard(number)
    await until(lambda: whole(recording))
    return recording


@pytest.mark.parametrize("asked", ["before it is connected", "while it is connected"])
async def test_a_recording_has_the_customer_left_and_the_agent_right(
    real: Pbx, watch: Watch, asterisk: AsteriskNode, tmp_path: Path, asked: str
) -> None:
    talk = Talk(real, watch)
    path = asterisk.monitor_dir / f"2026/11/20/{talk.call}"
    customer, agent = parts(path)
    await talk.begin()
    if asked == "while it is connected":
        await talk.connect()
    real.send(StartRecording(talk.call, f"2026/11/20/{talk.call}"))
    if asked == "before it is connected":
        await talk.connect()
    await until(lambda: seconds(customer) > 1)
    real.send(StopRecording(talk.call))
    await until(lambda: whole(customer) and whole(agent))
    await talk.end()
    assert len(watch.of(Connected, talk.call)) == 1
    stereo = tmp_path / "stereo.wav"
    with customer.open("rb") as left, agent.open("rb") as right, stereo.open("wb") as out:
        join(left, right, out)
    left_side, right_side = sides(stereo)
    assert strength(left_side, CUSTOMER) > LOUD > SILENT > strength(left_side, AGENT)
    assert strength(right_side, AGENT) > LOUD > SILENT > strength(right_side, CUSTOMER)


async def test_a_recording_asked_for_again_loses_nothing_and_one_stop_is_enough(
    real: Pbx, watch: Watch, asterisk: AsteriskNode
) -> None:
    talk = Talk(real, watch)
    await talk.begin()
    await talk.connect()
    path = f"2026/11/20/{talk.call}"
    customer, agent = parts(asterisk.monitor_dir / path)
    for length in (1.0, 2.0):
        real.send(StartRecording(talk.call, path))
        await until(lambda: seconds(customer) > length)  # noqa: B023  # awaited here
    real.send(StopRecording(talk.call))
    await until(lambda: whole(customer) and whole(agent))
    assert tapes(asterisk) == 0
    assert strength(customer, CUSTOMER) > LOUD
    real.send(StartRecording(talk.call, path))  # a pause is over: it goes on at the end
    await until(lambda: seconds(customer) > 3)
    real.send(StartRecording(talk.call, f"{path}-again"))
    again, _ = parts(asterisk.monitor_dir / f"{path}-again")
    await until(lambda: whole(customer) and seconds(again) > 0.5)
    assert tapes(asterisk) == 1
    assert strength(customer, CUSTOMER) > LOUD
    await talk.end()
    assert len(watch.of(Connected, talk.call)) == 1


def tapes(node: AsteriskNode) -> int:
    """How many recordings of the customer's channel run."""
    shown = node.cli("core show channels concise").splitlines()
    [channel] = [line.split("!")[0] for line in shown if line.startswith("PJSIP/carrier-")]
    return len(re.findall(r"^0x", node.cli(f"mixmonitor list {channel}"), re.MULTILINE))


@pytest.mark.parametrize(
    ("how", "agent_hears", "customer_hears"),
    [
        (Listening.LISTEN, False, False),
        (Listening.WHISPER, True, False),
        (Listening.BARGE, True, True),
    ],
)
async def test_a_supervisor_hears_both_and_is_heard_by_whom_it_should_be(
    real: Pbx,
    watch: Watch,
    carrier: Carrier,
    how: Listening,
    agent_hears: bool,
    customer_hears: bool,
) -> None:
    talk, leg, phone = Talk(real, watch), uuid4(), f"130{list(Listening).index(how) + 1}"
    await talk.begin()
    await talk.connect()
    real.send(Monitor(leg, phone, talk.leg, how))
    await watch.one(AgentLegUp, leg)
    await until(lambda: seconds(carrier.heard(phone)) > 1)
    await talk.end()
    await watch.one(AgentLegDown, leg)
    by_supervisor = await heard(carrier, phone)
    assert strength(by_supervisor, CUSTOMER) > LOUD
    assert strength(by_supervisor, AGENT) > LOUD
    for listener, hears in ((talk.phone, agent_hears), (talk.number, customer_hears)):
        assert (strength(await heard(carrier, listener), SUPERVISOR) > LOUD) is hears


async def test_the_customer_hears_the_message_and_not_the_agent_any_more(
    real: Pbx, watch: Watch, asterisk: AsteriskNode, carrier: Carrier
) -> None:
    write_tone(asterisk.sounds_dir / "tone.wav", MESSAGE)
    talk = Talk(real, watch)
    await talk.begin()
    real.send(PlayMessage(talk.call, "tone"))
    await watch.one(Ended, talk.call)
    real.send(HangUp(talk.leg))
    by_customer = await heard(carrier, talk.number)
    assert strength(by_customer, MESSAGE) > LOUD > SILENT > strength(by_customer, AGENT)


def write_tone(path: Path, hertz: float) -> None:
    samples = [int(9000 * math.sin(2 * math.pi * hertz * at / 8000)) for at in range(8000)]
    write_mono(path, struct.pack(f"<{len(samples)}h", *samples))


def sides(stereo: Path) -> list[Path]:
    """What is left and what is right, each in a file of its own."""
    with wave.open(str(stereo)) as file:
        assert file.getnchannels() == 2
        frames = list(struct.iter_unpack("<2s2s", file.readframes(file.getnframes())))
    paths = [stereo.with_name("left.wav"), stereo.with_name("right.wav")]
    for side, path in enumerate(paths):
        write_mono(path, b"".join(frame[side] for frame in frames))
    return paths


def write_mono(path: Path, samples: bytes) -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", "not compressed"))
        file.writeframes(samples)
