"""Agents' legs, customers in their bridges, and supervisors on top."""

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
    HangUp,
    Listening,
    LiveCall,
    Monitor,
    Originate,
    Phase,
    Played,
    PlayMessage,
    RingAgent,
    StartRecording,
    StopRecording,
)
from connectors.pbx import Pbx
from tests.contract.harness import (
    CALLER,
    HANGS_UP_SOON,
    IS_BUSY,
    LEAVES_SOON,
    LISTENER,
    PHONE,
    RINGS_ON,
    Harness,
    number,
)
from tests.contract.watch import Watch, assert_in_order


async def agent(pbx: Pbx, watch: Watch, phone: str = PHONE) -> UUID:
    """An agent's leg that is up."""
    leg_id = uuid4()
    pbx.send(RingAgent(leg_id, phone))
    await watch.one(AgentLegUp, leg_id)
    return leg_id


async def customer(harness: Harness, pbx: Pbx, watch: Watch, called: str | None = None) -> UUID:
    """A customer who has answered."""
    call_id = uuid4()
    pbx.send(Originate(call_id, called or number(8), harness.trunk, CALLER))
    await watch.one(Answered, call_id)
    return call_id


async def talking(harness: Harness, pbx: Pbx, watch: Watch) -> tuple[UUID, UUID]:
    """A customer in an agent's bridge: (call, leg)."""
    leg_id = await agent(pbx, watch)
    call_id = await customer(harness, pbx, watch)
    pbx.send(ConnectToAgent(call_id, leg_id))
    await watch.one(Connected, call_id)
    return call_id, leg_id


async def test_a_leg_is_up_until_it_is_hung_up(harness: Harness, pbx: Pbx, watch: Watch) -> None:
    leg_id = await agent(pbx, watch)
    assert await pbx.live_calls() == (LiveCall(leg_id, Phase.AGENT_LEG),)
    pbx.send(HangUp(leg_id))
    await watch.one(AgentLegDown, leg_id)
    assert watch.story(leg_id) == "AgentLegUp AgentLegDown"
    assert await pbx.live_calls() == ()


async def test_a_phone_that_is_not_reached_is_a_leg_down(
    harness: Harness, pbx: Pbx, watch: Watch
) -> None:
    legs = {phone: uuid4() for phone in (RINGS_ON, IS_BUSY, "no-such-phone")}
    for phone, leg_id in legs.items():
        pbx.send(RingAgent(leg_id, phone, ring_seconds=2))
    for leg_id in legs.values():
        assert (await watch.one(AgentLegDown, leg_id)).cause
    await harness.clock.sleep(0.5)
    assert {watch.story(leg_id) for leg_id in legs.values()} == {"AgentLegDown"}


async def test_a_leg_whose_ringing_is_called_off_is_a_leg_down(
    harness: Harness, pbx: Pbx, watch: Watch
) -> None:
    leg_id = uuid4()
    pbx.send(RingAgent(leg_id, RINGS_ON))
    pbx.send(HangUp(leg_id))
    await watch.one(AgentLegDown, leg_id)
    assert watch.story(leg_id) == "AgentLegDown"


async def test_a_second_ringing_of_a_live_leg_leaves_the_first_alone(
    harness: Harness, pbx: Pbx, watch: Watch
) -> None:
    leg_id = await agent(pbx, watch)
    pbx.send(RingAgent(leg_id, LISTENER))
    await harness.clock.sleep(1.5)
    assert watch.story(leg_id) == "AgentLegUp"
    assert await pbx.live_calls() == (LiveCall(leg_id, Phase.AGENT_LEG),)


async def test_an_agent_who_hangs_up_is_a_leg_down(
    harness: Harness, pbx: Pbx, watch: Watch
) -> None:
    leg_id = await agent(pbx, watch, LEAVES_SOON)
    await watch.one(AgentLegDown, leg_id)


async def test_a_customer_is_with_the_agent_at_once(
    harness: Harness, pbx: Pbx, watch: Watch
) -> None:
    leg_id = await agent(pbx, watch)
    call_id = await customer(harness, pbx, watch)
    asked = harness.clock.now()
    pbx.send(ConnectToAgent(call_id, leg_id))
    connected = await watch.one(Connected, call_id)
    assert connected.leg_id == leg_id
    assert (connected.at - asked).total_seconds() < 5
    assert set(await pbx.live_calls()) == {
        LiveCall(call_id, Phase.CONNECTED, leg_id),
        LiveCall(leg_id, Phase.AGENT_LEG),
    }


