"""The contract: what calls go through on the PBX without an agent, and what is told of it.

The fake PBX's own servers play no flows: they come to the last test alone.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from connectors.calls import (
    AgentLegUp,
    Answered,
    Connected,
    ConnectToAgent,
    Digits,
    Ended,
    EndReason,
    HangUp,
    LinkBack,
    Originate,
    Phase,
    RingAgent,
)
from connectors.flows import (
    AnswerFlow,
    EnterFlow,
    FlowAnswered,
    FlowAsked,
    FlowLeft,
    FlowRecorded,
    FlowSays,
    FlowWantsAgent,
    SayFlow,
)
from connectors.party import Party
from connectors.pbx import Pbx
from tests.contract.conftest import plays
from tests.contract.flow import PRESSES, told
from tests.contract.harness import CALLER, HANGS_UP_SOON, PHONE, FlowHarness, Harness
from tests.contract.watch import Watch

BYE = [("FlowLeft", "bye", "hangup", None), ("FlowEnded", "hangup", "done"), ("Ended",)]
GIVEN = {"account": "47/11 ${X}", "name": 'Zoë "日本"'}


@pytest.fixture
async def enter(player: FlowHarness, pbx: Pbx, watch: Watch) -> Callable[..., Awaitable[UUID]]:
    """`enter(number, flow)`: a call that has been answered and sent into the flow."""

    async def into(number: str = PRESSES, flow: str = "contract") -> UUID:
        call = uuid4()
        pbx.send(Originate(call, number, player.trunk, CALLER))
        await watch.one(Answered, call)
        pbx.send(EnterFlow(call, flow, player.trunk, GIVEN, ("vip",), ("Asia/Tokyo",), Party.HUMAN))
        return call

    return into


Enter = Callable[..., Awaitable[UUID]]


@plays
async def test_a_survey_is_answered(player: FlowHarness, enter: Enter, watch: Watch) -> None:
    call = await enter()
    await player.press(call, PRESSES, "choose", "1")
    await watch.one(FlowLeft, call)
    await player.press(call, PRESSES, "speed", "2")
    await watch.one(FlowAnswered, call)
    await player.press(call, PRESSES, "pin", "47")
    await watch.one(Ended, call)
    assert told(watch, call) == [
        ("FlowLeft", "choose", "1", "1"),
        ("FlowAnswered", "speed", "slow"),
        ("FlowLeft", "speed", "next", "2"),
        ("FlowLeft", "pin", "next", "**"),
        *BYE,
    ]
    assert [event.digits for event in watch.of(Digits, call)] == ["1", "2", "4", "7"]
    [ended] = watch.of(Ended, call)
    assert ended.reason is EndReason.HUNG_UP


@pytest.mark.parametrize(
    ("keys", "events"),
    [
        ("2", [("FlowOptedOut",), ("FlowLeft", "stop", "next", None)]),
        ("3", [("FlowCallback", 7200, ""), ("FlowLeft", "back", "next", None)]),
        ("9", []),
    ],
)
@plays
async def test_what_a_person_asks_for_is_told_before_the_step_is_over(
    player: FlowHarness, enter: Enter, watch: Watch, keys: str, events: list[Any]
) -> None:
    call = await enter()
    await player.press(call, PRESSES, "choose", keys)
    await watch.one(Ended, call)
    way = "too_many" if keys == "9" else keys
    assert told(watch, call) == [("FlowLeft", "choose", way, keys), *events, *BYE]


@plays
async def test_what_is_said_is_recorded(player: FlowHarness, enter: Enter, watch: Watch) -> None:
    call = await enter()
    await player.press(call, PRESSES, "choose", "6")
    recorded = await watch.one(FlowRecorded, call)
    await watch.one(Ended, call)
    assert (recorded.flow, recorded.step) == ("contract", "talk")
    assert recorded.path.startswith(f"dialplane-flows/contract/{call}-")
    assert told(watch, call)[-4:] == [("FlowLeft", "talk", "next", None), *BYE]


@plays
async def test_an_agent_takes_who_waits_for_one(
    player: FlowHarness, enter: Enter, pbx: Pbx, watch: Watch
) -> None:
    """The flow tells nothing more, not even that the call has come out of it."""
    leg = uuid4()
    pbx.send(RingAgent(leg, PHONE))
    await watch.one(AgentLegUp, leg)
    call = await enter()
    await player.press(call, PRESSES, "choose", "4")
    wants = await watch.one(FlowWantsAgent, call)
    assert (wants.team, wants.skills, wants.wait) == ("sales", ("english",), 3)
    assert {live.call_id: live.flow for live in await pbx.live_calls()}[call] == "contract"
    pbx.send(ConnectToAgent(call, leg))
    await watch.one(Connected, call)
    live = {live.call_id: live for live in await pbx.live_calls()}
    assert (live[call].phase, live[call].leg_id, live[call].flow) == (Phase.CONNECTED, leg, "")
    pbx.send(HangUp(call))
    await watch.one(Ended, call)
    assert told(watch, call) == [
        ("FlowLeft", "choose", "4", "4"),
        ("FlowWantsAgent", "sales", ("english",), 3),
        ("Ended",),
    ]
    pbx.send(HangUp(leg))


@plays
async def test_who_gets_no_agent_goes_on(player: FlowHarness, enter: Enter, watch: Watch) -> None:
    call = await enter()
    await player.press(call, PRESSES, "choose", "4")
    wants = await watch.one(FlowWantsAgent, call)
    await watch.one(Ended, call)
    [gone] = [left for left in watch.of(FlowLeft, call) if left.way == "no_agent"]
    assert 2.5 < (gone.at - wants.at).total_seconds() < 4.5
    assert told(watch, call)[2:] == [
        ("FlowLeft", "who", "no_agent", None),
        ("FlowLeft", "nobody", "hangup", None),
        ("FlowEnded", "hangup", "no-agent"),
        ("Ended",),
    ]


@plays
async def test_who_was_sent_to_an_agent_that_is_gone_waits_on(
    player: FlowHarness, enter: Enter, pbx: Pbx, watch: Watch
) -> None:
    call = await enter()
    await player.press(call, PRESSES, "choose", "4")
    await watch.one(FlowWantsAgent, call)
    pbx.send(ConnectToAgent(call, uuid4()))
    await watch.one(Ended, call)
    assert told(watch, call)[2] == ("FlowLeft", "who", "no_agent", None)


async def asked(player: FlowHarness, enter: Enter, watch: Watch) -> FlowAsked:
    call = await enter()
    await player.press(call, PRESSES, "choose", "5")
    return await watch.one(FlowAsked, call)


@plays
async def test_an_endpoint_answers(
    player: FlowHarness, enter: Enter, pbx: Pbx, watch: Watch
) -> None:
    it = await asked(player, enter, watch)
    assert (it.step, it.endpoint, it.timeout) == ("hook", "balance", 2.0)
    assert it.sent == {"account": GIVEN["account"], "note": f"for {GIVEN['name']}"}
    pbx.send(AnswerFlow(it.call_id, it.ticket, {"due": "12,50 €"}))
    await watch.one(Ended, it.call_id)
    assert told(watch, it.call_id)[2:] == [
        ("FlowLeft", "hook", "next", None),
        ("FlowLeft", "owed", "case 1", None),
        ("FlowLeft", "paid", "hangup", None),
        ("FlowEnded", "hangup", "paid"),
        ("Ended",),
    ]


@plays
async def test_an_endpoint_has_failed_and_a_late_answer_changes_nothing(
    player: FlowHarness, enter: Enter, pbx: Pbx, watch: Watch
) -> None:
    it = await asked(player, enter, watch)
    pbx.send(AnswerFlow(it.call_id, it.ticket, None))
    await watch.until(lambda: len(watch.of(FlowAsked, it.call_id)) == 2)
    pbx.send(AnswerFlow(it.call_id, it.ticket, {"due": "12,50 €"}))  # of the step before
    await watch.one(Ended, it.call_id)
    [_, *more] = [event for event in told(watch, it.call_id) if event[0] != "FlowAsked"]
    assert more == [
        ("FlowLeft", "hook", "fallback", None),
        ("FlowLeft", "again", "fallback", None),
        ("FlowLeft", "down", "hangup", None),
        ("FlowEnded", "hangup", "down"),
        ("Ended",),
    ]


@plays
async def test_an_endpoint_does_not_answer(
    player: FlowHarness, enter: Enter, pbx: Pbx, watch: Watch
) -> None:
    it = await asked(player, enter, watch)
    await watch.one(Ended, it.call_id)
    [first, second] = [e for e in watch.of(FlowLeft, it.call_id) if e.way == "fallback"]
    assert 1.5 < (first.at - it.at).total_seconds() < 3.5
    assert 0.5 < (second.at - first.at).total_seconds() < 2.5


async def says(player: FlowHarness, enter: Enter, watch: Watch) -> FlowSays:
    call = await enter()
    await player.press(call, PRESSES, "choose", "7")
    return await watch.one(FlowSays, call)


def waited(it: FlowSays, watch: Watch) -> float:
    """Seconds from the asking until the step was over."""
    [_, left, *_] = watch.of(FlowLeft, it.call_id)
    assert (left.step, left.way) == ("tell", "next")
    return (left.at - it.at).total_seconds()


@pytest.mark.parametrize("sound", ["", "/nowhere/to-be-found"])
@plays
async def test_a_text_with_variables_is_asked_for_and_goes_on_when_it_is_said(
    player: FlowHarness, enter: Enter, pbx: Pbx, watch: Watch, sound: str
) -> None:
    it = await says(player, enter, watch)
    assert (it.step, it.prompt, it.values) == ("tell", "greet", GIVEN)
    assert GIVEN["name"] not in repr(it)
    pbx.send(SayFlow(it.call_id, it.ticket, sound))
    await watch.one(Ended, it.call_id)
    assert waited(it, watch) < it.timeout
    assert [event for event in told(watch, it.call_id) if event[0] != "FlowSays"][1:] == [
        ("FlowLeft", "tell", "next", None),
        *BYE,
    ]


@plays
async def test_a_text_that_nobody_says_is_waited_for_and_the_call_goes_on(
    player: FlowHarness, enter: Enter, pbx: Pbx, watch: Watch
) -> None:
    it = await says(player, enter, watch)
    pbx.send(SayFlow(it.call_id, f"{it.ticket}0", "/nowhere/to-be-found"))  # of no question
    await watch.one(Ended, it.call_id)
    assert waited(it, watch) > it.timeout - 0.5
    assert told(watch, it.call_id)[2:] == [("FlowLeft", "tell", "next", None), *BYE]


@plays
async def test_who_hangs_up_while_a_text_is_made_is_gone(
    player: FlowHarness, enter: Enter, pbx: Pbx, watch: Watch
) -> None:
    it = await says(player, enter, watch)
    pbx.send(HangUp(it.call_id))
    pbx.send(SayFlow(it.call_id, it.ticket))
    await watch.one(Ended, it.call_id)
    assert told(watch, it.call_id)[2] == ("FlowLeft", "tell", "hung_up", None)


HUNG_UP = [("FlowLeft", "choose", "hung_up", None), ("FlowEnded", "hung_up", ""), ("Ended",)]


@plays
async def test_a_customer_hangs_up_in_the_middle(
    player: FlowHarness, enter: Enter, watch: Watch
) -> None:
    call = await enter(HANGS_UP_SOON)
    await watch.one(Ended, call)
    assert told(watch, call) == HUNG_UP


@plays
async def test_so_may_we(player: FlowHarness, enter: Enter, pbx: Pbx, watch: Watch) -> None:
    call = await enter()
    await player.listens(call, "choose")
    pbx.send(HangUp(call))
    await watch.one(Ended, call)
    assert told(watch, call) == HUNG_UP


@plays
async def test_answers_that_were_given_while_the_link_was_away_are_told_when_it_is_back(
    player: FlowHarness, enter: Enter, pbx: Pbx, watch: Watch
) -> None:
    call = await enter()
    await player.press(call, PRESSES, "choose", "1")
    await player.listens(call, "speed")
    await player.cut()
    await player.press(call, PRESSES, "speed", "1")
    await player.listens(call, "pin")
    await player.restore()
    back = await watch.one(LinkBack)
    assert [(one.call_id, one.flow) for one in back.live] == [(call, "contract")]
    answer = await watch.one(FlowAnswered, call)
    assert (answer.question, answer.answer) == ("speed", "fast")
    pbx.send(HangUp(call))
    await watch.one(Ended, call)


@plays
async def test_whoever_takes_over_hears_what_calls_have_answered_and_who_waits(
    player: FlowHarness, enter: Enter, pbx: Pbx, watch: Watch
) -> None:
    call = await enter()
    await player.press(call, PRESSES, "choose", "4")
    await watch.one(FlowWantsAgent, call)
    await pbx.close()
    later, heard = player.connect(), Watch()
    await later.open(heard)
    wants = await heard.one(FlowWantsAgent, call)
    assert (wants.team, wants.skills) == ("sales", ("english",))
    assert 1 <= wants.wait <= 3
    await heard.one(Ended, call)
    assert told(heard, call)[1] == ("FlowLeft", "who", "no_agent", None)
    await later.close()


async def test_a_flow_that_the_pbx_does_not_have_ends_the_call(
    harness: Harness, pbx: Pbx, watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    call = uuid4()
    pbx.send(Originate(call, "+49301000000", harness.trunk, CALLER))
    await watch.one(Answered, call)
    pbx.send(EnterFlow(call, "nowhere", harness.trunk))
    ended = await watch.one(Ended, call, 5)
    assert ended.reason is EndReason.HUNG_UP
    assert told(watch, call) == [("Ended",)]
    assert "flow 'nowhere'" in caplog.text
