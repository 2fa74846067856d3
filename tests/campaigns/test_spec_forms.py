"""Every kind of file that people write: no document is anything but read, or refused in words."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from campaigns.flow.file import load as load_flow
from campaigns.spec.errors import SpecError
from campaigns.spec.file import load as load_campaign
from dialplan_templates.pbx_file.file import load as load_pbx
from tests.campaigns.flow.around import EXAMPLES
from tests.campaigns.flow.around import GOOD as SMALL
from tests.campaigns.test_spec_file import GOOD
from tests.dialplan_templates.pbx_example import BOTH

Load = Callable[[str], object]
_READER = YAML(typ="safe", pure=True)
DOCS: list[tuple[Load, dict[str, Any]]] = [
    (load_campaign, _READER.load(GOOD)),
    (load_pbx, _READER.load(BOTH)),
    (load_flow, _READER.load(SMALL.replace("+12125550100", "'+12125550100'"))),
    *((load_flow, _READER.load(path.read_text())) for path in sorted(EXAMPLES.glob("*.yaml"))),
]
BLANK = ["", " ", "   ", "\u00a0", "\u2028", "\ufeff", "\u3000"]
JUNK: list[Any] = [
    *(*BLANK, None, True, 0, -1, 10**30, 1.5, [], {}, [[]], [""], [None], {"": ""}, {"a": {}}),
    *("{", "{}", "{ }", "{x}", "x" * 5000, "é" * 300, "Mars/City", "24:61", "99999d", "+4930"),
]
PLACES = st.integers(0, len(DOCS) - 1).flatmap(
    lambda which: st.tuples(st.just(which), st.sampled_from(list(_paths(DOCS[which][1]))))
)


def _paths(part: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = part.items() if isinstance(part, dict) else enumerate(part)
    for key, value in inner:
        yield (*above, key)
        if isinstance(value, dict | list):
            yield from _paths(value, (*above, key))


def _with(doc: dict[str, Any], path: tuple[Any, ...], value: Any, rename: bool) -> dict[str, Any]:
    made = deepcopy(doc)
    part: Any = made
    for key in path[:-1]:
        part = part[key]
    if rename and isinstance(part, dict):
        part[str(value)] = part.pop(path[-1])
    else:
        part[path[-1]] = value
    return made


def _told(load: Load, source: str) -> list[str] | None:
    """What is wrong with a document; None where nothing is."""
    try:
        load(source)
    except SpecError as refused:
        return [problem.message for problem in refused.problems]
    return None


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(place=PLACES, value=st.sampled_from(JUNK), rename=st.booleans())
@example(place=(2, ("prompts", "thanks", "say")), value="   ", rename=False)
@example(place=(2, ("prompts", "thanks", "say")), value="\u00a0", rename=False)
def test_no_document_is_anything_but_read_or_refused_in_words(
    place: tuple[int, tuple[Any, ...]], value: Any, rename: bool
) -> None:
    which, path = place
    load, doc = DOCS[which]
    told = _told(load, json.dumps(_with(doc, path, value, rename)))
    assert told is None or told
    assert all(message.startswith(("expected", "unknown")) for message in told or ()), told


@pytest.mark.parametrize("text", BLANK)
def test_a_prompt_that_says_nothing_is_told_as_a_text(text: str) -> None:
    source = _with(DOCS[2][1], ("prompts", "thanks", "say"), text, rename=False)
    with pytest.raises(SpecError) as refused:
        load_flow(json.dumps(source), "f.yaml")
    [problem] = refused.value.problems
    assert problem.path == "prompts.thanks.say"
    assert "entr" not in problem.message


def test_a_text_that_is_too_long_is_counted_in_characters() -> None:
    source = _with(DOCS[2][1], ("variables", "due"), "x" * 300, rename=False)
    with pytest.raises(SpecError, match=r"variables\.due: expected at most 200 characters"):
        load_flow(json.dumps(source), "f.yaml")
