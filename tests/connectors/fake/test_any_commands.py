"""Whatever commands come in whatever order, calls and legs live one orderly life each."""

from collections import Counter
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.calls import (
    AgentLegDown,
    AgentLegUp,
    Command,
    Connected,
    ConnectToAgent,
    Ended,
    HangUp,
    Listening,
    Monitor,
    Originate,
    PlayMessage,
    RingAgent,
    StartRecording,
    StopRecording,
)
from connectors.fake.presets import preset
from connectors.fake.world import Trunk, World
from connectors.flows import AnswerFlow, EnterFlow
from tests.connectors.fake.conftest import Bench
from tests.contract.flow import contract_flow
from workers.flow_player import FlowPlayer

CALLS = st.integers(1, 4).map(lambda n: UUID(int=n))
LEGS = st.integers(101, 103).map(lambda n: UUID(int=n))
NUMBERS = st.integers(0, 9).map("+493012345{}".format) | st.just("+49305557305")
PHONES = st.sampled_from(["1001", "1701", "1801", "1901", "none"])
COMMANDS = st.one_of(
    st.builds(
        Originate,
        CALLS,
        NUMBERS,
        st.sampled_from(["carrier", "nowhere"]),
        st.just("+4930999"),
        st.integers(1, 8),
        st.booleans(),
    ),
    st.builds(RingAgent, LEGS, PHONES, st.integers(1, 3)),
    st.builds(ConnectToAgent, CALLS, LEGS),
    st.builds(HangUp, CALLS | LEGS),
    st.builds(PlayMessage, CALLS, st.just("m"), st.booleans()),
    st.builds(StartRecording, CALLS, st.just("2026/x")),
    st.builds(StopRecording, CALLS),
    st.builds(EnterFlow, CALLS, st.sampled_from(["contract", "nowhere"]), st.just("carrier")),
    st.builds(AnswerFlow, CALLS, st.sampled_from(["1", "2", "3"]), st.sampled_from([None, {}])),
    st.builds(Monitor, LEGS, PHONES, LEGS, st.sampled_from(Listening)),
)
STEPS = st.lists(st.tuples(COMMANDS, st.sampled_from([0, 0, 0.001, 0.3, 2.5])), max_size=40)


def worlds() -> st.SearchStrategy[World]:
    tight = World(trunks={"carrier": Trunk(channels=2)}, other_trunk=None)
    return st.sampled_from([preset("lab"), tight])


@settings(deadline=None, max_examples=150)
@given(STEPS, worlds(), st.integers(0, 3))
def test_each_call_and_leg_has_one_end(
    steps: list[tuple[Command, float]], world: World, seed: int
) -> None:
    run, begun = Bench(world, seed), Counter[UUID]()
    run.exchange.plays(FlowPlayer({"contract": contract_flow()}))
    for command, seconds in steps:
        held = {live.call_id for live in run.exchange.live_calls()}
        if isinstance(command, Originate) and command.call_id not in held:
            begun[command.call_id] += 1
        if isinstance(command, RingAgent | Monitor) and command.leg_id not in held:
            begun[command.leg_id] += 1
        run.give(command)
        run.wait(seconds)
    for leg in range(101, 104):
        run.give(HangUp(UUID(int=leg)))
    run.wait(7200)
    ended = Counter(event.call_id for event in run.of(Ended))
    ended.update(event.leg_id for event in run.of(AgentLegDown))
    assert ended == begun
    assert run.exchange.live_calls() == ()
    assert run.exchange.wake_at() is None
    _times_never_fall(run)
    _nobody_joins_a_leg_that_is_down(run)


def _times_never_fall(run: Bench) -> None:
    times = [event.at for event in run.events]
    assert times == sorted(times)


def _nobody_joins_a_leg_that_is_down(run: Bench) -> None:
    up: dict[UUID, UUID | None] = {}
    for event in run.events:
        if isinstance(event, AgentLegUp):
            up[event.leg_id] = None
        elif isinstance(event, AgentLegDown):
            up.pop(event.leg_id, None)
        elif isinstance(event, Connected):
            assert event.leg_id in up