async def test_the_leg_outlives_its_customers(harness: Harness, pbx: Pbx, watch: Watch) -> None:
    leg_id = await agent(pbx, watch)
    leaving = await customer(harness, pbx, watch, HANGS_UP_SOON)
    pbx.send(ConnectToAgent(leaving, leg_id))
    await watch.one(Connected, leaving)
    assert (await watch.one(Ended, leaving)).reason is EndReason.HUNG_UP
    assert_in_order(watch.about(leaving))
    sent_away = await customer(harness, pbx, watch)
    pbx.send(ConnectToAgent(sent_away, leg_id))
    await watch.one(Connected, sent_away)
    pbx.send(HangUp(sent_away))
    assert (await watch.one(Ended, sent_away)).reason is EndReason.HUNG_UP
    assert watch.story(leg_id) == "AgentLegUp"
    assert await pbx.live_calls() == (LiveCall(leg_id, Phase.AGENT_LEG),)


async def test_the_customer_goes_with_the_leg(harness: Harness, pbx: Pbx, watch: Watch) -> None:
    call_id, leg_id = await talking(harness, pbx, watch)
    pbx.send(HangUp(leg_id))
    await watch.one(AgentLegDown, leg_id)
    assert (await watch.one(Ended, call_id)).reason is EndReason.HUNG_UP
    assert_in_order(watch.about(call_id))
    assert await pbx.live_calls() == ()


async def test_a_customer_sent_to_a_leg_that_is_gone_stays_as_it_was(
    harness: Harness, pbx: Pbx, watch: Watch
) -> None:
    call_id = await customer(harness, pbx, watch)
    pbx.send(ConnectToAgent(call_id, uuid4()))
    await harness.clock.sleep(1)
    assert await pbx.live_calls() == (LiveCall(call_id, Phase.ANSWERED),)
    leg_id = await agent(pbx, watch)
    pbx.send(ConnectToAgent(call_id, leg_id))
    assert (await watch.one(Connected, call_id)).leg_id == leg_id


async def test_two_agents_have_a_customer_each(harness: Harness, pbx: Pbx, watch: Watch) -> None:
    legs = [await agent(pbx, watch, phone) for phone in (PHONE, LISTENER)]
    calls = [await customer(harness, pbx, watch) for _ in legs]
    for call_id, leg_id in zip(calls, legs, strict=True):
        pbx.send(ConnectToAgent(call_id, leg_id))
    joined = {call_id: (await watch.one(Connected, call_id)).leg_id for call_id in calls}
    assert joined == dict(zip(calls, legs, strict=True))


async def test_a_message_is_the_end_of_a_call(harness: Harness, pbx: Pbx, watch: Watch) -> None:
    call_id = await customer(harness, pbx, watch)
    pbx.send(PlayMessage(call_id, harness.message))
    assert (await watch.one(Ended, call_id)).reason is EndReason.HUNG_UP
    heard = watch.of(Ended, call_id)[0].at - watch.of(Answered, call_id)[0].at
    assert heard.total_seconds() >= 0.8, "the message was played to its end"
    assert not watch.of(Played, call_id)
    assert_in_order(watch.about(call_id))


async def test_or_it_is_told_and_the_call_goes_on(harness: Harness, pbx: Pbx, watch: Watch) -> None:
    call_id = await customer(harness, pbx, watch)
    pbx.send(PlayMessage(call_id, harness.message, then_hang_up=False))
    await watch.one(Played, call_id)
    await harness.clock.sleep(0.5)
    assert await pbx.live_calls() == (LiveCall(call_id, Phase.ANSWERED),)


@pytest.mark.parametrize("then_hang_up", [True, False])
async def test_a_message_that_the_pbx_does_not_have_is_over_at_once(
    harness: Harness, pbx: Pbx, watch: Watch, then_hang_up: bool
) -> None:
    call_id = await customer(harness, pbx, watch)
    pbx.send(PlayMessage(call_id, harness.no_message, then_hang_up))
    if then_hang_up:
        assert (await watch.one(Ended, call_id)).reason is EndReason.HUNG_UP
        assert not watch.of(Played, call_id)
    else:
        await watch.one(Played, call_id)
        assert await pbx.live_calls() == (LiveCall(call_id, Phase.ANSWERED),)
    assert_in_order(watch.about(call_id))


