"""What `dialplan install` and `remove` take away of their own, and what they never touch."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.installed_sounds import KNOWN
from cli.sound_list import LIST
from dialplan_templates.generations import Folder
from tests.cli.esl_folder import Switch
from tests.cli.test_dialplan_sounds import FLOW, record, sound, spoken

OTHER = FLOW.replace("name: keys", "name: other")
HALF = ".{}.0123456789ab.new"


@pytest.fixture
def switch(tmp_path: Path) -> Iterator[Switch]:
    (tmp_path / "etc/dialplan").mkdir(parents=True)
    (tmp_path / "etc/sounds").mkdir()
    with Switch(tmp_path / "etc") as made:
        yield made
        made.shutdown()


@pytest.fixture
def sounds(switch: Switch) -> Path:
    return switch.folder / "sounds/dialplane"


@pytest.fixture
def flows(tmp_path: Path) -> Path:
    """A folder with the flows `keys` and `other`."""
    record(tmp_path / "keys.yaml", 0)
    (tmp_path / "bye.wav").write_bytes(spoken(9))
    (tmp_path / "keys.yaml").write_text(FLOW)
    (tmp_path / "other.yaml").write_text(OTHER)
    return tmp_path


@pytest.fixture
def dialplan(run: Any, switch: Switch) -> Any:
    where = ("--pbx", "freeswitch", "--into", switch.folder, "--as", switch.url)

    def told(what: str, *more: Any) -> list[str]:
        """What it says that it has removed, as paths below the flows' folders."""
        ran = run("dialplan", what, *more, *where, "--json")
        assert (ran.code, ran.err) == (0, "")
        removed = [Path(path) for path in json.loads(ran.out)["removed"]]
        assert not any(path.exists() for path in removed)
        return [f"{path.parent.name}/{path.name}" for path in removed]

    return told


