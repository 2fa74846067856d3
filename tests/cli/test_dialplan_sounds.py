"""The sounds of installed flows: those that a dialplan names are there, whatever has happened."""

import asyncio
import io
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from cli.dialplan_files import PbxKind, installable
from cli.dialplan_install import changed_with
from cli.prompt_sounds import find_sounds
from cli.sound_list import LIST
from connectors.freeswitch import deployment
from connectors.freeswitch.url import read
from dialplan_templates.generations import KEPT, Folder
from speech.convert import converted
from tests.cli.esl_folder import Switch
from tests.cli.killed import killed_at
from tests.cli.test_dialplan_install_freeswitch import STEPS
from tests.speech.sounds import file_of, tone
from workers.dialects import FREESWITCH
from workers.installing import plan

FLOW = """\
name: keys
start: ask
prompts: {ask: {file: ask.wav}, bye: {file: bye.wav}}
steps:
  ask: {menu: ask, digits: {1: bye, 2: bye}, no_input: bye, too_many: bye}
  bye: {play: bye, next: end}
  end: {hangup: done}
"""
NAMED = re.compile(r"dialplane/keys/([\w-]+)\.wav")


@pytest.fixture
def switch(tmp_path: Path) -> Iterator[Switch]:
    (tmp_path / "etc/dialplan").mkdir(parents=True)
    (tmp_path / "etc/sounds").mkdir()
    with Switch(tmp_path / "etc") as made:
        yield made
        made.shutdown()


@pytest.fixture
def folder(switch: Switch) -> Folder:
    return Folder(switch.folder)


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """A flow whose question was recorded, and may be recorded anew."""
    record(tmp_path / "keys.yaml", 0)
    (tmp_path / "bye.wav").write_bytes(spoken(9))
    (tmp_path / "keys.yaml").write_text(FLOW)
    return tmp_path / "keys.yaml"


def spoken(nth: int) -> bytes:
    return file_of(tone(hertz=300 + 20 * nth), 8000).getvalue()


def record(keys: Path, nth: int) -> None:
    (keys.parent / "ask.wav").write_bytes(spoken(nth))


def heard(switch: Switch, text: str) -> dict[str, bytes]:
    """The sounds that a dialplan names, by prompt; one that is not there is an error."""
    folder = switch.folder / "sounds/dialplane/keys"
    return {n.rpartition("-")[0]: (folder / f"{n}.wav").read_bytes() for n in NAMED.findall(text)}


def asked(switch: Switch) -> bytes:
    """What is asked by the dialplan that the switch has read."""
    return heard(switch, switch.answer("xml_locate dialplan context name dialplane-flow-keys"))[
        "ask"
    ]


def sound(nth: int) -> bytes:
    return converted(io.BytesIO(spoken(nth)), "")


@pytest.fixture
def dialplan(run: Any, switch: Switch) -> Any:
    where = ("--pbx", "freeswitch", "--into", switch.folder, "--as", switch.url)
    return lambda what, *more: run("dialplan", what, *more, *where)


def test_whoever_goes_back_hears_the_sounds_of_before(
    dialplan: Any, keys: Path, switch: Switch
) -> None:
    for nth in (0, 1):
        record(keys, nth)
        ran = dialplan("install", keys)
        assert (ran.code, ran.err) == (0, "")
        assert asked(switch) == sound(nth)
        assert dialplan("diff", keys, "--exit-code").code == 0
    assert dialplan("rollback").code == 0
    assert asked(switch) == sound(0)
    ran = dialplan("diff", keys)
    assert sum(line.startswith("+ ") for line in ran.lines) == 1
    assert dialplan("rollback", "--to", 2).code == 0
    assert asked(switch) == sound(1)


