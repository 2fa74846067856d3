"""Customers who call in: told of once, known again by whoever comes later, and served."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

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
from connectors.flows import (
    AnswerFlow,
    EnterFlow,
    FlowAnswered,
    FlowAsked,
    FlowLeft,
    FlowOptedOut,
    FlowSays,
    FlowWantsAgent,
    SayFlow,
)
from connectors.party import Party
from connectors.pbx import Pbx
from tests.contract.conftest import plays
from tests.contract.flow import told
from tests.contract.harness import PHONE, FlowHarness, Harness
from tests.contract.watch import Watch, assert_in_order

LINE, CALLER = "support", "+4930123456"
BYE = [("FlowLeft", "bye", "hangup", None), ("FlowEnded", "hangup", "done"), ("Ended",)]
GIVEN = {"account": "47/11 ${X}", "name": 'Zoë "日本"'}
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


# --- in a flow --------------------------------------------------------------------------------


async def come_into(player: FlowHarness, pbx: Pbx, watch: Watch) -> tuple[UUID, Leaves]:
    """A customer who has called in and was sent into the flow."""
    call_id, leaves = await come_in(player, watch)
    pbx.send(EnterFlow(call_id, "contract", player.trunk, GIVEN, ("vip",), (), Party.HUMAN))
    return call_id, leaves


@plays
async def test_a_caller_goes_through_a_flow(player: FlowHarness, pbx: Pbx, watch: Watch) -> None:
    call_id, _ = await come_into(player, pbx, watch)
    await player.press(call_id, CALLER, "choose", "2")
    await watch.one(FlowOptedOut, call_id)
    assert (await watch.one(Ended, call_id)).reason is EndReason.HUNG_UP
    assert told(watch, call_id) == [
        ("FlowLeft", "choose", "2", "2"),
        ("FlowOptedOut",),
        ("FlowLeft", "stop", "next", None),
        *BYE,
    ]
    assert await pbx.live_calls() == ()


@plays
async def test_a_caller_whom_an_agent_takes_out_of_the_flow(
    player: FlowHarness, pbx: Pbx, watch: Watch
) -> None:
    leg_id = await leg_up(pbx, watch)
    call_id, leaves = await come_into(player, pbx, watch)
    await player.press(call_id, CALLER, "choose", "4")
    wants = await watch.one(FlowWantsAgent, call_id)
    assert (wants.team, wants.skills, wants.wait) == ("sales", ("english",), 3)
    live = {call.call_id: call for call in await pbx.live_calls()}
    assert live[call_id] == LiveCall(call_id, Phase.ARRIVED, None, LINE, CALLER, "contract")
    pbx.send(StartRecording(call_id, f"2026/11/20/{call_id}"))
    pbx.send(ConnectToAgent(call_id, leg_id))
    assert (await watch.one(Connected, call_id)).leg_id == leg_id
    live = {call.call_id: call for call in await pbx.live_calls()}
    assert live[call_id] == LiveCall(call_id, Phase.CONNECTED, leg_id, LINE, CALLER)
    await player.clock.sleep(4)  # longer than the step would have waited
    leaves()
    assert (await watch.one(Ended, call_id)).reason is EndReason.HUNG_UP
    assert told(watch, call_id)[1:] == [
        ("FlowWantsAgent", "sales", ("english",), 3),
        ("Ended",),
    ]
    assert await pbx.live_calls() == (LiveCall(leg_id, Phase.AGENT_LEG),)


@plays
async def test_a_caller_out_of_a_flow_ends_with_the_agents_leg(
    player: FlowHarness, pbx: Pbx, watch: Watch
) -> None:
    leg_id = await leg_up(pbx, watch)
    call_id, _ = await come_into(player, pbx, watch)
    await player.press(call_id, CALLER, "choose", "4")
    await watch.one(FlowWantsAgent, call_id)
    pbx.send(ConnectToAgent(call_id, leg_id))
    await watch.one(Connected, call_id)
    pbx.send(HangUp(leg_id))
    assert (await watch.one(Ended, call_id)).reason is EndReason.HUNG_UP


@plays
async def test_a_caller_to_whom_nobody_comes_goes_on(
    player: FlowHarness, pbx: Pbx, watch: Watch
) -> None:
    call_id, _ = await come_into(player, pbx, watch)
    await player.press(call_id, CALLER, "choose", "4")
    wants = await watch.one(FlowWantsAgent, call_id)
    pbx.send(ConnectToAgent(call_id, uuid4()))  # to a leg that is gone: the caller waits on
    await watch.one(Ended, call_id)
    [gone] = [left for left in watch.of(FlowLeft, call_id) if left.way == "no_agent"]
    # who is sent back waits for what is left of three seconds, and a PBX counts whole ones
    assert 1.9 < (gone.at - wants.at).total_seconds() < 4.5
    assert told(watch, call_id)[2:] == [
        ("FlowLeft", "who", "no_agent", None),
        ("FlowLeft", "nobody", "hangup", None),
        ("FlowEnded", "hangup", "no-agent"),
        ("Ended",),
    ]


@plays
async def test_an_endpoint_and_a_voice_serve_a_caller_too(
    player: FlowHarness, pbx: Pbx, watch: Watch
) -> None:
    call_id, _ = await come_into(player, pbx, watch)
    await player.press(call_id, CALLER, "choose", "5")
    asked = await watch.one(FlowAsked, call_id)
    assert asked.sent == {"account": GIVEN["account"], "note": f"for {GIVEN['name']}"}
    pbx.send(AnswerFlow(call_id, asked.ticket, {"due": "12,50 €"}))
    await watch.one(Ended, call_id)
    assert ("FlowEnded", "hangup", "paid") in told(watch, call_id)
    call_id, _ = await come_into(player, pbx, watch)
    await player.press(call_id, CALLER, "choose", "7")
    says = await watch.one(FlowSays, call_id)
    assert says.values == GIVEN
    pbx.send(SayFlow(call_id, says.ticket))
    await watch.one(Ended, call_id)
    assert told(watch, call_id)[-4:] == [("FlowLeft", "tell", "next", None), *BYE]


@plays
async def test_a_caller_hangs_up_in_the_middle_of_a_flow(
    player: FlowHarness, pbx: Pbx, watch: Watch
) -> None:
    call_id, leaves = await come_into(player, pbx, watch)
    await player.listens(call_id, "choose")
    leaves()
    await watch.one(Ended, call_id)
    assert told(watch, call_id) == [
        ("FlowLeft", "choose", "hung_up", None),
        ("FlowEnded", "hung_up", ""),
        ("Ended",),
    ]


@plays
async def test_what_a_caller_said_while_the_link_was_away_is_told_when_it_is_back(
    player: FlowHarness, pbx: Pbx, watch: Watch
) -> None:
    call_id, leaves = await come_into(player, pbx, watch)
    await player.press(call_id, CALLER, "choose", "1")
    await player.listens(call_id, "speed")
    await player.cut()
    await watch.one(LinkLost)
    await player.press(call_id, CALLER, "speed", "1")
    await player.listens(call_id, "pin")
    await player.restore()
    back = await watch.one(LinkBack)
    assert back.live == (LiveCall(call_id, Phase.ARRIVED, None, LINE, CALLER, "contract"),)
    answer = await watch.one(FlowAnswered, call_id)
    assert (answer.question, answer.answer) == ("speed", "fast")
    leaves()
    await watch.one(Ended, call_id)


@plays
async def test_whoever_takes_over_hears_that_a_caller_waits_in_a_flow(
    player: FlowHarness, pbx: Pbx, watch: Watch
) -> None:
    call_id, _ = await come_into(player, pbx, watch)
    await player.press(call_id, CALLER, "choose", "4")
    await watch.one(FlowWantsAgent, call_id)
    await pbx.close()
    later, heard = player.connect(), Watch()
    await later.open(heard)
    wants = await heard.one(FlowWantsAgent, call_id)
    assert (wants.team, wants.skills) == ("sales", ("english",))
    assert 1 <= wants.wait <= 3
    await heard.one(Ended, call_id)
    assert told(heard, call_id)[1] == ("FlowLeft", "who", "no_agent", None)
    await later.close()


async def test_a_flow_that_the_pbx_does_not_have_ends_the_callers_call(
    harness: Harness, pbx: Pbx, watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    call_id, _ = await come_in(harness, watch)
    pbx.send(EnterFlow(call_id, "nowhere", harness.trunk))
    ended = await watch.one(Ended, call_id, 5)
    assert ended.reason is EndReason.HUNG_UP
    assert told(watch, call_id) == [("Ended",)]
    assert "flow 'nowhere'" in caplog.text
