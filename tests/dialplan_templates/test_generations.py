"""Generations of files: whole, one of them current, and what was changed by hand is seen."""

import json
import os
from pathlib import Path

import pytest

from dialplan_templates.changes import Change, Kind, changes
from dialplan_templates.generations import KEPT, MANIFEST, Broken, Busy, Folder, Generation

ONE, TWO = {"a.conf": "a\n", "b.conf": "b\n"}, {"a.conf": "A\n"}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def current(folder: Folder) -> Generation:
    found = folder.current()
    assert found is not None
    return found


def test_a_generation_is_read_once_it_is_pointed_to(folder: Folder) -> None:
    assert folder.current() is None
    number = folder.write(ONE)
    assert folder.current() is None
    folder.point(number)
    found = current(folder)
    assert (found.number, found.files, found.by_hand) == (1, ONE, ())


def test_what_an_earlier_version_has_written_was_not_changed_by_hand(folder: Folder) -> None:
    folder.point(folder.write(ONE))
    manifest = folder.path(1) / MANIFEST
    manifest.write_text(json.dumps(json.loads(manifest.read_text())["files"]))
    assert (current(folder).by_hand, current(folder).before) == ((), 0)
    (folder.path(1) / "a.conf").write_text("mine\n")
    assert current(folder).by_hand == ("a.conf",)
    for nonsense in ("[]", "3", '{"files": 3, "before": 0}', "{"):
        manifest.write_text(nonsense)
        assert current(folder).by_hand == ("a.conf", "b.conf")


def test_an_entrance_takes_the_place_of_what_a_killed_command_left(folder: Folder) -> None:
    left = folder.root / f".flows.conf-{os.getpid()}"
    left.write_text("half")
    folder.entrance("flows.conf", "whole\n")
    assert (folder.root / "flows.conf").read_text() == "whole\n"
    assert not left.exists()


def test_going_back_finds_the_files_of_before(folder: Folder) -> None:
    folder.point(folder.write(ONE))
    assert folder.before(current(folder)) is None
    folder.point(folder.write(TWO))
    before = folder.before(current(folder))
    assert before is not None
    folder.point(before.number)
    assert current(folder).files == ONE
    folder.point(None)
    assert folder.current() is None


def test_what_was_gone_back_from_or_never_taken_is_not_what_was_before(folder: Folder) -> None:
    first = folder.write(ONE)
    folder.point(first)
    folder.point(folder.write(TWO))
    folder.point(first)
    folder.write({"never.conf": "taken"})
    folder.point(folder.write({"c.conf": "c\n"}))
    before = folder.before(current(folder))
    assert before is not None
    assert before.number == first


def test_what_was_before_stays_however_many_came_between(folder: Folder) -> None:
    folder.point(folder.write(ONE))
    for nth in range(KEPT + 5):
        folder.write({"refused.conf": f"{nth}\n"})
    folder.point(folder.write(TWO))
    folder.prune()
    before = folder.before(current(folder))
    assert before is not None
    assert before.files == ONE


@pytest.mark.parametrize("to", ["generations/0099", "elsewhere", None])
def test_a_link_that_is_none_of_ours_is_told(folder: Folder, to: str | None) -> None:
    folder.point(folder.write(ONE))
    link = folder.home / "current"
    link.unlink()
    if to is None:
        link.mkdir()
    else:
        link.symlink_to(to)
    with pytest.raises(Broken, match=r"current is no link to one of .*generations; move it away"):
        folder.current()


@pytest.mark.parametrize(
    ("hand", "seen"),
    [
        (lambda at: (at / "a.conf").write_text("mine\n"), ("a.conf",)),
        (lambda at: (at / "b.conf").unlink(), ("b.conf",)),
        (lambda at: (at / "c.conf").write_text("c\n"), ("c.conf",)),
        (lambda at: (at / "manifest.json").write_text("[1]"), ("a.conf", "b.conf")),
        (lambda at: (at / "manifest.json").write_bytes(b"\xff{"), ("a.conf", "b.conf")),
    ],
)
def test_what_was_changed_by_hand_is_seen(
    folder: Folder, hand: "object", seen: tuple[str, ...]
) -> None:
    folder.point(folder.write(ONE))
    assert callable(hand)
    hand(folder.home / "current")
    assert current(folder).by_hand == seen


def test_old_generations_go_but_not_those_that_somebody_has_changed(folder: Folder) -> None:
    for nth in range(KEPT + 5):
        folder.point(folder.write({"a.conf": f"{nth}\n"}))
    (folder.home / "generations/0002/a.conf").write_text("mine\n")
    (folder.home / "generations/.new-left").mkdir()
    folder.prune()
    left = sorted(path.name for path in (folder.home / "generations").iterdir())
    assert left == ["0002", *(f"{nth:04d}" for nth in range(6, KEPT + 6))]


def test_two_commands_do_not_change_it_at_once(folder: Folder) -> None:
    with folder.alone(), pytest.raises(Busy, match="another command is changing it"):  # noqa: SIM117
        with folder.alone():
            pass
    with folder.alone():
        assert folder.write(ONE) == 1


def test_files_are_for_their_owner_and_the_group_of_the_folder(folder: Folder) -> None:
    folder.point(folder.write(ONE))
    made = folder.home / "current"
    assert (made / "a.conf").stat().st_mode & 0o777 == 0o640
    assert made.stat().st_mode & 0o777 == 0o750
    assert (made / "a.conf").stat().st_gid == folder.root.stat().st_gid


def test_changes_are_told_as_a_diff() -> None:
    told = changes({"a": "1\n2\n", "b": "b\n", "d": "d\n"}, {"a": "1\n3\n", "b": "b\n", "c": "c\n"})
    assert [(c.name, c.kind) for c in told] == [
        ("a", Kind.CHANGED),
        ("b", Kind.SAME),
        ("c", Kind.NEW),
        ("d", Kind.REMOVED),
    ]
    assert told[0].lines == ("--- a (installed)", "+++ a (rendered)", "@@ -1,2 +1,2 @@", " 1",
                             "-2", "+3")  # fmt: skip


def test_a_file_that_somebody_has_removed_is_among_the_changes() -> None:
    assert changes({}, {}, ["a"]) == [Change("a", Kind.SAME, (), by_hand=True)]