def listed(folder: Path, files: dict[str, bytes]) -> None:
    """Sounds that a list beside them calls ours."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    told = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    (folder / LIST).write_text(json.dumps(told))


def test_sounds_of_before_the_hashes_go_once_nothing_plays_them(
    dialplan: Any, flows: Path, switch: Switch, sounds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dialplan_templates.generations.KEPT", 1)
    listed(sounds / "keys", {"ask.wav": sound(1), "bye.wav": sound(2)})
    (sounds / "keys/own.wav").write_bytes(b"somebody's")
    folder = Folder(switch.folder)
    plays = '<a data="${sounds_dir}/dialplane/keys/ask.wav"/>'
    old = f'<context name="dialplane-flow-keys">{plays}</context>'
    with folder.alone():
        folder.point(folder.write({"dialplane-flow-keys.xml": old}))
    assert dialplan("install", flows / "keys.yaml") == ["keys/bye.wav"]
    assert (sounds / "keys/ask.wav").read_bytes() == sound(1)  # one may go back to what plays it
    record(flows / "keys.yaml", 5)
    assert dialplan("install", flows / "keys.yaml") == ["keys/ask.wav"]
    assert (sounds / "keys/own.wav").read_bytes() == b"somebody's"


def test_one_of_before_the_hashes_that_somebody_has_changed_is_played_and_stays(
    dialplan: Any, flows: Path, sounds: Path
) -> None:
    listed(sounds / "keys", {"ask.wav": sound(1), "bye.wav": sound(2)})
    (sounds / "keys/ask.wav").write_bytes(sound(7))
    assert dialplan("install", flows / "keys.yaml") == ["keys/bye.wav"]
    assert (sounds / "keys/ask.wav").read_bytes() == sound(7)


def test_the_sounds_of_a_flow_go_with_its_last_generation(
    dialplan: Any, flows: Path, sounds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dialplan_templates.generations.KEPT", 1)
    assert dialplan("install", flows / "other.yaml") == []
    assert dialplan("install", flows / "keys.yaml") == []
    assert dialplan("remove", "keys") == []  # one may go back
    record(flows / "other.yaml", 3)
    gone = dialplan("install", flows / "other.yaml")
    assert [name.rpartition("-")[0] for name in gone] == ["keys/ask", "keys/bye"]
    assert not (sounds / "keys").exists()
    assert len(list((sounds / "other").glob("*.wav"))) == 3


def test_remove_finds_what_a_killed_command_has_left_of_a_flow_without_a_generation(
    dialplan: Any, flows: Path, switch: Switch, sounds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dialplan_templates.generations.KEPT", 1)
    dialplan("install", flows / "keys.yaml")
    dialplan("install", flows / "other.yaml")
    (sounds / "keys/notes.txt").write_text("mine")
    folder = Folder(switch.folder)
    has = (folder.current() or pytest.fail("there is one")).files
    with folder.alone():  # all but the end of two further installations
        for _ in range(2):
            folder.point(
                folder.write({"dialplane-flow-other.xml": has["dialplane-flow-other.xml"]})
            )
        folder.prune()
    assert {name.partition("/")[0] for name in dialplan("remove", "other")} == {"keys"}
    assert [path.name for path in (sounds / "keys").iterdir()] == ["notes.txt"]
    assert json.loads((folder.home / KNOWN).read_text()) == {str(sounds.parent): ["other"]}


def test_halves_of_a_killed_command_go_and_nobody_elses(
    dialplan: Any, flows: Path, switch: Switch, sounds: Path
) -> None:
    dialplan("install", flows / "keys.yaml")
    [ask] = (sounds / "keys").glob("ask-*.wav")
    etc, own = switch.folder, [HALF.format("own.wav"), ".ask.new", f"{ask.name}.new"]
    ours = [HALF.format(LIST), HALF.format(ask.name)]
    for name in (*ours, *own):
        (sounds / "keys" / name).write_bytes(b"half")
    (etc / "dialplane" / HALF.format(KNOWN)).write_text("{")
    (etc / "dialplane/.current-77").symlink_to("generations/0001")
    (etc / "dialplan/.dialplane-flows.xml-77").write_text("<incl")
    (etc / "dialplan/.dialplane-flows.xml-mine").write_text("mine")
    gone = dialplan("install", flows / "keys.yaml")
    assert sorted(gone) == sorted([f"dialplane/{HALF.format(KNOWN)}", *(f"keys/{n}" for n in ours)])
    assert all((sounds / "keys" / name).exists() for name in own)
    assert [p.name for p in (etc / "dialplan").glob(".*")] == [".dialplane-flows.xml-mine"]
    assert not list((etc / "dialplane").glob(".current-*"))


def test_sounds_that_this_pbx_has_not_installed_are_not_looked_at(
    dialplan: Any, flows: Path, switch: Switch, sounds: Path
) -> None:
    """They are another PBX's with which it shares the folder, or a rendering's, copied there."""
    listed(sounds / "theirs", {"ask-0123456789ab.wav": sound(1)})
    (sounds / "theirs" / HALF.format("ask-0123456789ab.wav")).write_bytes(b"half")
    before = sorted((sounds / "theirs").iterdir())
    assert dialplan("install", flows / "keys.yaml") == []
    assert dialplan("remove", "keys") == []
    assert sorted((sounds / "theirs").iterdir()) == before


@pytest.mark.parametrize(
    "held", ["{", "[1]", '{"/": 7}', '{"etc": ["keys"]}', '{"/": ["../keys", 7]}', "[" * 99999]
)
def test_a_file_that_somebody_has_broken_removes_nothing(
    dialplan: Any, flows: Path, switch: Switch, sounds: Path, held: str
) -> None:
    dialplan("install", flows / "keys.yaml")
    known = switch.folder / "dialplane" / KNOWN
    known.write_text(held)
    assert dialplan("install", flows / "keys.yaml") == []
    assert str(sounds.parent) in json.loads(known.read_text())
    assert len(list((sounds / "keys").glob("*.wav"))) == 2


def test_what_cannot_be_removed_is_told_and_the_flow_is_installed_all_the_same(
    run: Any, dialplan: Any, flows: Path, switch: Switch, sounds: Path, monkeypatch: Any
) -> None:
    dialplan("install", flows / "keys.yaml")
    listed(sounds / "keys", {"old.wav": sound(1)})

    unlink = Path.unlink

    def forbidden(path: Path, missing_ok: bool = False) -> None:
        if path.name == "old.wav":
            raise PermissionError(13, "Permission denied", str(path))
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", forbidden)
    where = ("--pbx", "freeswitch", "--into", switch.folder, "--as", switch.url)
    ran = run("dialplan", "install", flows / "keys.yaml", *where)
    assert ran.code == 0
    assert ran.err == f"{sounds / 'keys/old.wav'}: cannot be removed: Permission denied\n"
    monkeypatch.undo()
    assert dialplan("install", flows / "keys.yaml") == ["keys/old.wav"]
