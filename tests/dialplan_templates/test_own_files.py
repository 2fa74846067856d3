"""What a PBX has of ours besides flows, trunks and phones: as golden files, whatever is in it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialplan_templates.installer_freeswitch import freeswitch_installer_file
from dialplan_templates.render import asterisk_files, installer_file
from tests.dialplan_templates.pbx_readers import elements, params, sections, shape
from tests.dialplan_templates.test_trunks import HOSTILE

GOLDEN = Path(__file__).parent / "golden" / "own"
SECRET = "0123456789abcdef"
Render: TypeAlias = Callable[..., dict[str, str]]
RENDERS: dict[str, tuple[Render, dict[str, str]]] = {
    "asterisk": (asterisk_files, {"secret": SECRET, "user": "dialler", "permit": "10.1.2.3"}),
    "asterisk-installer": (
        installer_file, {"secret": SECRET, "user": "installer", "permit": "10.1.2.3"}
    ),
    "freeswitch-installer": (freeswitch_installer_file, {"secret": SECRET, "user": "installer"}),
}  # fmt: skip
PLACES = [(which, field) for which, (_, values) in RENDERS.items() for field in values]
CALLS = ("extensions.d/dialplane.conf", "confbridge.d/dialplane.conf")
"""Their values are numbers."""
Place: TypeAlias = tuple[str, str]


def rendered(which: str, **changed: str) -> dict[str, str]:
    render, values = RENDERS[which]
    return render(**(values | changed))


@pytest.mark.parametrize("which", RENDERS)
def test_each_file_is_as_its_golden_one(which: str) -> None:
    """Where a change is meant, put the new text there, and look at the difference."""
    folder = GOLDEN / which
    golden = {str(p.relative_to(folder)): p.read_text() for p in folder.rglob("*") if p.is_file()}
    assert rendered(which) == golden


def read(files: Mapping[str, str]) -> Any:
    """What is meant in files, but for the values; and the values."""
    users = {name: text for name, text in files.items() if name not in CALLS}
    if all(name.endswith(".xml") for name in users):
        trees = [elements(text) for text in users.values()]
        return [shape(tree) for tree in trees], [params(tree) for tree in trees]
    found = [section for text in users.values() for section in sections(text)]
    keys = [[key for key, _ in section.settings] for section in found]
    return keys, [dict(section.settings) | {"user": section.name} for section in found]


@settings(max_examples=300, deadline=None)
@given(place=st.sampled_from(PLACES), value=HOSTILE)
def test_a_hostile_value_is_refused_or_changes_nothing_but_itself(place: Place, value: str) -> None:
    changes_nothing_else(place, value)


def changes_nothing_else(place: Place, value: str) -> None:
    which, field = place
    try:
        files = rendered(which, **{field: value})
    except ValueError:  # `Refused` is one
        return
    meant, told = read(files)
    before, _ = read(rendered(which))
    assert meant == before or field == "permit"  # several addresses are several lines
    assert {name: files[name] for name in files if name in CALLS} == {
        name: text for name, text in rendered(which).items() if name in CALLS
    }
    if field == "secret":
        assert value in told[0].values()
