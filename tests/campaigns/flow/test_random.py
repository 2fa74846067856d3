"""Flows and files that nobody has thought of: valid ones come to an end, others to problems."""

import json
import random
import re
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from campaigns.flow import doing as do
from campaigns.flow import happening as on
from campaigns.flow.file import load
from campaigns.flow.flow import Flow
from campaigns.flow.happening import Happening
from campaigns.flow.picture import mermaid, picture_of
from campaigns.flow.scene import Call
from campaigns.flow.svg import svg
from campaigns.flow.walk import MOST, Walk
from campaigns.flow.world import World
from campaigns.spec.errors import SpecError
from connectors.calls import Party
from tests.campaigns.flow.around import EXAMPLES, NAMES, example

NOW = datetime(2026, 11, 27, 15, 0, tzinfo=UTC)
SETTINGS = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
FEWER = settings(SETTINGS, max_examples=30)  # reading YAML is what takes the time
HAPPENINGS: list[Happening] = [
    *map(on.Pressed, "0123456789*#"),
    *(on.Silence(), on.PromptOver(), on.BeepHeard(), on.WebhookFailed(), on.TransferFailed()),
    on.RecordingOver("r"),
    on.WebhookAnswered({"x": "1"}),
]
KINDS: dict[str, Callable[[str, str, str], dict[str, Any]]] = {
    "play": lambda first, later, any_: {"play": "p", "next": first},
    "menu": lambda first, later, any_: {
        **{"menu": "p", "digits": {"1": first, "2": any_}, "no_input": later, "too_many": later},
        "retries": 1,
    },
    "collect": lambda first, later, any_: {
        **{"collect": "v", "prompt": "p", "next": any_, "no_input": first, "too_many": later},
        **{"max": 3, "valid": {"number": {"at_least": 5, "at_most": 500}}, "terminator": "*"},
    },
    "survey": lambda first, later, any_: {
        **{"survey": "q", "prompt": "p", "answers": {"1": "a", "23": "b"}, "next": any_},
        **{"no_input": first, "too_many": later, "barge_in": False, "invalid": "p"},
    },
    "record": lambda first, later, any_: {"record": "v", "next": first},
    "branch": lambda first, later, any_: {
        "branch": [{"if": "{v}", "at_least": 3, "next": later}, {"tag": "t", "next": later}],
        "else": first,
    },
    "webhook": lambda first, later, any_: {
        **{"webhook": "w", "into": {"v": "x"}, "next": first, "fallback": later}
    },
    "agent": lambda first, later, any_: {"agent": "any", "no_agent": first},
    "transfer": lambda first, later, any_: {"transfer": "+12125550100", "no_answer": first},
    "opt_out": lambda first, later, any_: {"opt_out": "p", "next": first},
    "callback": lambda first, later, any_: {"callback": "2h", "next": first},
    "machine": lambda first, later, any_: {
        "branch": [{"party": "machine", "next": "vm"}],
        "else": first,
    },
}
"""Steps whose first way leads on, whose others lead further on, and whose asked ones anywhere."""


@st.composite
def flows(draw: st.DrawFn) -> dict[str, Any]:
    """A flow that is right: unasked ways lead forward alone, and each step is led to."""
    kinds = draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=8))
    names = [*(f"s{i}" for i in range(len(kinds))), "end"]
    steps: dict[str, Any] = {}
    for i, kind in enumerate(kinds):
        later = draw(st.sampled_from(names[i + 1 :]))
        steps[names[i]] = KINDS[kind](names[i + 1], later, draw(st.sampled_from(names)))
    steps["end"] = {"hangup": "done"}
    if "machine" in kinds:
        steps["vm"] = {"voicemail": "p"}
    prompts = {"p": {"say": "Value {v}."}}
    return {"name": "f", "start": "s0", "variables": {"v": ""}, "prompts": prompts, "steps": steps}


def walked(flow: Flow, seed: int) -> Walk:
    """A walk in which anything may happen at any time, and what is waited for does at last."""
    chance = random.Random(seed)
    party = chance.choice(list(Party))
    walk = Walk(flow, Call(party=party, tags=frozenset(chance.choice([(), ("t",)]))), CALLED)
    now = NOW
    walk.begin(now)
    for _ in range(20 * MOST):
        if walk.ended is not None:
            break
        over = on.PromptOver() if isinstance(walk.doing, do.PlayPrompt) else on.Silence()
        happening = chance.choice([*HAPPENINGS, over, over, over])
        if isinstance(walk.doing, do.StartRecording):
            happening = on.RecordingOver("r")
        now += timedelta(seconds=chance.random())
        walk.handle(happening, now)
    return walk


