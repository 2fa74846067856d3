"""Flows on the fake PBX, in virtual time: what is told, and what people do whom it asks."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import get_args
from uuid import UUID

import pytest

from campaigns.flow.collecting import Collect
from campaigns.flow.doing import Doing, EndCall
from campaigns.flow.file import load_alone
from campaigns.flow.flow import Flow
from campaigns.flow.valid import Valid
from connectors.calls import Classified, Digits, Ended, EndReason, HangUp, PlayMessage
from connectors.fake.chance import luck
from connectors.fake.fate import Fate
from connectors.fake.presets import preset
from connectors.fake.spread import Spread
from connectors.fake.world import Amd, Keying, Segment, World
from connectors.flows import (
    AnswerFlow,
    EnterFlow,
    FlowAnswered,
    FlowAsked,
    FlowEnd,
    FlowEnded,
    FlowLeft,
    FlowRecorded,
    FlowSays,
    FlowWantsAgent,
    SayFlow,
)
from connectors.party import Party
from tests.campaigns.flow.around import EXAMPLES
from tests.connectors.fake.conftest import Bench
from tests.contract.flow import contract_flow
from tests.dialplan_templates.flow_files import flow
from workers.flow_keys import VALID, Person
from workers.flow_player import FlowPlayer
from workers.flow_telling import AT_ONCE
from workers.flow_waits import WAITS

EVERYBODY = Segment(human=1.0, machine=0, busy=0, invalid=0, rejected=0, congestion=0, failed=0)
PEOPLE = World(segments=(EVERYBODY,))
MACHINES = World(segments=(replace(EVERYBODY, human=0.0, machine=1.0),))
STEADY = Keying(silent=0, wrong=0, hangs_up=0, taken=1.0)


def example(name: str) -> Flow:
    return load_alone((EXAMPLES / f"{name}.yaml").read_bytes(), f"{name}.yaml")


FLOWS = {flow.name: flow for flow in map(example, ("survey", "payment", "identify", "appointment"))}


def through(flow: str, world: World, calls: int = 200, seed: int = 1) -> Bench:
    """So many people, each sent into the flow as they answer, until all is over."""
    bench = Bench(world, seed)
    bench.exchange.plays(FlowPlayer(FLOWS))
    waiting = set(bench.dial([f"+49301{nth:06}" for nth in range(calls)], trunk="carrier"))
    while bench.exchange.wake_at() is not None:
        bench.wait(0.5)
        up = {live.call_id for live in bench.exchange.live_calls() if live.phase == "answered"}
        for call in sorted(waiting & up):
            waiting.discard(call)
            bench.give(EnterFlow(call, flow, "carrier", party=Party.HUMAN))
    return bench


def test_a_thousand_people_answer_a_survey_and_each_call_ends_once() -> None:
    bench = through("survey", PEOPLE, calls=1_000)
    assert Counter(event.call_id for event in bench.of(Ended)).most_common(1)[0][1] == 1
    assert len(bench.of(Ended)) == 1_000
    ends = Counter(event.how for event in bench.of(FlowEnded))
    assert set(ends) == {FlowEnd.HANGUP, FlowEnd.HUNG_UP}
    answers = Counter((event.question, event.answer) for event in bench.of(FlowAnswered))
    questions = {question for question, _ in answers}
    assert len(questions) >= 2
    for question in questions:
        given = [count for (asked, _), count in answers.items() if asked == question]
        assert min(given) > 0.5 * max(given)  # any choice is as likely as another
    ways = Counter(event.way for event in bench.of(FlowLeft))
    assert ways["no_input"]
    assert ways["hung_up"] == ends[FlowEnd.HUNG_UP]


def test_the_same_seed_is_the_same_day_and_another_one_is_not() -> None:
    one, again = (through("survey", PEOPLE, seed=3) for _ in range(2))
    other = through("survey", PEOPLE, seed=4)
    assert one.events == again.events
    assert one.events != other.events


def test_whoever_is_told_nothing_else_of_a_call_presses_what_is_right() -> None:
    bench = through("survey", replace(PEOPLE, keying=STEADY))
    lefts = bench.of(FlowLeft)
    assert not [left for left in lefts if left.way in ("no_input", "too_many", "hung_up")]
    assert bench.of(Digits)


def test_machines_press_nothing_and_hear_the_flow_out() -> None:
    bench = through("survey", MACHINES, calls=20)
    assert not bench.of(Digits)
    assert not bench.of(FlowAnswered)
    assert {event.how for event in bench.of(FlowEnded)} == {FlowEnd.HANGUP}


def test_all_examples_end_however_people_behave() -> None:
    for name in ("payment", "appointment"):
        bench = through(name, PEOPLE)
        assert len(bench.of(Ended)) == len(bench.of(FlowEnded)) == 200
        assert bench.exchange.live_calls() == ()


def order(call: UUID, flow: str = "contract") -> EnterFlow:
    return EnterFlow(call, flow, "carrier", {"account": "4711"}, party=Party.HUMAN)


LAB = preset("lab")
PRESSER = "+49305557500"


def in_lab(keys: str) -> tuple[Bench, UUID]:
    """Somebody in the contract's flow who has pressed `keys`."""
    bench = Bench(LAB, 1)
    bench.exchange.plays(FlowPlayer({"contract": contract_flow()}))
    [call] = bench.dial([PRESSER], trunk="carrier")
    bench.wait(0.1)
    bench.give(order(call))
    for key in keys:
        bench.wait(0.3)
        bench.exchange.press(call, key, bench.now)
    bench.wait(0.01)
    return bench, call


