"""Events lost, repeated and mixed, links cut at every step: one end for each call, dialled once."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.asterisk.channels import Channel
from connectors.calls import (
    ConnectToAgent,
    Ended,
    HangUp,
    LinkBack,
    LinkLost,
    LiveCall,
    Originate,
    Phase,
    RingAgent,
)
from connectors.flows import EnterFlow
from connectors.linked.channels import Kind
from connectors.pbx import LinkDown, Pbx
from tests.connectors.asterisk.ami_server import AmiServer
from tests.connectors.asterisk.stage import LEG, Stage
from tests.contract.watch import Watch, assert_in_order, subject_of

CALLS = [UUID(int=number, version=4) for number in range(1, 4)]
ABOUT: tuple[tuple[str, dict[str, object]], ...] = (
    ("Newstate", {"ChannelState": 5}),
    ("Newstate", {"ChannelState": 6}),
    ("DialState", {"DialStatus": "PROGRESS"}),
    ("DialState", {"DialStatus": "RINGING"}),
    ("OriginateResponse", {"Response": "Failure"}),
    ("OriginateResponse", {"Response": "Success"}),
    ("UserEvent", {"UserEvent": "DialplaneAnswered"}),
    ("UserEvent", {"UserEvent": "DialplanePlayed", "Status": "SUCCESS", "Then": "wait"}),
    ("UserEvent", {"UserEvent": "DialplaneFlow", "What": "opt_out"}),
    ("UserEvent", {"UserEvent": "DialplaneFlow", "What": "ended", "How": "hangup"}),
    ("UserEvent", {"UserEvent": "DialplaneFlow", "What": "left", "Step": "${X}"}),
    ("enter", {}),
    ("ConfbridgeJoin", {"Conference": LEG.hex}),
    ("DTMFEnd", {"Digit": "1", "Direction": "Received"}),
    ("Hangup", {"Cause": 17, "TechCause": 486}),
    ("gap", {}),
    ("wait", {}),
    ("hang up", {}),
)
STEPS = st.lists(st.tuples(st.sampled_from(CALLS), st.sampled_from(ABOUT)), max_size=40)


@given(STEPS)
@settings(max_examples=400)
def test_whatever_comes_each_call_has_one_end_and_it_is_the_last_word(
    steps: list[tuple[UUID, tuple[str, dict[str, object]]]],
) -> None:
    stage = Stage(*(Originate(call, "+4930123456", "trunk", "+493099999") for call in CALLS))
    for call_id, (name, fields) in steps:
        take(stage, call_id, name, fields)
    for call_id in CALLS:
        stage.hear("Hangup", Uniqueid=call_id, Cause=16)
    for call_id in CALLS:
        told = [event for event in stage.events if subject_of(event) == call_id]
        assert sum(isinstance(event, Ended) for event in told) == 1
        assert_in_order(told)
    assert len(stage.translator) == 0


def take(stage: Stage, call_id: UUID, name: str, fields: dict[str, object]) -> None:
    stage.later(0.3)
    if name == "gap":
        live = [Channel(Kind.CALL, LiveCall(call_id, Phase.ANSWERED))]
        stage.events += stage.translator.reconcile(live, stage.now)
    elif name == "enter":
        stage.tell(EnterFlow(call_id, "survey", "trunk"))
        stage.refuse(f"enter:{call_id}", "Redirect failed")
    elif name == "wait":
        stage.later(60)
        stage.settle(call_id)
    elif name == "hang up":
        stage.tell(HangUp(call_id))
        stage.refuse(f"hangup:{call_id}", "No such channel")
    else:
        stage.hear(name, Uniqueid=call_id, DestUniqueid=call_id, **fields)


@pytest.mark.parametrize(
    "action",
    ["Originate", "Redirect", "Hangup", "Ping", "CoreShowChannels"],
)
async def test_wherever_the_link_is_cut_nothing_is_dialled_twice_or_left_open(
    pbx: Pbx, server: AmiServer, watch: Watch, action: str
) -> None:
    server.cut_at = action
    call_id, leg_id = uuid4(), uuid4()
    commands = (
        RingAgent(leg_id, "101"),
        Originate(call_id, "+4930123456", "trunk", "+493099999"),
        ConnectToAgent(call_id, leg_id),
        HangUp(call_id),
    )
    try:
        for command in commands:
            pbx.send(command)
        await pbx.live_calls()
    except LinkDown:
        pass
    await watch.one(LinkBack)
    await watch.until(lambda: watch.of(Ended, call_id) and len(watch.about(leg_id)) == 1)
    assert await pbx.ping() < 5
    dialled = [given["ChannelId"] for given in server.named("Originate")]
    assert len(dialled) == len(set(dialled))
    assert len(watch.of(Ended, call_id)) == len(watch.of(LinkLost)) == 1


@pytest.mark.parametrize(
    "action",
    ["Challenge", "Login", "CoreSettings", "ShowDialPlan", "ListCommands", "CoreShowChannels"],
)
async def test_a_link_cut_again_while_it_comes_back_comes_back_all_the_same(
    pbx: Pbx, server: AmiServer, watch: Watch, action: str
) -> None:
    call_id = uuid4()
    pbx.send(Originate(call_id, "+4930123456", "trunk", "+493099999"))
    await server.until(lambda: server.named("Originate"))
    server.cut_at = action
    server.cut()
    back = await watch.one(LinkBack)
    end = await watch.one(Ended, call_id)
    assert len(server.named("Challenge")) == 3
    assert len(watch.of(LinkLost)) == len(watch.of(LinkBack)) == 1
    assert datetime.now(UTC) - timedelta(seconds=20) < back.at <= end.at
    assert len(server.named("Originate")) == 1