async def test_a_message_takes_the_customer_out_of_the_bridge(
    harness: Harness, pbx: Pbx, watch: Watch
) -> None:
    call_id, leg_id = await talking(harness, pbx, watch)
    pbx.send(PlayMessage(call_id, harness.message, then_hang_up=False))
    await watch.one(Played, call_id)
    assert set(await pbx.live_calls()) == {
        LiveCall(call_id, Phase.ANSWERED),
        LiveCall(leg_id, Phase.AGENT_LEG),
    }


async def test_recordings_start_and_stop_without_a_word(
    harness: Harness, pbx: Pbx, watch: Watch
) -> None:
    call_id, leg_id = await talking(harness, pbx, watch)
    told = len(watch.events)
    for _ in range(2):
        pbx.send(StartRecording(call_id, f"2026/11/20/{call_id}"))
    for _ in range(2):
        pbx.send(StopRecording(call_id))
    pbx.send(StopRecording(uuid4()))
    await harness.clock.sleep(1)
    assert len(watch.events) == told
    assert LiveCall(call_id, Phase.CONNECTED, leg_id) in await pbx.live_calls()


async def test_there_is_room_for_many_who_barge(harness: Harness, pbx: Pbx, watch: Watch) -> None:
    call_id, leg_id = await talking(harness, pbx, watch)
    bosses = {f"10{nth:02}": uuid4() for nth in range(11, 16)}
    for phone, boss in bosses.items():
        pbx.send(Monitor(boss, phone, leg_id, Listening.BARGE))
    for boss in bosses.values():
        await watch.one(AgentLegUp, boss)
    held = {live.call_id for live in await pbx.live_calls()}
    assert held == {call_id, leg_id, *bosses.values()}
    pbx.send(HangUp(leg_id))
    for ended in (leg_id, *bosses.values()):
        await watch.one(AgentLegDown, ended)
    await watch.one(Ended, call_id)
    assert await pbx.live_calls() == ()


@pytest.mark.parametrize("how", Listening)
async def test_a_supervisor_comes_and_goes_unnoticed(
    harness: Harness, pbx: Pbx, watch: Watch, how: Listening
) -> None:
    call_id, leg_id = await talking(harness, pbx, watch)
    boss = uuid4()
    pbx.send(Monitor(boss, LISTENER, leg_id, how))
    await watch.one(AgentLegUp, boss)
    assert LiveCall(boss, Phase.AGENT_LEG) in await pbx.live_calls()
    pbx.send(HangUp(boss))
    await watch.one(AgentLegDown, boss)
    await harness.clock.sleep(0.5)
    assert set(await pbx.live_calls()) == {
        LiveCall(call_id, Phase.CONNECTED, leg_id),
        LiveCall(leg_id, Phase.AGENT_LEG),
    }


@pytest.mark.parametrize("how", Listening)
async def test_a_supervisor_goes_when_the_agent_goes(
    harness: Harness, pbx: Pbx, watch: Watch, how: Listening
) -> None:
    leg_id = await agent(pbx, watch)
    boss = uuid4()
    pbx.send(Monitor(boss, LISTENER, leg_id, how))
    await watch.one(AgentLegUp, boss)
    pbx.send(HangUp(leg_id))
    await watch.one(AgentLegDown, boss)
    await watch.one(AgentLegDown, leg_id)
    assert await pbx.live_calls() == ()


@pytest.mark.parametrize("how", Listening)
async def test_a_supervisor_whose_phone_still_rings_goes_too(
    harness: Harness, pbx: Pbx, watch: Watch, how: Listening
) -> None:
    leg_id, boss = await agent(pbx, watch), uuid4()
    pbx.send(Monitor(boss, LISTENER, leg_id, how))
    pbx.send(HangUp(leg_id))
    await watch.one(AgentLegDown, boss)
    await watch.one(AgentLegDown, leg_id)
    assert await pbx.live_calls() == ()


async def test_there_is_nothing_to_hear_on_a_leg_that_is_gone(
    harness: Harness, pbx: Pbx, watch: Watch
) -> None:
    boss = uuid4()
    pbx.send(Monitor(boss, LISTENER, uuid4(), Listening.LISTEN))
    await watch.one(AgentLegDown, boss)
    assert watch.story(boss) == "AgentLegDown"
