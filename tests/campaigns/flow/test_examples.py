"""The examples: each is right, and every way out of every step is gone at least once."""

from datetime import UTC, datetime
from functools import cache
from itertools import chain, pairwise

import pytest

from campaigns.flow.file import load
from campaigns.flow.flow import Flow
from campaigns.flow.reaching import Hangup, SubFlow
from campaigns.flow.reading import RETURN
from campaigns.flow.scene import Call, Ended
from campaigns.flow.trail import ENTER, Taken
from campaigns.flow.walk import Walk
from campaigns.flow.world import World
from connectors.calls import Party
from tests.campaigns.flow.around import EXAMPLES, NAMES, example
from tests.campaigns.flow.strolls import Given, strolls

OPEN = datetime(2026, 11, 27, 15, 0, tzinfo=UTC)  # a Friday, 10:00 in New York
SHUT = datetime(2026, 11, 29, 15, 0, tzinfo=UTC)  # a Sunday
HUMAN, MACHINE = Call(party=Party.HUMAN), Call(party=Party.MACHINE)
CALLS: dict[str, list[tuple[Call, datetime]]] = {
    "appointment": [(HUMAN, OPEN), (MACHINE, OPEN)],
    "identify": [(HUMAN, OPEN)],
    "opt-out": [(HUMAN, OPEN), (HUMAN, SHUT), (Call(tags=frozenset({"withheld"})), OPEN)],
    "payment": [
        (Call({"due": "999.99"}), OPEN),
        (Call({"due": "1000"}), SHUT),
        (Call({"due": ""}), OPEN),
        (Call(tags=frozenset({"disputed"})), OPEN),
    ],
    "press-one": [(HUMAN, OPEN), (MACHINE, OPEN), (Call(party=Party.SCREENING), OPEN)],
    "survey": [(HUMAN, OPEN)],
}
ANSWERS: dict[str, list[dict[str, object]]] = {
    "identify": [{"is_right": "yes"}, {"is_right": "no"}],
    "slots": [{"offer": "ten o'clock"}],
}
THEIR_ENDS = {Ended.AGENT, Ended.TRANSFER, Ended.VOICEMAIL}


def loaded(name: str) -> tuple[Flow, dict[str, Flow]]:
    """An example that has been checked, and those that it calls."""
    path = EXAMPLES / f"{name}.yaml"
    flow = load(path.read_bytes(), path.name, World(flow=example))
    inner = {step.flow: example(step.flow) for _, step in flow.calls()}
    return flow, {name: found for name, found in inner.items() if isinstance(found, Flow)}


@cache
def walks(name: str) -> list[Walk]:
    """Every walk through an example."""
    flow, called = loaded(name)
    each = (strolls(Given(flow, called, call, at, ANSWERS)) for call, at in CALLS[name])
    return list(chain.from_iterable(each))


def test_every_example_has_its_calls() -> None:
    assert sorted(CALLS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_way_of_an_example_is_gone(name: str) -> None:
    flow, called = loaded(name)
    gone = {(t.flow, t.step, t.way) for walk in walks(name) for t in walk.trail}
    for each in (flow, *called.values()):
        for step, found in each.each():
            ways = {way.name for way in found.ways()}
            assert ways <= {way for at, of, way in gone if (at, of) == (each.name, step)}, step


@pytest.mark.parametrize("name", NAMES)
def test_every_walk_follows_the_file_to_an_end(name: str) -> None:
    flow, called = loaded(name)
    there = {flow.name: flow, **called}
    for walk in walks(name):
        for before, after in pairwise(walk.trail):
            assert after.step in _next(there, before), (before, after)
        last = walk.trail[-1]
        step = there[last.flow].steps[last.step]
        assert walk.ended in THEIR_ENDS | {Ended.HANGUP, Ended.RETURNED}
        assert isinstance(step, Hangup) is (walk.ended is Ended.HANGUP)
        assert walk.disposition == (step.hangup if isinstance(step, Hangup) else "")


def _next(there: dict[str, Flow], taken: Taken) -> set[str]:
    """The steps that may come after one that was left by that way."""
    flow = there[taken.flow]
    step = flow.steps[taken.step]
    if taken.way == ENTER:
        assert isinstance(step, SubFlow)
        return {there[step.flow].start}
    to = next(way.to for way in step.ways() if way.name == taken.way)
    callers = {name for each in there.values() for name, s in each.calls() if s.flow == flow.name}
    return callers if to == RETURN else {to}


def test_the_survey_files_every_answer() -> None:
    given = [walk.answers for walk in walks("survey")]
    assert {a["visit"] for a in given if "visit" in a} == {
        *("very-bad", "bad", "fair", "good", "very-good")
    }
    assert {a["have_us_again"] for a in given if "have_us_again" in a} == {"yes", "no", "unsure"}


@pytest.mark.parametrize("name", ["survey", "appointment", "payment", "press-one", "opt-out"])
def test_who_presses_to_be_left_alone_is_left_alone(name: str) -> None:
    for walk in walks(name):
        asked = any(taken.kind == "opt_out" for taken in walk.trail)
        assert walk.opted_out is asked
        assert (walk.disposition == "opted-out") is asked


def test_nothing_is_said_of_a_debt_before_the_right_person_listens() -> None:
    for walk in walks("payment"):
        steps = [taken.step for taken in walk.trail]
        if "how-much" in steps:
            check = steps.index("check")
            assert walk.trail[check].way == "next"
            assert check < steps.index("how-much")
