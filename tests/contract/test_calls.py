"""A customer's call, from the originate to its one end."""

from uuid import UUID, uuid4

import pytest

from connectors.calls import (
    Answered,
    Classified,
    Digits,
    Ended,
    EndReason,
    HangUp,
    LiveCall,
    Originate,
    Party,
    Phase,
    Ringing,
)
from connectors.pbx import Pbx
from tests.contract.harness import CALLER, HANGS_UP_SOON, PRESSES_42, Harness, number
from tests.contract.watch import Watch, assert_in_order

ENDS = {
    0: EndReason.HUNG_UP,
    1: EndReason.HUNG_UP,
    2: EndReason.HUNG_UP,
    3: EndReason.BUSY,
    4: EndReason.NO_ANSWER,
    5: EndReason.INVALID_NUMBER,
    6: EndReason.CONGESTION,
    7: EndReason.HUNG_UP,
    8: EndReason.HUNG_UP,
    9: EndReason.REJECTED,
}
ANSWERED_AFTER = {0: 0.2, 1: 2.0, 2: 5.0, 7: 0.3, 8: 0.3}
SLACK = 5.0  # seconds that a busy test machine may add


def call(harness: Harness, pbx: Pbx, called: str, ring: int = 20, amd: bool = False) -> UUID:
    call_id = uuid4()
    pbx.send(Originate(call_id, called, harness.trunk, CALLER, ring, amd))
    return call_id


async def test_every_call_has_one_end_of_the_right_reason(
    harness: Harness, pbx: Pbx, watch: Watch
) -> None:
    placed = harness.clock.now()
    calls = {digit: call(harness, pbx, number(digit), ring=6) for digit in ENDS}
    for digit, reason in ENDS.items():
        if reason is EndReason.HUNG_UP:
            answered = await watch.one(Answered, calls[digit])
            after = (answered.at - placed).total_seconds()
            assert ANSWERED_AFTER[digit] - 0.1 <= after <= ANSWERED_AFTER[digit] + SLACK
            pbx.send(HangUp(calls[digit]))
    await watch.until(lambda: len(watch.of(Ended)) >= len(ENDS))
    await harness.clock.sleep(1)
    for digit, reason in ENDS.items():
        assert [e.reason for e in watch.of(Ended, calls[digit])] == [reason], digit
        assert watch.of(Ended, calls[digit])[0].cause, "the PBX's raw words are kept"
        assert_in_order(watch.about(calls[digit]))
        assert bool(watch.of(Answered, calls[digit])) == (digit in ANSWERED_AFTER)
        assert not watch.of(Classified, calls[digit]), "nobody asked for AMD"
    assert await pbx.live_calls() == ()


async def test_a_call_rings_no_longer_than_it_was_told_to(
    harness: Harness, pbx: Pbx, watch: Watch
) -> None:
    placed = harness.clock.now()
    call_id = call(harness, pbx, number(4), ring=2)
    ended = await watch.one(Ended, call_id)
    assert ended.reason is EndReason.NO_ANSWER
    assert 1.9 <= (ended.at - placed).total_seconds() <= 2 + SLACK


async def test_a_customer_who_hangs_up_ends_the_call(
    harness: Harness, pbx: Pbx, watch: Watch
) -> None:
    call_id = call(harness, pbx, HANGS_UP_SOON)
    assert (await watch.one(Ended, call_id)).reason is EndReason.HUNG_UP
    assert watch.of(Answered, call_id)
    assert_in_order(watch.about(call_id))


async def test_hanging_up_while_it_rings_cancels(harness: Harness, pbx: Pbx, watch: Watch) -> None:
    call_id = call(harness, pbx, number(4))
    await watch.one(Ringing, call_id)
    assert LiveCall(call_id, Phase.RINGING) in await pbx.live_calls()
    pbx.send(HangUp(call_id))
    assert (await watch.one(Ended, call_id)).reason is EndReason.CANCELLED
    assert await pbx.live_calls() == ()


async def test_hanging_up_in_the_same_breath_cancels(
    harness: Harness, pbx: Pbx, watch: Watch
) -> None:
    calls = [call(harness, pbx, number(4)) for _ in range(10)]
    for call_id in calls:
        pbx.send(HangUp(call_id))
    for call_id in calls:
        assert (await watch.one(Ended, call_id)).reason is EndReason.CANCELLED
    await harness.clock.sleep(1)
    assert len(watch.of(Ended)) == len(calls)
    assert await pbx.live_calls() == ()


async def test_hanging_up_what_is_not_there_does_no_harm(
    harness: Harness, pbx: Pbx, watch: Watch
) -> None:
    pbx.send(HangUp(uuid4()))
    call_id = call(harness, pbx, number(3))
    await watch.one(Ended, call_id)
    pbx.send(HangUp(call_id))
    await harness.clock.sleep(1)
    assert len(watch.of(Ended)) == 1
    assert await pbx.ping() < 5


async def test_a_trunk_that_the_pbx_does_not_know_is_refused(
    harness: Harness, pbx: Pbx, watch: Watch
) -> None:
    call_id = uuid4()
    pbx.send(Originate(call_id, number(0), "no-such-trunk", CALLER))
    assert (await watch.one(Ended, call_id)).reason is EndReason.REFUSED
    assert watch.story(call_id) == "Ended"


async def test_a_second_originate_of_a_live_id_leaves_the_first_alone(
    harness: Harness, pbx: Pbx, watch: Watch
) -> None:
    first, second = number(8), number(3)
    call_id = call(harness, pbx, first)
    await watch.one(Answered, call_id)
    pbx.send(Originate(call_id, second, harness.trunk, CALLER))
    await harness.clock.sleep(1.5)
    assert [live.call_id for live in await pbx.live_calls()] == [call_id]
    assert not watch.of(Ended)
    pbx.send(HangUp(call_id))
    await watch.one(Ended, call_id)
    await harness.clock.sleep(1)
    assert len(watch.of(Ended)) == 1
    assert_in_order(watch.about(call_id))
    assert (harness.arrived(first), harness.arrived(second)) == (1, 0)


async def test_amd_tells_people_from_machines(harness: Harness, pbx: Pbx, watch: Watch) -> None:
    machine, human = (call(harness, pbx, number(digit), amd=True) for digit in (7, 8))
    person = Party.HUMAN if harness.tells_humans else Party.UNKNOWN
    for call_id, party in ((machine, Party.MACHINE), (human, person)):
        verdict = await watch.one(Classified, call_id)
        assert verdict.party is party
        assert verdict.at > watch.of(Answered, call_id)[0].at
        pbx.send(HangUp(call_id))
        await watch.one(Ended, call_id)
        assert_in_order(watch.about(call_id))


async def test_keys_that_the_customer_presses_are_told(
    harness: Harness, pbx: Pbx, watch: Watch
) -> None:
    call_id = call(harness, pbx, PRESSES_42)
    await watch.until(lambda: "".join(e.digits for e in watch.of(Digits, call_id)) == "42")
    pbx.send(HangUp(call_id))
    await watch.one(Ended, call_id)
    assert_in_order(watch.about(call_id))


@pytest.mark.parametrize("amd", [False, True])
async def test_every_call_is_dialled_once(
    harness: Harness, pbx: Pbx, watch: Watch, amd: bool
) -> None:
    called = [number(digit) for digit in (3, 5, 6, 9) for _ in range(5)]
    for one in called:
        call(harness, pbx, one, amd=amd)
    await watch.until(lambda: len(watch.of(Ended)) == len(called))
    assert [harness.arrived(one) for one in called] == [1] * len(called)