CALLED = {name: flow for name in NAMES if isinstance(flow := example(name), Flow)}
WORLD = World(flow=example)


@SETTINGS
@given(doc=flows(), seed=st.integers(0, 2**32))
def test_a_flow_that_is_right_comes_to_an_end_whatever_is_pressed(
    doc: dict[str, Any], seed: int
) -> None:
    flow, wrong = read(json.dumps(doc), World())
    if flow is None:  # the asked way of a collect step may pass over the step after it
        assert all("some way leads to" in problem for problem in wrong)
        return
    walk = walked(flow, seed)
    assert walk.ended is not None
    assert len(walk.trail) <= MOST + 1
    for taken in walk.trail[:-1]:
        assert taken.way in {way.name for way in flow.steps[taken.step].ways()}


@SETTINGS
@given(seed=st.integers(0, 2**32), name=st.sampled_from(NAMES))
def test_an_example_comes_to_an_end_whatever_happens(seed: int, name: str) -> None:
    assert walked(CALLED[name], seed).ended is not None


@SETTINGS
@given(doc=flows())
def test_any_flow_can_be_drawn(doc: dict[str, Any]) -> None:
    picture = picture_of(Flow.model_validate(doc))
    assert svg(picture).count("<path") == len(picture.arrows) + 1  # the tip of the arrows
    assert mermaid(picture).count("-->") == len(picture.arrows)


MARKS = list("{}[]:,&*!|>'\"%@`#-\t\0")
SOURCES = {name: (EXAMPLES / f"{name}.yaml").read_text() for name in NAMES}
DOCS = {name: YAML(typ="safe", pure=True).load(source) for name, source in SOURCES.items()}
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**6), 10**6),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["return", "{x}", "{", "-1", "1e9", "+1", "a b", "any", "#", "x" * 300]),
    st.lists(st.text(max_size=5), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
)


def read(source: str | bytes, world: World = WORLD) -> tuple[Flow | None, list[str]]:
    """The flow; or none, and its problems."""
    try:
        return load(source, "f.yaml", world), []
    except SpecError as wrong:
        return None, [str(problem) for problem in wrong.problems]


def read_or_refused(source: str | bytes) -> Flow | None:
    """The flow; or none, and at least one problem, each with a place and in one line."""
    flow, wrong = read(source)
    assert (flow is None) is bool(wrong)
    for problem in wrong:
        assert re.match(r"f\.yaml:[1-9]\d*:[1-9]\d*: ", problem)
        assert problem.isprintable()
    return flow


@FEWER
@given(data=st.data(), name=st.sampled_from(NAMES))
def test_a_damaged_text_gives_problems_and_no_trace(data: st.DataObject, name: str) -> None:
    text = SOURCES[name]
    at = data.draw(st.integers(0, len(text)))
    gone = data.draw(st.integers(0, 12))
    put = data.draw(st.one_of(st.text(max_size=6), st.sampled_from(MARKS)))
    flow = read_or_refused(text[:at] + put + text[at + gone :])
    if flow is not None:
        walked(flow, at)


@SETTINGS
@given(junk=st.binary(max_size=200))
def test_bytes_give_problems_and_no_trace(junk: bytes) -> None:
    read_or_refused(junk)


@FEWER
@given(data=st.data(), name=st.sampled_from(NAMES), junk=JUNK)
def test_a_wrong_value_anywhere_gives_problems_and_no_trace(
    data: st.DataObject, name: str, junk: Any
) -> None:
    doc = deepcopy(DOCS[name])
    part: Any = doc
    while True:
        keys = list(part) if isinstance(part, dict) else list(range(len(part)))
        key = data.draw(st.sampled_from(keys))
        inner = part[key]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.booleans()):
            break
        part = inner
    if data.draw(st.booleans()) and isinstance(part, dict):
        part[str(junk)[:20]] = part.pop(key)
    else:
        part[key] = junk
    flow = read_or_refused(json.dumps(doc))
    if flow is not None:
        walked(flow, 7)
