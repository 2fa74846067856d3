"""Hostile names of sounds, and hostile texts around variables: neither adds anything to a flow."""

from collections.abc import Callable
from typing import TypeAlias

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from campaigns.flow.flow import Flow
from dialplan_templates import flows, freeswitch_flows
from dialplan_templates.flows import Names
from tests.dialplan_templates import xml_dialplan
from tests.dialplan_templates.extensions import parse
from tests.dialplan_templates.flow_files import RENDERED, flow
from tests.dialplan_templates.hostile import with_value
from tests.dialplan_templates.test_flows import shape
from tests.dialplan_templates.test_freeswitch_flows import HOSTILE

Shown: TypeAlias = tuple[object, ...]
Shape: TypeAlias = Callable[[Flow, Names | None], Shown]
PROMPTS = [(name, prompt) for name in RENDERED for prompt in flow(name).prompts]
SPOKEN = [(name, prompt) for name, prompt in PROMPTS if flow(name).spoken(prompt)]


def on_asterisk(it: Flow, names: Names | None) -> Shown:
    found = parse(flows.asterisk_flow_files(it, names=names)[flows.path_of(it.name)])
    assert found.odd == []
    return shape(found)


def on_freeswitch(it: Flow, names: Names | None) -> Shown:
    files = freeswitch_flows.freeswitch_flow_files(it, names=names)
    got = xml_dialplan.shape(files[freeswitch_flows.path_of(it.name)])
    return got.parts, got.applications, got.dollars


SHAPES: list[Shape] = [on_asterisk, on_freeswitch]


@pytest.mark.parametrize("shown", SHAPES)
@settings(max_examples=80, deadline=None)
@given(at=st.sampled_from(PROMPTS), name=HOSTILE)
@example(at=PROMPTS[0], name="a)\n same => n,System(id")
@example(at=PROMPTS[0], name='"/><action application="system" data="id')
@example(at=PROMPTS[0], name="../../../etc/passwd")
def test_a_name_of_a_sound_is_refused_or_is_a_name(
    shown: Shape, at: tuple[str, str], name: str
) -> None:
    it = flow(at[0])
    try:
        got = shown(it, {at[0]: {at[1]: name}})
    except ValueError:  # `Refused` is one
        return
    assert "/" not in name
    assert got == shown(it, None)


@pytest.mark.parametrize("shown", SHAPES)
@settings(max_examples=80, deadline=None)
@given(at=st.sampled_from(SPOKEN), text=HOSTILE)
@example(at=SPOKEN[0], text="a)\n same => n,System(id")
@example(at=SPOKEN[0], text='"/><action application="system" data="id')
def test_a_text_around_variables_is_refused_or_said(
    shown: Shape, at: tuple[str, str], text: str
) -> None:
    it = flow(at[0])
    place = ("prompts", at[1], "say")
    said = it.prompts[at[1]].model_dump()["say"]
    try:
        got = shown(with_value(it, place, f"{text.replace('{', '(')} {said}"), None)
    except ValueError:
        return
    assert got == shown(it, None)
