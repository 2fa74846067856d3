"""The control link: opened, lost, found again, closed."""

import asyncio
import logging
from uuid import UUID, uuid4

import pytest

from connectors.calls import (
    AgentLegDown,
    AgentLegUp,
    Answered,
    Connected,
    ConnectToAgent,
    Ended,
    EndReason,
    Event,
    HangUp,
    LinkBack,
    LinkHeard,
    LinkLost,
    LinkSilent,
    LiveCall,
    Originate,
    Phase,
    RingAgent,
)
from connectors.pbx import LinkDown, Pbx, PbxUnreachable, open_pbx
from tests.contract.harness import (
    CALLER,
    HANGS_UP_SOON,
    LEAVES_SOON,
    NOTICE_SECONDS,
    PHONE,
    Harness,
    number,
)
from tests.contract.watch import Watch, assert_in_order


def originate(harness: Harness, called: str) -> Originate:
    return Originate(uuid4(), called, harness.trunk, CALLER)


async def answered(harness: Harness, pbx: Pbx, watch: Watch, called: str | None = None) -> UUID:
    order = originate(harness, called or number(8))
    pbx.send(order)
    await watch.one(Answered, order.call_id)
    return order.call_id


async def leg_up(pbx: Pbx, watch: Watch, phone: str = PHONE) -> UUID:
    leg_id = uuid4()
    pbx.send(RingAgent(leg_id, phone))
    await watch.one(AgentLegUp, leg_id)
    return leg_id


async def back(harness: Harness, watch: Watch, seconds: float = 0) -> LinkBack:
    """What is told when a link that was lost has been down for so long."""
    await watch.one(LinkLost)
    await harness.clock.sleep(seconds)
    await harness.restore()
    return await watch.one(LinkBack)


async def test_a_link_that_comes_back_tells_what_lives(
    harness: Harness, pbx: Pbx, watch: Watch
) -> None:
    waiting, bridged = [await answered(harness, pbx, watch) for _ in range(2)]
    leg_id = await leg_up(pbx, watch)
    pbx.send(ConnectToAgent(bridged, leg_id))
    await watch.one(Connected, bridged)
    await harness.cut()
    returned = await back(harness, watch, 1)
    assert set(returned.live) == {
        LiveCall(waiting, Phase.ANSWERED),
        LiveCall(bridged, Phase.CONNECTED, leg_id),
        LiveCall(leg_id, Phase.AGENT_LEG),
    }
    pbx.send(HangUp(bridged))
    await watch.one(Ended, bridged)
    pbx.send(ConnectToAgent(waiting, leg_id))
    await watch.one(Connected, waiting)
    assert [type(e) for e in watch.events if isinstance(e, LinkLost | LinkBack)] == [
        LinkLost,
        LinkBack,
    ]


async def test_a_command_given_while_it_is_down_is_never_sent(
    harness: Harness, pbx: Pbx, watch: Watch
) -> None:
    late = originate(harness, number(3))
    await harness.cut()
    await watch.one(LinkLost)
    with pytest.raises(LinkDown):
        pbx.send(late)
    with pytest.raises(LinkDown):
        await pbx.live_calls()
    with pytest.raises(LinkDown):
        await pbx.ping()
    await back(harness, watch)
    sent = originate(harness, number(3))
    pbx.send(sent)
    await watch.one(Ended, sent.call_id)
    await harness.clock.sleep(1)
    assert watch.about(late.call_id) == []
    assert harness.arrived(late.number) == 0


async def test_an_originate_on_the_way_as_the_link_goes_is_dialled_once_at_most(
    harness: Harness, pbx: Pbx, watch: Watch
) -> None:
    orders = [originate(harness, number(3)) for _ in range(5)]
    for order in orders:
        pbx.send(order)
    await harness.cut()
    await back(harness, watch, 1)
    for order in orders:
        await watch.one(Ended, order.call_id)
    await harness.clock.sleep(1)
    for order in orders:
        assert len(watch.of(Ended, order.call_id)) == 1
        assert harness.arrived(order.number) <= 1


async def test_what_ended_unseen_is_told_once(harness: Harness, pbx: Pbx, watch: Watch) -> None:
    leg_id = await leg_up(pbx, watch, LEAVES_SOON)
    call_id = await answered(harness, pbx, watch, HANGS_UP_SOON)
    await harness.cut()
    assert (await back(harness, watch, 3)).live == ()
    assert (await watch.one(Ended, call_id)).reason is EndReason.PBX_LOST
    await watch.one(AgentLegDown, leg_id)
    await harness.clock.sleep(1)
    assert len(watch.of(Ended)) == 1
    assert watch.story(leg_id) == "AgentLegUp AgentLegDown"
    assert_in_order(watch.about(call_id))


async def test_a_link_that_falls_silent_is_taken_for_lost(
    harness: Harness, pbx: Pbx, watch: Watch
) -> None:
    call_id = await answered(harness, pbx, watch)
    lost = originate(harness, number(8))
    await harness.freeze()
    pbx.send(lost)
    await watch.one(LinkSilent)
    await watch.one(LinkLost, seconds=NOTICE_SECONDS)
    assert (await back(harness, watch)).live == (LiveCall(call_id, Phase.ANSWERED),)
    assert (await watch.one(Ended, lost.call_id)).reason is EndReason.PBX_LOST
    assert harness.arrived(lost.number) == 0


