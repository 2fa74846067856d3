"""Renderings of flows for FreeSWITCH: as they were looked at, and never with a part more."""

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from campaigns.flow.branch import OpenHours
from campaigns.flow.reading import RETURN
from campaigns.flow.steps import KINDS
from campaigns.windows import is_open
from dialplan_templates.flow_cases import CUSTOMER
from dialplan_templates.flow_clock import clock_of
from dialplan_templates.freeswitch_flows import freeswitch_flow_files, limits, path_of
from dialplan_templates.writer import HERE
from tests.dialplan_templates.flow_files import RENDERED, flow
from tests.dialplan_templates.hostile import with_value
from tests.dialplan_templates.test_flows import TEXTS, VARIABLE, places_of
from tests.dialplan_templates.xml_dialplan import Shape, extensions, read, shape

GOLDEN = Path(__file__).parent / "golden"
ODD = [*"<>&\"',|;\\] ", "${x}", "$1", "--", "]]>"]
PLACES = [place for name in RENDERED for place in places_of(name, CUSTOMER, RETURN)]
HOSTILE = st.one_of(
    TEXTS, st.text(min_size=1, max_size=12), st.builds("a{}b".format, st.sampled_from(ODD))
).filter(lambda text: not VARIABLE.search(text))
"""A text that becomes one with variables is asked for, which takes more parts."""


def rendered(name: str) -> str:
    return freeswitch_flow_files(flow(name))[path_of(name)]


@pytest.mark.parametrize("name", RENDERED)
def test_a_flow_is_rendered_as_its_golden_file_has_it(name: str) -> None:
    """`dialplane dialplan render` writes them anew; look at what has changed."""
    assert rendered(name) == (GOLDEN / f"dialplane-flow-{name}.xml").read_text()


def test_every_kind_of_step_has_its_template() -> None:
    assert all((HERE / "freeswitch/flow" / f"{kind}.j2").exists() for kind in KINDS)


@pytest.mark.parametrize("name", RENDERED)
def test_a_rendering_has_the_steps_of_its_flow_and_nothing_else(name: str) -> None:
    text = rendered(name)
    assert text.startswith("<!-- A flow as Dialplane has rendered it.")
    [context] = extensions(text).items()
    ours = [":most", ":step", ":look", *([":say"] if "What=say" in text else [])]
    begins = [":call", ":begin", ":over"]
    assert context == (f"dialplane-flow-{name}", [*ours, *begins, *flow(name).steps])


@pytest.mark.parametrize("name", RENDERED)
def test_every_way_leads_to_an_extension_that_is_there(name: str) -> None:
    text = rendered(name)
    steps = [*extensions(text)[f"dialplane-flow-{name}"], ":hear"]
    to = [
        part.attrib["data"].split(" ")
        for part in read(text).iter("action")
        if part.attrib["application"] == "transfer"
    ]
    assert all(
        words[0].startswith("${") or words[0] in steps or words[0].partition(":")[0] in steps
        for words in to
    )
    assert all(words[1:2] in ([], ["XML"]) for words in to)


def test_no_application_of_a_rendering_runs_a_program_or_an_api_that_changes_anything() -> None:
    parts = [part for name in RENDERED for part in read(rendered(name)).iter()]
    assert {part.attrib["application"] for part in parts if "application" in part.attrib} == {
        "bridge", "event", "flush_dtmf", "hangup", "playback", "read", "record", "set", "sleep",
        "transfer", "unset", "wait_for_silence",
    }  # fmt: skip
    texts = [value for part in parts for value in part.attrib.values()]
    called = {name for text in texts for name in re.findall(r"\$\{([a-z_]+)\(", text)}
    assert called == {"cond", "create_uuid", "strepoch", "strftime_tz", "strmicroepoch"}


@settings(max_examples=300, deadline=None)
@given(place=st.sampled_from(PLACES), value=HOSTILE)
@example(place=("quiz", ("variables", "first_name")), value='"/><action application="system')
@example(place=("desk", ("targets", "desk")), value="1${x}")
@example(place=("quiz", ("steps", "main", "digits", "1", None)), value="1|main:heard 1")
def test_a_hostile_value_adds_nothing_to_a_rendering(place: tuple[str, Any], value: str) -> None:
    """Many more of them: `test_hostile_in_numbers`."""
    adds_nothing(place, value)


def adds_nothing(place: tuple[str, Any], value: str) -> None:
    """A value at that place of that flow is refused, or written where it belongs."""
    name, at = place
    try:
        made = with_value(flow(name), at, value)
        text = freeswitch_flow_files(made)[path_of(made.name)]
    except (ValueError, TypeError, LookupError, AttributeError):
        return  # refused: nothing is written
    got, was = shape(text), shape_of(name)
    assert got.parts == was.parts
    assert got.applications == was.applications
    assert got.dollars <= was.dollars  # where a variable stood


@cache
def shape_of(name: str) -> Shape:
    return shape(rendered(name))


HOURS: list[list[dict[str, Any]]] = [
    [{"from": "09:00", "to": "17:00"}],
    [{"days": ["sun"], "from": "00:00", "to": "00:01"}],
    [{"days": ["mon", "sat"], "from": "23:59", "to": "24:00"}, {"from": "12:30", "to": "13:00"}],
    [
        {"days": ["tue"], "from": "00:00", "to": "24:00"},
        {"days": ["wed"], "from": "10:01", "to": "20:00"},
    ],
]


@pytest.mark.parametrize("hours", HOURS)
def test_a_clock_is_open_in_the_minutes_in_which_its_hours_are(hours: Any) -> None:
    opening = OpenHours.model_validate({"timezone": "UTC", "hours": hours})
    expression = re.compile(clock_of(opening.hours))
    week = [datetime(2026, 11, 22, tzinfo=UTC) + timedelta(minutes=n) for n in range(7 * 1440)]
    told = [bool(expression.fullmatch(f"{at:%w1%H%M}")) for at in week]
    assert told == [is_open(opening, (), at) for at in week]
    assert any(told)


def test_a_branch_goes_on_where_it_is_closed_by_the_customers_clock() -> None:
    text = rendered("desk")
    assert 'expression="^(?:here|here:not1) ."' in text
    assert 'expression="^(?:here|here:not1|here:not2)$"' in text


@pytest.mark.parametrize("name", RENDERED)
def test_no_flow_has_to_do_without_a_rendering(name: str) -> None:
    assert list(limits(flow(name))) == []


def test_sounds_that_no_freeswitch_plays_are_refused() -> None:
    made = with_value(flow("quiz"), ("prompts", "sorry", "file"), "prompts/sorry.gsm")
    assert [found.loc for found in limits(made)] == [("prompts", "sorry", "file")]
    with pytest.raises(ValueError, match="for FreeSWITCH"):
        freeswitch_flow_files(made)
