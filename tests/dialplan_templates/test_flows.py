"""Renderings of flows: as they were looked at, and never with a line more than their flow has."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from campaigns.flow.file import load_alone
from campaigns.flow.flow import Flow
from campaigns.flow.steps import KINDS, kind_of
from connectors.packed import pack, unpack
from dialplan_templates.flow_cases import CUSTOMER
from dialplan_templates.flow_steps import VIEWS
from dialplan_templates.flows import asterisk_flow_files, limits, path_of
from dialplan_templates.lines import lines_of
from dialplan_templates.writer import HERE
from tests.campaigns.flow.around import GOOD
from tests.dialplan_templates.extensions import Dialplan, parse, without_priorities
from tests.dialplan_templates.flow_files import RENDERED, flow
from tests.dialplan_templates.hostile import places_in, with_value
from tests.dialplan_templates.test_writer import MEANT

GOLDEN = Path(__file__).parent / "golden"
Shape: TypeAlias = tuple[list[list[int]], list[str], int]
VARIABLE = re.compile(r"\{[a-z][a-z0-9_]*\}")


def places_of(name: str, *words: str) -> Iterator[tuple[str, Any]]:
    """Where a value may be put without more lines being written: not where one of the language's
    `words` stands, nor at a prompt that holds variables, whose text and every mention of whose name
    decide who says it."""
    it = flow(name)
    speaks = {prompt for prompt in it.prompts if it.spoken(prompt)}
    for at, held in places_in(it):
        says = (at[:1] == ("prompts",) and at[1] in speaks) or held in speaks
        if not says and held not in words:
            yield name, at


PLACES = [place for name in RENDERED for place in places_of(name, CUSTOMER)]
TEXTS = st.one_of(
    st.text(min_size=1, max_size=60),
    st.text(alphabet=st.sampled_from(MEANT + "ab1-_ .@:?!=#/"), min_size=1, max_size=20),
    st.sampled_from([
        "a\nsame => n,System(id)", "${SHELL(id)}", "$[1 + 1]", "a),System(id", "a]", "a;", ";--",
        "a,1", "a&b", "a:b", "_X.", "../../etc/passwd", "h", "1)}?x:y", '"', "\\", "a" * 2000,
    ]),
).filter(lambda text: not VARIABLE.search(text))  # fmt: skip


def rendered(it: Flow) -> str:
    return asterisk_flow_files(it)[path_of(it.name)]


@pytest.mark.parametrize("name", RENDERED)
def test_a_flow_is_rendered_as_its_golden_file_has_it(name: str) -> None:
    """`dialplane dialplan render` writes them anew; look at what has changed."""
    golden = GOLDEN / f"dialplane-flow-{name}.conf"
    assert rendered(flow(name)) == golden.read_text()


def test_every_kind_of_step_is_in_a_golden_file_and_has_its_template() -> None:
    assert {kind_of(step) for name in RENDERED for _, step in flow(name).each()} == set(KINDS)
    assert set(VIEWS) == set(KINDS.values())
    assert all((HERE / "asterisk/flow" / f"{kind}.j2").exists() for kind in KINDS)


@pytest.mark.parametrize("name", RENDERED)
def test_a_rendering_has_the_steps_of_its_flow_and_nothing_else(name: str) -> None:
    it = flow(name)
    text = rendered(it)
    found = parse(text)
    assert text.startswith('; The flow "')
    assert found.odd == []
    assert lines_of(text) == without_priorities(found)
    assert set(found.contexts) == {f"dialplane-call-{name}", f"dialplane-flow-{name}"}
    assert set(found.contexts[f"dialplane-flow-{name}"]) == {"s", *it.steps, "T", "h"}
    for lines in found.extensions:
        labels = [line[1] for line in lines if line[1]]
        assert len(set(labels)) == len(labels)
        assert [line[0] for line in lines] == list(range(1, len(lines) + 1))
        assert {*_labels_used(lines)} <= set(labels) | {"T"}


def _labels_used(lines: list[tuple[int, str, str, str]]) -> list[str]:
    jumps = [line for line in lines if line[2] in ("GotoIf", "GotoIfTime")]
    ways = [line[3].rpartition("?")[2].split(":") for line in jumps]
    plain = [line[3] for line in lines if line[2] == "Goto" and "," not in line[3]]
    return [way.partition(",")[0] for both in ways for way in both if way] + plain


def test_no_application_of_a_rendering_runs_a_program_or_writes_what_it_is_not_told_to() -> None:
    used = {
        line[2]
        for name in RENDERED
        for ext in parse(rendered(flow(name))).extensions
        for line in ext
    }
    assert used == {
        "Dial", "ExecIf", "Gosub", "Goto", "GotoIf", "GotoIfTime", "Hangup", "MusicOnHold", "NoOp",
        "Playback", "Read", "Record", "Return", "Set", "UserEvent", "Wait", "WaitForSilence",
    }  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(place=st.sampled_from(PLACES), value=TEXTS)
@example(place=("quiz", ("variables", "first_name")), value="a\n same => n,System(id)")
@example(place=("opt-out", ("steps", "stop", None)), value="h")
@example(place=("desk", ("targets", "desk")), value="1@evil&Local/x")
def test_a_hostile_value_adds_nothing_to_a_rendering(place: tuple[str, Any], value: str) -> None:
    """A hundred thousand of them: `test_hostile_in_numbers`."""
    adds_nothing(place, value)


def adds_nothing(place: tuple[str, Any], value: str) -> None:
    """A value at that place of that flow is refused, or written where it belongs."""
    name, at = place
    try:
        text = rendered(with_value(flow(name), at, value))
    except (ValueError, TypeError, LookupError, AttributeError):
        return  # refused: nothing is written
    got = parse(text)
    assert got.odd == []
    lines, applications, expressions = shape_of(name)
    assert shape(got)[:2] == (lines, applications)
    assert got.expressions <= expressions  # where a variable stood


def shape(it: Dialplan) -> Shape:
    """How many extensions each context has and lines each extension, and what these do."""
    lines = [[len(rows) for rows in context.values()] for context in it.contexts.values()]
    back = ["Goto" if used == "Return" else used for used in it.applications]
    return lines, back, it.expressions


@cache
def shape_of(name: str) -> Shape:
    return shape(parse(rendered(flow(name))))


@given(st.text(max_size=40), st.text(max_size=40))
def test_packed_texts_are_harmless_and_become_the_text_again(one: str, two: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9._=-]*", pack(one))
    assert unpack(pack(one)) == one
    assert pack(one) + pack(two) == pack(one + two)


@pytest.mark.parametrize("text", ["=", "=1", "=ZZ", "a b", "=FF", "\n"])
def test_what_is_no_packed_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"packed|decode"):
        unpack(text)


@pytest.mark.parametrize("name", RENDERED)
def test_no_flow_has_to_do_without_a_rendering(name: str) -> None:
    assert list(limits(flow(name))) == []


def test_only_texts_with_variables_are_asked_for() -> None:
    asked = re.findall(r"Gosub\(s,say\(([\w-]+),([\w ]+),\1\)\)", rendered(flow("appointment")))
    assert sorted(asked) == [
        ("message", "when"), ("moved", "offer"), ("offer", "offer"), ("remind", "first_name when"),
    ]  # fmt: skip
    assert "What: say" not in rendered(flow("opt-out"))


BYE = "  bye: {hangup: done}"
CASE = '  x: {{branch: [{{if: "{{due}}", {}, next: bye}}], else: bye}}\n  bye: {{hangup: done}}'
GIVEN = '  x: {{flow: y, with: {{a: "{}"}}, next: bye}}\n  bye: {{hangup: done}}'


@pytest.mark.parametrize(
    ("old", "new", "at"),
    [
        (BYE, "  by-e: {hangup: a}\n  bye: {hangup: done}", ("steps", "bye")),
        (BYE, "  bye: {hangup: done}\n  h-: {hangup: a}", ("steps", "h-")),
        ('due: "0"', f'due: "{"ü" * 151}"', ("variables", "due")),
        ('due: "0"', 'due: "an X-PRE-PROCESS"', ("variables", "due")),
        (BYE, CASE.format(f'is: "{"ü" * 151}"'), ("steps", "x", "branch", 0, "is")),
        (BYE, CASE.format(f'in: [a, "{"🙂" * 76}"]'), ("steps", "x", "branch", 0, "in", 1)),
        (BYE, GIVEN.format("🙂" * 76), ("steps", "x", "with", "a")),
    ],
)
def test_so_is_what_asterisk_cannot_hold(old: str, new: str, at: Any) -> None:
    source = GOOD.replace(old, new)
    assert [finding.loc for finding in limits(load_alone(source, "f.yaml"))] == [at]


@pytest.mark.parametrize(("count", "found"), [(20, 0), (21, 1)])
def test_a_text_has_no_more_variables_than_are_told_in_a_line(count: int, found: int) -> None:
    names = [f"v{n}" for n in range(count)]
    said = " ".join(f"{{{name}}}" for name in (*names, *names))
    held = ", ".join(f"{name}: x" for name in names)
    source = GOOD.replace("variables: {", f"variables: {{{held}, ").replace(
        "thanks: {say: Thank you.}", f'thanks: {{say: "{said}"}}'
    )
    it = load_alone(source, "f.yaml")
    assert len(it.spoken("thanks")) == 2 * count
    told = [(finding.loc, finding.message) for finding in limits(it)]
    assert len(told) == found
    assert all(
        told == (("prompts", "thanks", "say"), "expected a text with at most 20 variables (got 21)")
        for told in told
    )