def test_a_dialplan_that_is_refused_leaves_the_sounds_of_the_one_before(
    dialplan: Any, keys: Path, switch: Switch
) -> None:
    assert dialplan("install", keys).code == 0
    (switch.folder / "dialplan/theirs.xml").write_text("<context name='half'>")
    record(keys, 1)
    assert dialplan("install", keys).code == 3
    assert asked(switch) == sound(0)
    (switch.folder / "dialplan/theirs.xml").unlink()
    assert dialplan("install", keys).code == 0
    assert asked(switch) == sound(1)


def test_sounds_go_with_the_last_generation_that_names_them(
    dialplan: Any, keys: Path, switch: Switch
) -> None:
    for nth in range(KEPT + 3):
        record(keys, nth)
        assert dialplan("install", keys).code == 0
    left = (switch.folder / "sounds/dialplane/keys").glob("ask-*.wav")
    assert {path.read_bytes() for path in left} == {sound(nth) for nth in range(3, KEPT + 3)}


def test_a_sound_of_somebody_s_own_is_played_and_stays(
    dialplan: Any, keys: Path, switch: Switch
) -> None:
    own = switch.folder / "sounds/dialplane/keys/ask.wav"
    own.parent.mkdir(parents=True)
    own.write_bytes(sound(5))
    assert dialplan("install", keys).code == 0
    text = switch.answer("xml_locate dialplan context name dialplane-flow-keys")
    assert "/dialplane/keys/ask.wav" in text
    assert own.read_bytes() == sound(5)
    assert not list(own.parent.glob("ask-*"))


def test_a_flow_whose_sounds_cannot_all_be_made_is_not_installed(
    dialplan: Any, keys: Path, switch: Switch, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIALPLANE_SPEECH_PROGRAM", "/nowhere/espeak-ng")
    keys.write_text(FLOW.replace("bye: {file: bye.wav}", "bye: {say: Goodbye.}"))
    ran = dialplan("install", keys)
    assert (ran.code, ran.out) == (4, "")
    assert "'/nowhere/espeak-ng' is not on this machine" in ran.err
    assert ran.err.endswith("keys/bye.wav. Nothing was changed.\n")
    assert (folder.current(), list((switch.folder / "sounds").iterdir())) == (None, [])
    assert dialplan("install", keys, "--no-sounds").code == 0


@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.long)])
def test_killed_at_each_step_each_dialplan_has_its_sounds(
    keys: Path, switch: Switch, folder: Folder, monkeypatch: pytest.MonkeyPatch, every: int
) -> None:
    """At every third one in the usual lane: before a step, or after it."""
    monkeypatch.setattr("dialplan_templates.generations.KEPT", 2)

    def visit(do: Callable[[deployment.Deployment], Any]) -> Any:
        async def go() -> Any:
            async with deployment.deploying("main", read(switch.url)) as pbx:
                return await do(pbx)

        return asyncio.run(go())

    def change(which: int) -> None:
        record(keys, which)
        with folder.alone():
            made = installable(keys, PbxKind.FREESWITCH)
            found = find_sounds(made.flow_files, switch.folder / "sounds", made.played)
            planned = plan(folder, made.anew(found.names), dialect=FREESWITCH)
            visit(changed_with(made, found, folder, planned))

    change(0)
    nth, made = 1, 0
    while killed_at(nth, partial(change, made + 1), STEPS):
        has = folder.current() or pytest.fail("there was one")
        [text] = has.files.values()
        whole = [sound(made), sound(made + 1)]
        assert heard(switch, text)["ask"] in whole
        assert asked(switch) in whole
        assert switch.reload().startswith("+OK [Success]")
        assert asked(switch) == heard(switch, text)["ask"]
        listed = (switch.folder / "sounds/dialplane/keys" / LIST).read_text()
        ours = (switch.folder / "sounds/dialplane/keys").glob("*.wav")
        assert all(path.name in listed for path in ours)
        made += 2
        change(made)  # whatever was left does not stand in the way
        assert asked(switch) == sound(made)
        nth += every
    assert nth > 30
