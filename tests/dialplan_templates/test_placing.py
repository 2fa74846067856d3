"""Files come into a PBX's folder in one step each, and nobody's work is lost."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplan_templates.changes import Kind
from dialplan_templates.placing import carry_out, plan
from dialplan_templates.stamp import Stamp, stamp_of, stamped

OWNED = ("a/ours-*.xml", "b.conf")


def put(root: Path, files: dict[str, str]) -> dict[str, Kind]:
    planned = plan(root, files, OWNED)
    assert not planned.by_hand
    assert carry_out(planned) == []
    return {change.name: change.kind for change in planned.changes}


@given(st.text())
def test_a_stamp_knows_what_was_written(text: str) -> None:
    for path in ("b.conf", "a/b.xml"):
        assert stamp_of(stamped(path, text)) is Stamp.WHOLE
        assert stamp_of(stamped(path, text) + " ") is Stamp.BROKEN
    assert stamp_of(text) is Stamp.NONE


def test_files_are_made_changed_and_taken_away(tmp_path: Path) -> None:
    assert put(tmp_path, {"a/ours-1.xml": "1", "b.conf": "b"}) == {
        "a/ours-1.xml": Kind.NEW, "b.conf": Kind.NEW,
    }  # fmt: skip
    assert put(tmp_path, {"a/ours-2.xml": "2", "b.conf": "c"}) == {
        "a/ours-1.xml": Kind.REMOVED, "a/ours-2.xml": Kind.NEW, "b.conf": Kind.CHANGED,
    }  # fmt: skip
    assert set(put(tmp_path, {"a/ours-2.xml": "2", "b.conf": "c"}).values()) == {Kind.SAME}
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["ours-2.xml"]


def test_they_are_for_their_owner_and_for_the_group_that_was_let_in(tmp_path: Path) -> None:
    put(tmp_path, {"b.conf": "b"})
    path = tmp_path / "b.conf"
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o646)
    put(tmp_path, {"b.conf": "c"})
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("there", ["mine", stamped("b.conf", "b") + "; and a line\n"])
def test_what_was_changed_by_hand_is_told_and_kept(tmp_path: Path, there: str) -> None:
    (tmp_path / "b.conf").write_text(there)
    planned = plan(tmp_path, {"b.conf": "new"}, OWNED)
    assert planned.by_hand == ["b.conf"]
    assert carry_out(planned) == [tmp_path / "b.conf.kept-1"]
    assert (tmp_path / "b.conf.kept-1").read_text() == there
    assert stamp_of((tmp_path / "b.conf").read_text()) is Stamp.WHOLE
    (tmp_path / "b.conf").write_text("again")
    assert carry_out(plan(tmp_path, {"b.conf": "new"}, OWNED)) == [tmp_path / "b.conf.kept-2"]


def test_a_file_of_somebody_else_is_not_taken_away(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/ours-mine.xml").write_text("mine")
    assert put(tmp_path, {}) == {}
    (tmp_path / "a/ours-mine.xml").write_text(stamped("x.xml", "a") + "b")
    assert plan(tmp_path, {}, OWNED).by_hand == ["a/ours-mine.xml"]
