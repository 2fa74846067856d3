"""Agents' and supervisors' legs in virtual time."""

from uuid import UUID

import pytest

from connectors.calls import (
    AgentLegDown,
    AgentLegUp,
    ConnectToAgent,
    HangUp,
    Listening,
    LiveCall,
    Monitor,
    Phase,
    RingAgent,
)
from connectors.fake.presets import preset
from connectors.fake.world import Phone, World
from tests.connectors.fake.conftest import MakeBench

LAB = preset("lab")
LEG, BOSS = UUID(int=98), UUID(int=99)


@pytest.mark.parametrize(
    ("phone", "cause"), [("1801", "no answer"), ("1901", "busy"), ("nobody", "no phone 'nobody'")]
)
def test_a_phone_that_is_not_reached(bench: MakeBench, phone: str, cause: str) -> None:
    run = bench(LAB)
    run.give(RingAgent(LEG, phone, 5))
    run.wait(6)
    assert [(type(e), getattr(e, "cause", "")) for e in run.events] == [(AgentLegDown, cause)]


def test_a_leg_rings_then_is_up_until_hung_up(bench: MakeBench) -> None:
    run = bench(LAB)
    run.give(RingAgent(LEG, "1001"))
    assert run.exchange.live_calls() == (LiveCall(LEG, Phase.RINGING),)
    run.wait(1)
    assert run.exchange.live_calls() == (LiveCall(LEG, Phase.AGENT_LEG),)
    run.give(HangUp(LEG), HangUp(LEG))
    run.wait(1)
    assert run.names() == ["AgentLegUp", "AgentLegDown"]
    assert run.exchange.live_calls() == ()


def test_the_customer_goes_with_the_leg(bench: MakeBench) -> None:
    run = bench(LAB)
    (call,) = run.dial(["+4930123458"], trunk="carrier")
    run.give(RingAgent(LEG, "1703"))  # hangs up after 3 s
    run.wait(1)
    run.give(ConnectToAgent(call, LEG))
    run.wait(10)
    assert run.names()[-3:] == ["Connected", "AgentLegDown", "Ended"]


def test_a_customer_sent_to_a_leg_that_is_gone_stays_as_it_was(bench: MakeBench) -> None:
    run = bench(LAB)
    (call,) = run.dial(["+4930123458"], trunk="carrier")
    run.wait(1)
    run.give(ConnectToAgent(call, LEG))
    run.wait(10)
    assert run.exchange.live_calls() == (LiveCall(call, Phase.ANSWERED),)
    assert not run.exchange.complaints


def test_no_second_customer_gets_into_a_bridge(bench: MakeBench) -> None:
    run = bench(LAB)
    first, second = run.dial(["+4930123458", "+4930123468"], trunk="carrier")
    run.give(RingAgent(LEG, "1001"))
    run.wait(1)
    run.give(ConnectToAgent(first, LEG), ConnectToAgent(second, LEG))
    run.wait(1)
    assert run.names().count("Connected") == 1
    assert list(run.exchange.complaints) == [f"call {second} was sent to leg {LEG}, in use"]


def test_a_supervisor_goes_when_the_agent_goes(bench: MakeBench) -> None:
    run = bench(LAB)
    run.give(RingAgent(LEG, "1001"))
    run.wait(1)
    run.give(Monitor(BOSS, "1002", LEG, Listening.LISTEN))
    run.wait(1)
    run.give(HangUp(LEG))
    run.wait(1)
    assert [e.leg_id for e in run.of(AgentLegUp)] == [LEG, BOSS]
    assert [e.leg_id for e in run.of(AgentLegDown)] == [LEG, BOSS]


def test_a_leg_with_the_id_of_one_that_listened_is_another_leg(bench: MakeBench) -> None:
    run = bench(LAB)
    run.give(RingAgent(LEG, "1001"))
    run.wait(1)
    run.give(Monitor(BOSS, "1001", LEG, Listening.LISTEN))
    run.wait(1)
    run.give(HangUp(BOSS))
    run.wait(1)
    run.give(RingAgent(BOSS, "1001"))
    run.wait(1)
    run.give(HangUp(LEG))
    run.wait(1)
    assert run.exchange.live_calls() == (LiveCall(BOSS, Phase.AGENT_LEG),)


def test_there_is_nothing_to_hear_on_a_leg_that_is_gone(bench: MakeBench) -> None:
    run = bench(LAB)
    run.give(Monitor(BOSS, "1002", LEG, Listening.BARGE))
    run.wait(1)
    assert run.names() == ["AgentLegDown"]


def test_phones_fail_and_drop_as_often_as_told(bench: MakeBench) -> None:
    run = bench(World(other_phone=Phone(no_answer=0.2, drops_per_hour=1)))
    run.give(*(RingAgent(UUID(int=n), f"a{n}") for n in range(1000)))
    run.wait(3600)
    causes = [event.cause for event in run.of(AgentLegDown)]
    assert causes.count("no answer") == pytest.approx(200, abs=40)
    assert causes.count("dropped") / 800 == pytest.approx(1 - 0.368, abs=0.05)  # 1 - 1/e
