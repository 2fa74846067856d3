"""Nothing is printed but through a place, and a place lets nothing hostile through."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jinja2 import UndefinedError, nodes

from dialplan_templates.places import PLACES, Refused, Written, comment
from dialplan_templates.writer import ENDING, HERE, Unwritten, environment

TEMPLATES = sorted(path.relative_to(HERE) for path in HERE.rglob(f"*{ENDING}"))
MEANT = "\n\r\0;,|&\"'`\\${}[]()<>%^"
"""What some reader of a PBX's files obeys."""
TAKES = {
    "name": ("dialplane-answered", "_x", "7"),
    "number": (0, 3600),
    "phone": ("+4930123456", "110"),
    "argument": ("dialplane/hello", "2026/11/27 9:00", "?", "a"),
    "packed": ("Jos=C3=A9", "", "a.b_c-d"),
    "seconds": (0, 5, 0.5, 3600),
    "decimal": (0, -3, 99.5, 0.000001),
    "expression": ("(0[1-9]|1[0-2])", "-?[0-9][0-9]?", "0*(7|[8-9])"),
    "setting": ("127.0.0.0/255.0.0.0", "a,b", "~"),
    "host": ("sip.carrier.example", "192.0.2.10", "2001:db8::10"),
    "user": ("4930123456", "+49.a_b-c"),
    "network": ("192.0.2.0/28", "10.0.0.0/255.0.0.0", "fd00::7"),
    "secret": ("aB3!x", "8kJ!2x#Qm*_~^w/=?@+z.-"),
    "path": ("/etc/asterisk/keys/pbx.pem",),
    "url": ("http://127.0.0.1:8470", "https://site.example/dialplane"),
    "value": ("Jos=C3=A9", "", "a.b_c-d"),
    "key": ("#", "*", "7"),
    "zone": ("Europe/Berlin", "UTC", "America/Argentina/Buenos_Aires", "Etc/GMT+5"),
    "comment": ("Fragebogen für Kunden",),
}
TURNS: dict[str, dict[Any, str]] = {
    "tally": {0: "", 3: "xxx"},
    "milliseconds": {0: "0", 0.5: "500", 3: "3000"},
}
"""Places that write something else than what they take."""


def written(text: str, **values: Any) -> str:
    return environment().from_string(text).render(values)


@pytest.mark.parametrize("path", TEMPLATES, ids=str)
def test_every_template_prints_through_places_alone(path: Path) -> None:
    tree = environment().parse((HERE / path).read_text("utf-8"))
    assert TEMPLATES
    for output in tree.find_all(nodes.Output):
        for printed in output.nodes:
            through = isinstance(printed, nodes.Filter) and printed.name in PLACES
            assert through or isinstance(printed, nodes.TemplateData), printed


@pytest.mark.parametrize(
    "text",
    ["{{ value }}", "{{ 'a' }}", "{{ value ~ '' }}", "{{ (value | name) ~ value }}", "{{ 5 }}",
     "{% macro m() %}{{ value | name }}{% endmacro %}{{ m() }}"],
)  # fmt: skip
def test_a_template_that_prints_a_raw_value_fails(text: str) -> None:
    with pytest.raises(Unwritten, match="not through a place"):
        written(text, value="hello")


def test_a_name_that_nobody_gave_fails() -> None:
    for text in ("{{ value }}", "{{ value | name }}", "{% if value %}{% endif %}"):
        with pytest.raises((UndefinedError, Refused)):
            written(text)


def test_there_are_no_filters_but_the_places_and_nothing_global() -> None:
    made = environment()
    assert set(made.filters) == set(PLACES) == {*TAKES, *TURNS}
    assert made.globals == {}


@pytest.mark.parametrize(("place", "value"), [(p, v) for p, vs in TAKES.items() for v in vs])
def test_a_place_takes_what_belongs_there(place: str, value: Any) -> None:
    printed = f"{value:.6f}".rstrip("0") if isinstance(value, float) else str(value)
    assert PLACES[place](value) == printed


@pytest.mark.parametrize(("place", "value"), [(p, v) for p, vs in TURNS.items() for v in vs])
def test_what_a_place_makes_of_a_number(place: str, value: Any) -> None:
    assert PLACES[place](value) == TURNS[place][value]


@settings(max_examples=1000)
@given(place=st.sampled_from(sorted(PLACES)), value=st.one_of(
    st.text(max_size=80),
    st.text(alphabet=st.sampled_from(MEANT + "ab1-_ .@"), max_size=30),
    st.sampled_from(["\n", "${SHELL(id)}", "a\nsame => n,System(id)", "--", ";--", "a" * 2000,
                     "x-pre-process", "http://a/X-PRE-PROCESS", "/a;b", "a b", "::%lo"]),
    st.integers(), st.none(), st.booleans(), st.floats(), st.binary(), st.lists(st.text()),
))  # fmt: skip
@example(place="expression", value="[[")
@example(place="expression", value="[0--9]")
@example(place="expression", value="[0||1]")
def test_what_comes_out_of_a_place_is_harmless_there(place: str, value: Any) -> None:
    try:
        out = PLACES[place](value)
    except Refused as refused:
        why = str(refused)
    else:
        why = ""
        is_harmless(place, value, out)
    assert why.isprintable()


def is_harmless(place: str, value: Any, out: Written) -> None:
    assert isinstance(out, Written)
    kept = "[]|" if place == "expression" else ""
    assert not set(out) & set("\n\r\0\x85\u2028;\"'`\\${}[]<>|&%") - set(kept)
    if place not in ("expression", "setting", "secret", "comment"):
        assert not set(out) & set(",()^")
    if place in ("host", "user", "network", "path", "url"):
        assert not set(out) & set(",()^ #!*=?~")
    if place != "comment":
        assert "x-pre-process" not in out.lower()
    if place in ("packed", "value", "seconds", "decimal", *TURNS):
        assert not set(out) & set("?:!*@# /")
    if place != "comment":
        assert out.isascii()
        assert out.strip() == out
    if place not in ("comment", "seconds", "decimal", *TURNS):
        assert out == str(value)
        assert out != "" or place in ("packed", "value")


def test_a_comment_cannot_begin_a_block() -> None:
    assert comment("a ;-- b\n--;\nsame => n,System(id)") == "a ??? b ??? same ?? n,System(id)"
    assert not re.search(r"--", comment("--"))
