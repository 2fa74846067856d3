"""The driver of the fake PBX, where it differs from what the contract already asks."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any
from uuid import UUID, uuid4

import pytest

from connectors.calls import (
    AgentLegUp,
    Answered,
    ConnectToAgent,
    Ended,
    EndReason,
    Event,
    HangUp,
    LinkBack,
    LinkHeard,
    LinkLost,
    LinkSilent,
    Originate,
    RingAgent,
)
from connectors.clock import RunningClock
from connectors.fake.connector import FakePbx
from connectors.fake.frozen import PATIENCE
from connectors.pbx import LinkDown, open_pbx

CALLER = "+4930999"


class Told(list[Event]):
    """Events, and waiting for one of a kind."""

    def __init__(self) -> None:
        self.came = asyncio.Event()

    def __call__(self, event: Event) -> None:
        self.append(event)
        self.came.set()

    async def has(self, kind: type[Event]) -> None:
        async with asyncio.timeout(5):
            while not any(isinstance(event, kind) for event in self):
                self.came.clear()
                await self.came.wait()


@pytest.fixture
async def told() -> Told:
    return Told()


@pytest.fixture
async def pbx(told: Told) -> AsyncIterator[FakePbx]:
    opened = open_pbx("main", "fake://lab?speed=20")
    assert isinstance(opened, FakePbx)
    await opened.open(told)
    yield opened
    await opened.close()


def call(pbx: FakePbx, number: str = "+4930123458") -> UUID:
    call_id = uuid4()
    pbx.send(Originate(call_id, number, "carrier", CALLER))
    return call_id


def test_without_a_speed_the_clock_is_the_callers() -> None:
    clock = RunningClock()
    opened = open_pbx("main", "fake://demo", clock)
    assert isinstance(opened, FakePbx)
    assert opened.clock is clock


async def test_time_runs_as_fast_as_the_url_says(pbx: FakePbx, told: Told) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    call(pbx, "+4930123452")  # answers after 5 s
    await told.has(Answered)
    assert loop.time() - began < 4.5
    assert (told[-1].at - told[0].at).total_seconds() == pytest.approx(5, abs=0.1)


async def test_a_command_wakes_a_driver_that_sleeps_for_long(pbx: FakePbx, told: Told) -> None:
    call(pbx, "+4930123450")
    await told.has(Answered)  # and the customer will talk for seconds
    pbx.send(RingAgent(uuid4(), "1001"))
    await told.has(AgentLegUp)
    assert not any(isinstance(event, Ended) for event in told)


async def test_commands_may_be_given_while_an_event_is_told(pbx: FakePbx, told: Told) -> None:
    await pbx.close()
    leg_id, call_id = uuid4(), uuid4()

    def react(event: Event) -> None:
        told(event)
        if isinstance(event, AgentLegUp):
            pbx.send(Originate(call_id, "+4930123450", "carrier", CALLER))
        elif isinstance(event, Answered):
            pbx.send(ConnectToAgent(call_id, leg_id))
            pbx.send(HangUp(leg_id))

    await pbx.open(react)
    pbx.send(RingAgent(leg_id, "1001"))
    await told.has(Ended)
    assert [type(event).__name__ for event in told] == [
        "AgentLegUp",
        "Progress",
        "Ringing",
        "Answered",
        "Connected",
        "AgentLegDown",
        "Ended",
    ]


async def test_a_thaw_before_anybody_noticed_is_still_a_loss(pbx: FakePbx, told: Told) -> None:
    pbx.freeze()
    lost = call(pbx)
    pbx.restore_link()
    assert [type(event) for event in told] == [LinkLost, LinkBack, Ended]
    assert isinstance(told[-1], Ended)
    assert (told[-1].call_id, told[-1].reason) == (lost, EndReason.PBX_LOST)
    await asyncio.sleep(PATIENCE.give_up / 20 + 0.1)  # a watchdog that lived on had bitten
    assert len(told) == 3


async def test_whoever_asks_a_frozen_pbx_waits_until_it_is_given_up(
    pbx: FakePbx, told: Told
) -> None:
    pbx.freeze()
    with pytest.raises(Exception, match="the link is down"):
        await asyncio.wait_for(pbx.ping(), 5)
    assert [type(event) for event in told] == [LinkSilent, LinkLost]


async def test_a_thaw_is_told_of_only_where_the_silence_was(pbx: FakePbx, told: Told) -> None:
    pbx.freeze()
    pbx.thaw()
    pbx.thaw()
    assert told == []
    pbx.freeze()
    await told.has(LinkSilent)
    pbx.thaw()
    assert await pbx.ping() >= 0
    await asyncio.sleep(PATIENCE.give_up / 20 + 0.1)
    assert [type(event) for event in told] == [LinkSilent, LinkHeard]


async def test_faults_may_come_twice(pbx: FakePbx, told: Told) -> None:
    for _ in range(2):
        pbx.cut_link()
        pbx.crash()
        pbx.restore_link()
        pbx.restore_link()
    assert [type(event) for event in told] == [LinkLost, LinkBack] * 2


async def test_nothing_is_told_after_close(pbx: FakePbx, told: Told) -> None:
    call(pbx)
    await pbx.close()
    pbx.cut_link()
    pbx.restore_link()
    await asyncio.sleep(0.1)
    assert told == []


async def test_a_call_found_by_a_new_connector_is_missed_when_it_goes(
    pbx: FakePbx, told: Told
) -> None:
    call_id = call(pbx)
    await told.has(Answered)
    await pbx.close()
    second, seen = FakePbx("main", pbx.exchange, pbx.clock), Told()
    await second.open(seen)
    await second.live_calls()
    second.crash()
    second.restore_link()
    assert [(e.call_id, e.reason) for e in seen if isinstance(e, Ended)] == [
        (call_id, EndReason.PBX_LOST)
    ]
    await second.close()


@pytest.mark.parametrize("question", [FakePbx.ping, FakePbx.live_calls])
async def test_closed_while_the_link_is_frozen_it_leaves_nobody_waiting(
    pbx: FakePbx, question: Callable[[FakePbx], Coroutine[Any, Any, object]]
) -> None:
    pbx.freeze()
    asked = asyncio.create_task(question(pbx))
    await asyncio.sleep(0)
    await pbx.close()
    with pytest.raises(LinkDown):
        await asyncio.wait_for(asked, 5)