def test_while_a_prompt_is_played_a_key_is_heard_and_told_before_what_comes_of_it() -> None:
    bench, call = in_lab("1")
    told = [event for event in bench.events if isinstance(event, Digits | FlowLeft)]
    assert told == [
        Digits(call, told[0].at, "1"),
        FlowLeft(call, told[1].at, "contract", "choose", "1", "1"),
    ]


def test_a_message_takes_a_call_out_of_its_flow() -> None:
    bench, call = in_lab("4")
    assert bench.of(FlowWantsAgent)
    bench.give(PlayMessage(call, "safe-harbour"))
    bench.wait(60)
    assert bench.of(FlowEnded) == []
    assert len(bench.of(Ended)) == 1


def test_an_answer_to_nobody_changes_nothing() -> None:
    bench, call = in_lab("")
    bench.give(AnswerFlow(call, "2", {"due": "1"}))
    bench.wait(0.5)
    assert bench.of(FlowLeft) == []


def test_what_is_sent_and_the_timeout_are_those_of_the_step() -> None:
    bench, _ = in_lab("5")
    [asked] = bench.of(FlowAsked)
    assert (asked.sent, asked.timeout) == ({"account": "4711", "note": "for nobody"}, 2.0)


def test_who_hangs_up_while_recorded_has_been_recorded() -> None:
    bench, call = in_lab("6")
    bench.give(HangUp(call))
    bench.wait(1)
    assert bench.names()[-4:] == ["FlowRecorded", "FlowLeft", "FlowEnded", "Ended"]
    [recorded] = bench.of(FlowRecorded)
    assert recorded.path.startswith(f"dialplane-flows/contract/{call}-")


SPOKEN = flow("spoken")


def in_spoken(machine: bool = False) -> tuple[Bench, UUID]:
    """Somebody in a flow whose every prompt holds variables."""
    bench = Bench(LAB, 1)
    bench.exchange.plays(FlowPlayer({"spoken": SPOKEN}))
    [call] = bench.dial([PRESSER], trunk="carrier")
    bench.wait(0.1)
    party = Party.MACHINE if machine else Party.HUMAN
    given = {"due": "7", "name": "Zoë"}
    bench.give(EnterFlow(call, "spoken", "carrier", given, party=party))
    return bench, call


def answer_all(bench: Bench, keys: str = "") -> list[FlowSays]:
    """Each text has its sound at once; a key is pressed at each silence."""
    pressed, answered = [*keys], 0
    while bench.exchange.live_calls():
        bench.wait(0.05)
        for says in bench.of(FlowSays)[answered:]:
            answered += 1
            bench.give(SayFlow(says.call_id, says.ticket, "/said"))
        if pressed and answered > 1 and not bench.of(FlowEnded):
            bench.wait(1.0)
            bench.exchange.press(says.call_id, pressed.pop(0), bench.now)
    return bench.of(FlowSays)


def test_texts_are_asked_for_one_by_one_and_a_question_once() -> None:
    bench, _ = in_spoken()
    says = answer_all(bench, "3")
    assert [(it.step, it.prompt) for it in says][:3] == [
        ("owed", "owed"), ("pay", "owed"), ("pay", "wrong"),
    ]  # fmt: skip
    assert len({it.ticket for it in says}) == len(says)
    assert [it.values for it in says][:3] == [{"due": "7"}, {"due": "7"}, {"name": "Zoë"}]


