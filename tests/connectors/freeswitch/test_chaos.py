"""Events lost, repeated and mixed, gaps at every step: one end for each call, and in order."""

from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.calls import ConnectToAgent, Ended, HangUp, Originate, RingAgent
from connectors.freeswitch import chain
from tests.connectors.freeswitch.stage import LEG, Stage
from tests.contract.watch import assert_in_order, subject_of

CALLS = [UUID(int=number, version=4) for number in range(1, 4)]
ABOUT = (
    "CHANNEL_PROGRESS",
    "CHANNEL_PROGRESS_MEDIA",
    "CHANNEL_ANSWER",
    "CHANNEL_PARK",
    "CHANNEL_HANGUP_COMPLETE",
    "DTMF",
    chain.ARRIVED,
    chain.ANSWERED,
    chain.CLASSIFIED,
    chain.BEEP,
    chain.PLAYED,
    "bridge",
    "job +OK",
    "job -ERR",
    "gap",
    "wait",
    "hang up",
    "connect",
)
STEPS = st.lists(st.tuples(st.sampled_from(CALLS), st.sampled_from(ABOUT)), max_size=40)


@given(STEPS)
@settings(max_examples=400)
def test_whatever_comes_each_call_has_one_end_and_it_is_the_last_word(
    steps: list[tuple[UUID, str]],
) -> None:
    stage = Stage(*(Originate(call, "+4930123456", "trunk", "+493099999") for call in CALLS))
    stage.tell(RingAgent(LEG, "101"))
    for call_id, what in steps:
        take(stage, call_id, what)
    for call_id in CALLS:
        stage.hear("CHANNEL_HANGUP_COMPLETE", call_id, Hangup_Cause="NORMAL_CLEARING")
    for call_id in CALLS:
        told = [event for event in stage.events if subject_of(event) == call_id]
        assert sum(isinstance(event, Ended) for event in told) == 1
        assert_in_order(told)


def take(stage: Stage, call_id: UUID, what: str) -> None:
    match what.split():
        case ["bridge"]:
            stage.bridge(call_id, LEG)
        case ["job", "+OK"]:
            stage.job(call_id, f"+OK {call_id}")
        case ["job", "-ERR"]:
            stage.job(call_id, "-ERR USER_BUSY")
        case ["gap"]:
            stage.events += stage.translator.reconcile([], stage.now)
        case ["wait"]:
            stage.later(1.1)
            stage.settle()
        case ["hang", "up"]:
            stage.tell(HangUp(call_id))
            stage.refuse(HangUp(call_id), "-ERR No such channel!")
        case ["connect"]:
            stage.tell(ConnectToAgent(call_id, LEG))
        case _:
            stage.hear(what, call_id, Hangup_Cause="USER_BUSY", DTMF_Digit="1", Then="wait")
    stage.later(0.01)
