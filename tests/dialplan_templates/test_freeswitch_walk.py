"""Calls through renderings for FreeSWITCH come to what the walk says, on a switch that we play."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.flow.flow import Flow
from campaigns.flow.scene import Call, first_values
from campaigns.flow.trying import Script
from connectors.calls import Event, Party
from connectors.flows import EnterFlow
from dialplan_templates.freeswitch_flows import freeswitch_flow_files
from tests.campaigns.flow.test_random import SETTINGS, flows
from tests.connectors.freeswitch.stage import CALL
from tests.dialplan_templates.flow_files import OURS, flow
from tests.dialplan_templates.switch import Person, Switch
from tests.dialplan_templates.test_flow_on_asterisk import callers, expected
from tests.dialplan_templates.told import Told, walked
from tests.dialplan_templates.told_events import take

NOW = datetime(2026, 11, 27, 15, 0, tzinfo=UTC)
PRESSED = st.text(alphabet="0123456789*#", max_size=4)


def called(name: str, call: Call, person: Person, at: Iterable[Flow], now: datetime) -> Told:
    """What the connector tells of a call."""
    held = {each.name: each for each in at}
    files = freeswitch_flow_files(held[name], [each for each in held.values() if each.name != name])
    texts = first_values(call.fields, call.fields)
    into = (texts, tuple(sorted(call.tags)), tuple(call.zones), call.party)
    events = Switch(files, person, now).run(EnterFlow(CALL, name, "trunk", *into))
    return _told(events, held, person)


def _told(events: Iterable[Event], held: Mapping[str, Flow], person: Person) -> Told:
    told, asks = Told(), ("", "")
    for event in events:
        take(told, event, held)
        if type(event).__name__ == "FlowWantsAgent":
            left = told.trail[-1] if told.trail else None
            asks = _agents(held, left)
    if person.agent and not told.ended:
        told.trail.append((*asks, "agent", "agent", ""))
        told.ended = "agent"
    return told


def _agents(held: Mapping[str, Flow], left: Any) -> tuple[str, str]:
    """The step that wants an agent: where the one before has led, or the first."""
    it = next(iter(held.values())) if left is None else held[left[0]]
    if left is None:
        return it.name, it.start
    ways = {way.name: way.to for way in it.steps[left[1]].ways()}
    return it.name, ways[left[3]]


CALLERS = [caller for caller in callers() if not caller.early]
"""Keys during a prompt are heard on a real one."""


@pytest.mark.parametrize("nth", range(len(CALLERS)))
def test_the_callers_of_the_real_ones_come_to_the_same(nth: int) -> None:
    caller = CALLERS[nth]
    entries: list[str | None] = [*caller.entries]
    person = Person(entries, caller.agent, caller.answer, caller.webhook)
    now = datetime.now(UTC)
    got = called(caller.flow, caller.call, person, map(flow, OURS), now)
    assert got == expected(replace(caller, entries=[*caller.entries]))


@SETTINGS
@given(
    flows(),
    st.lists(PRESSED, max_size=8),
    st.builds(
        Call,
        party=st.sampled_from(Party),
        fields=st.dictionaries(st.just("v"), st.sampled_from(["", "3", "2.99", "a b", "-1"])),
        tags=st.sampled_from([frozenset(), frozenset({"t"}), frozenset({"tt", "a-t"})]),
    ),
    st.booleans(),
    st.booleans(),
    st.sampled_from([None, {"v": "1"}, {"v": "7"}]),
)
def test_any_flow_goes_as_the_walk_says(
    source: dict[str, Any],
    pressed: list[str],
    call: Call,
    agent: bool,
    answer: bool,
    webhook: dict[str, str] | None,
) -> None:
    it = Flow.model_validate(source)
    entries: list[str | None] = [*pressed]
    person = Person(entries, agent, answer, webhook)
    got = called(it.name, call, person, [it], NOW)
    script = Script(
        _each(pressed),
        agents=agent,
        answer=answer,
        webhooks={"w": None if webhook is None else {"x": webhook["v"]}},
    )
    assert got == walked(it, [], call, script, NOW)


def _each(pressed: list[str]) -> Any:
    left = [*pressed]
    return lambda: left.pop(0) if left else ""


@pytest.mark.parametrize("minutes", range(0, 7 * 1440, 397))
@pytest.mark.parametrize("zones", [(), ("Asia/Tokyo",), ("Asia/Tokyo", "America/New_York")])
def test_hours_by_the_customers_clock_are_the_walks(zones: tuple[str, ...], minutes: int) -> None:
    at = NOW + timedelta(minutes=minutes)
    call = Call(party=Party.HUMAN, zones=zones)
    got = called("desk", call, Person(["8"]), [flow("desk")], at)
    pressed = ["8"]
    assert got == walked(flow("desk"), [], call, Script(_each(pressed)), at)