def test_a_machine_hears_its_text_too() -> None:
    bench, _ = in_spoken(machine=True)
    assert [it.prompt for it in answer_all(bench)] == ["bye"]
    [ended] = bench.of(FlowEnded)
    assert ended.how is FlowEnd.VOICEMAIL


def test_a_text_that_has_its_sound_is_over_sooner_and_keys_before_it_are_lost() -> None:
    times = []
    for ticket in ("1", "2"):  # the first is the one asked for
        bench, call = in_spoken()
        bench.wait(0.5)
        [says] = bench.of(FlowSays)
        bench.exchange.press(call, "1", bench.now)
        bench.give(SayFlow(call, ticket, "/said"))
        while not bench.of(FlowLeft)[1:]:
            bench.wait(0.05)
        branch, owed = bench.of(FlowLeft)[:2]
        assert (branch.step, owed.step, owed.pressed) == ("who", "owed", None)
        times.append((owed.at - says.at).total_seconds())
    assert times[1] > says.timeout > times[0]


LISTENS = """\
name: listens
start: who
prompts: {hello: {say: Hello.}}
steps:
  who: {branch: [{party: machine, next: leave}, {party: human, next: speak}], else: bye}
  leave: {voicemail: hello}
  speak: {play: hello, next: bye}
  bye: {hangup: done}
"""


@pytest.mark.parametrize(
    ("world", "end"), [(PEOPLE, FlowEnd.HANGUP), (MACHINES, FlowEnd.VOICEMAIL)]
)
def test_who_picked_up_is_who_the_detection_heard_where_nobody_says_otherwise(
    world: World, end: FlowEnd
) -> None:
    sure = Amd(human_as_machine=0, machine_as_human=0, unknown=0)
    bench = Bench(replace(world, amd=sure), 1)
    bench.exchange.plays(FlowPlayer({"listens": load_alone(LISTENS, "listens.yaml")}))
    [call] = bench.dial(["+4930123456"], trunk="carrier", amd=True)
    while not bench.of(Classified):
        bench.wait(0.1)
    bench.give(EnterFlow(call, "listens", "carrier"))
    bench.wait(120)
    [ended] = bench.of(FlowEnded)
    assert ended.how is end
    ways = [left.way for left in bench.of(FlowLeft)]
    assert ways[0] == ("case 2" if end is FlowEnd.HANGUP else "case 1")


def test_without_a_player_or_the_flow_a_call_ends_and_it_is_said() -> None:
    for player in (FlowPlayer({}), None):
        bench = Bench(LAB, 1)
        if player is not None:
            bench.exchange.plays(player)
        [call] = bench.dial([PRESSER], trunk="carrier")
        bench.wait(0.1)
        bench.give(order(call))
        bench.wait(0.1)
        assert [event.call_id for event in bench.of(Ended)] == [call]
        assert list(bench.exchange.complaints) == ["the flow 'contract' is not there"]


# --- what is right --------------------------------------------------------------------------------


def collects() -> Iterable[Collect]:
    base = {"collect": "x", "prompt": "p", "next": "n", "no_input": "n", "too_many": "n"}
    valids: list[object] = [
        None,
        {"pattern": "49XXXXXXNZ"},
        {"number": {"at_least": 7, "at_most": 1_200}},
        *({"date": each} for each in ("ddmm", "mmdd", "ddmmyyyy", "mmddyyyy", "yyyymmdd")),
        {"time": "hhmm"},
    ]
    for valid in valids:
        yield Collect.model_validate(base | ({"valid": valid} if valid else {"min": 3, "max": 9}))


@pytest.mark.parametrize("step", [*collects()], ids=lambda step: type(step.valid).__name__)
def test_digits_are_such_as_the_step_takes(step: Collect) -> None:
    people = replace(PEOPLE, keying=replace(STEADY, thinks=Spread(1, 0)))
    for nth in range(300):
        fate = _fate(nth)
        keys = Person(fate, people).entry(step).keys
        assert keys is not None
        assert step.chosen(keys.removesuffix(step.end_key or "none")) is not None, keys


def test_whatever_a_walk_wants_done_is_waited_for_or_told_at_once() -> None:
    assert {*WAITS, *AT_ONCE, EndCall} == set(get_args(Doing))


def test_each_kind_of_valid_has_its_digits() -> None:
    assert set(VALID) == set(get_args(get_args(Valid)[0]))


def _fate(nth: int) -> Fate:
    return Fate(Party.HUMAN, EndReason.HUNG_UP, 0.0, 0.0, luck("tests", nth))