async def test_a_link_that_is_heard_again_has_lost_nothing(
    harness: Harness, pbx: Pbx, watch: Watch
) -> None:
    stays, leaves = await answered(harness, pbx, watch), originate(harness, number(3))
    await harness.freeze()
    pbx.send(leaves)
    await watch.one(LinkSilent)
    await harness.thaw()
    await watch.one(LinkHeard)
    assert (await watch.one(Ended, leaves.call_id)).reason is EndReason.BUSY
    assert harness.arrived(leaves.number) == 1
    pbx.send(HangUp(stays))
    assert (await watch.one(Ended, stays)).reason is EndReason.HUNG_UP
    assert not watch.of(LinkLost)


async def test_a_pbx_that_dies_takes_all_calls_with_it(
    harness: Harness, pbx: Pbx, watch: Watch
) -> None:
    calls = [await answered(harness, pbx, watch) for _ in range(2)]
    leg_id = await leg_up(pbx, watch)
    await harness.crash()
    assert (await back(harness, watch)).live == ()
    for call_id in calls:
        assert (await watch.one(Ended, call_id)).reason is EndReason.PBX_LOST
    await watch.one(AgentLegDown, leg_id)
    again = originate(harness, number(3))
    pbx.send(again)
    assert (await watch.one(Ended, again.call_id)).reason is EndReason.BUSY


async def test_calls_go_on_after_close_and_the_next_connector_finds_them(
    harness: Harness, pbx: Pbx, watch: Watch
) -> None:
    call_id = await answered(harness, pbx, watch)
    leg_id = await leg_up(pbx, watch)
    pbx.send(ConnectToAgent(call_id, leg_id))
    await watch.one(Connected, call_id)
    await pbx.close()
    second, seen = harness.connect(), Watch()
    await second.open(seen)
    assert set(await second.live_calls()) == {
        LiveCall(call_id, Phase.CONNECTED, leg_id),
        LiveCall(leg_id, Phase.AGENT_LEG),
    }
    second.send(HangUp(leg_id))
    assert (await seen.one(Ended, call_id)).reason is EndReason.HUNG_UP
    await seen.one(AgentLegDown, leg_id)
    await second.close()


async def test_close_leaves_nothing_running_and_may_be_called_twice(harness: Harness) -> None:
    before = asyncio.all_tasks()
    pbx = harness.connect()
    await pbx.open(Watch())
    await pbx.close()
    await pbx.close()
    with pytest.raises(LinkDown):
        pbx.send(HangUp(uuid4()))
    assert await _tasks_but(before) == set()


async def test_close_while_the_link_is_down(harness: Harness) -> None:
    pbx, watch = harness.connect(), Watch()
    await pbx.open(watch)
    before = asyncio.all_tasks()
    await harness.cut()
    await watch.one(LinkLost)
    await pbx.close()
    await harness.restore()
    await harness.clock.sleep(1)
    assert not watch.of(LinkBack)
    assert await _tasks_but(before) == set()


async def test_where_nothing_answers_the_pbx_is_unreachable(harness: Harness) -> None:
    await harness.cut()
    before = asyncio.all_tasks()
    pbx = harness.connect()
    with pytest.raises(PbxUnreachable) as sentence:
        await pbx.open(Watch())
    assert "contract" in str(sentence.value)
    assert await _tasks_but(before) == set()
    await harness.restore()


async def test_whoever_is_not_let_in_is_told_so_at_once(harness: Harness) -> None:
    for error, url in harness.strangers.items():
        before = asyncio.all_tasks()
        pbx = open_pbx("contract", url, harness.clock)
        with pytest.raises(error) as sentence:
            await asyncio.wait_for(pbx.open(Watch()), 10)
        assert "contract" in str(sentence.value)
        assert "\n" not in str(sentence.value)
        assert await _tasks_but(before) == set()


async def test_a_listener_that_fails_stops_nothing(
    harness: Harness, caplog: pytest.LogCaptureFixture
) -> None:
    watch = Watch()

    def fails(event: Event) -> None:
        watch(event)
        raise RuntimeError("the listener is broken")

    pbx = harness.connect()
    await pbx.open(fails)
    order = originate(harness, number(3))
    with caplog.at_level(logging.ERROR):
        pbx.send(order)
        await watch.one(Ended, order.call_id)
    assert "the listener is broken" in caplog.text
    assert await pbx.ping() >= 0
    await pbx.close()


async def test_the_round_trip_is_measured(harness: Harness, pbx: Pbx) -> None:
    assert 0 <= await pbx.ping() < 5


async def _tasks_but(before: set[asyncio.Task[object]]) -> set[asyncio.Task[object]]:
    """The connector's tasks that were not there before, once those cancelled have had a chance."""
    for _ in range(3):
        await asyncio.sleep(0)
    return {task for task in asyncio.all_tasks() - before if "Wire." not in repr(task.get_coro())}
