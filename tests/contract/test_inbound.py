"""Customers who call in: told of once, known again by whoever comes later, and served."""

from collections.abc import Callable
from uuid import UUID, uuid4

from connectors.calls import (
    AgentLegUp,
    Arrived,
    Connected,
    ConnectToAgent,
    Ended,
    EndReason,
    HangUp,
    LinkBack,
    LinkLost,
    LiveCall,
    Phase,
    Played,
    PlayMessage,
    RingAgent,
    StartRecording,
)
from connectors.pbx import Pbx
from tests.contract.harness import PHONE, Harness
from tests.contract.watch import Watch, assert_in_order

LINE, CALLER = "support", "+4930123456"
Leaves = Callable[[], None]


async def come_in(harness: Harness, watch: Watch) -> tuple[UUID, Leaves]:
    """A customer who waits, and the way to let them hang up."""
    known = {event.call_id for event in watch.of(Arrived)}
    leaves = await harness.call_in(LINE, CALLER)
    await watch.until(lambda: {event.call_id for event in watch.of(Arrived)} - known)
    return watch.of(Arrived)[-1].call_id, leaves


async def leg_up(pbx: Pbx, watch: Watch) -> UUID:
    leg_id = uuid4()
    pbx.send(RingAgent(leg_id, PHONE))
    await watch.one(AgentLegUp, leg_id)
    return leg_id


async def test_who_calls_in_is_told_of_and_waits(harness: Harness, pbx: Pbx, watch: Watch) -> None:
    call_id, leaves = await come_in(harness, watch)
    arrived = watch.of(Arrived)[0]
    assert (arrived.line, arrived.caller) == (LINE, CALLER)
    assert await pbx.live_calls() == (LiveCall(call_id, Phase.ARRIVED, None, LINE, CALLER),)
    leaves()
    ended = await watch.one(Ended, call_id)
    assert ended.reason is EndReason.HUNG_UP
    assert ended.cause, "the PBX's raw words are kept"
    assert watch.story(call_id) == "Arrived Ended"
    assert await pbx.live_calls() == ()


async def test_two_who_call_in_are_two_calls(harness: Harness, pbx: Pbx, watch: Watch) -> None:
    (first, _), (second, _) = [await come_in(harness, watch) for _ in range(2)]
    assert first != second
    pbx.send(HangUp(first))
    await watch.one(Ended, first)
    assert [call.call_id for call in await pbx.live_calls()] == [second]
    pbx.send(HangUp(second))
    assert (await watch.one(Ended, second)).reason is EndReason.HUNG_UP


async def test_a_caller_talks_to_an_agent(harness: Harness, pbx: Pbx, watch: Watch) -> None:
    call_id, leaves = await come_in(harness, watch)
    leg_id = await leg_up(pbx, watch)
    pbx.send(StartRecording(call_id, f"2026/11/20/{call_id}"))
    pbx.send(ConnectToAgent(call_id, leg_id))
    assert (await watch.one(Connected, call_id)).leg_id == leg_id
    assert set(await pbx.live_calls()) == {
        LiveCall(call_id, Phase.CONNECTED, leg_id, LINE, CALLER),
        LiveCall(leg_id, Phase.AGENT_LEG),
    }
    await harness.clock.sleep(0.5)
    leaves()
    assert (await watch.one(Ended, call_id)).reason is EndReason.HUNG_UP
    assert_in_order(watch.about(call_id))
    assert await pbx.live_calls() == (LiveCall(leg_id, Phase.AGENT_LEG),)


async def test_a_caller_ends_with_the_agents_leg(harness: Harness, pbx: Pbx, watch: Watch) -> None:
    call_id, _ = await come_in(harness, watch)
    leg_id = await leg_up(pbx, watch)
    pbx.send(ConnectToAgent(call_id, leg_id))
    await watch.one(Connected, call_id)
    pbx.send(HangUp(leg_id))
    assert (await watch.one(Ended, call_id)).reason is EndReason.HUNG_UP


async def test_a_caller_whose_agent_is_gone_waits_on(
    harness: Harness, pbx: Pbx, watch: Watch
) -> None:
    call_id, _ = await come_in(harness, watch)
    pbx.send(ConnectToAgent(call_id, uuid4()))
    await harness.clock.sleep(1)
    assert [call.phase for call in await pbx.live_calls()] == [Phase.ARRIVED]
    leg_id = await leg_up(pbx, watch)
    pbx.send(ConnectToAgent(call_id, leg_id))
    assert (await watch.one(Connected, call_id)).leg_id == leg_id


async def test_a_caller_hears_a_message_and_waits_on(
    harness: Harness, pbx: Pbx, watch: Watch
) -> None:
    call_id, _ = await come_in(harness, watch)
    pbx.send(PlayMessage(call_id, harness.message, then_hang_up=False))
    await watch.one(Played, call_id)
    assert [call.phase for call in await pbx.live_calls()] == [Phase.ARRIVED]
    pbx.send(PlayMessage(call_id, harness.message))
    assert (await watch.one(Ended, call_id)).reason is EndReason.HUNG_UP


async def test_the_same_call_has_the_same_id_for_whoever_asks(
    harness: Harness, pbx: Pbx, watch: Watch
) -> None:
    call_id, leaves = await come_in(harness, watch)
    await pbx.close()
    second, seen = harness.connect(), Watch()
    await second.open(seen)
    assert await second.live_calls() == (LiveCall(call_id, Phase.ARRIVED, None, LINE, CALLER),)
    leg_id = await leg_up(second, seen)
    second.send(ConnectToAgent(call_id, leg_id))
    await seen.one(Connected, call_id)
    leaves()
    await seen.one(Ended, call_id)
    assert not seen.of(Arrived)
    await second.close()


async def test_who_comes_while_the_link_is_down_is_found_when_it_is_back(
    harness: Harness, pbx: Pbx, watch: Watch
) -> None:
    before, _ = await come_in(harness, watch)
    await harness.cut()
    await watch.one(LinkLost)
    leaves = await harness.call_in(LINE, CALLER)
    await harness.clock.sleep(1)
    await harness.restore()
    returned = await watch.one(LinkBack)
    assert {call.phase for call in returned.live} == {Phase.ARRIVED}
    (found,) = {call.call_id for call in returned.live} - {before}
    leaves()
    assert (await watch.one(Ended, found)).reason is EndReason.HUNG_UP
    assert [event.call_id for event in watch.of(Arrived)] == [before]


async def test_who_gave_up_while_the_link_was_down_has_one_end(
    harness: Harness, pbx: Pbx, watch: Watch
) -> None:
    call_id, leaves = await come_in(harness, watch)
    await harness.cut()
    await watch.one(LinkLost)
    leaves()
    await harness.clock.sleep(1)
    await harness.restore()
    assert (await watch.one(Ended, call_id)).reason is EndReason.PBX_LOST
    await harness.clock.sleep(1)
    assert len(watch.of(Ended)) == 1
