"""The sounds of flows: made with a rendering, converted, looked for, removed."""

import json
import os
import re
import time
from pathlib import Path
from typing import Any

import pytest

from speech.wav import is_playable, silence
from tests.campaigns.flow.around import EXAMPLES
from tests.speech.sounds import file_of, heard, tone

FLOW = """\
name: greet
start: hello
variables: {name: Ana}
prompts:
  hello: {file: prompts/hello.mp3}
  said: {say: "Hello {name}."}
steps:
  hello: {play: hello, next: said}
  said: {play: said, next: inner}
  inner: {flow: inner, next: bye}
  bye: {hangup: done}
"""
INNER = """\
name: inner
start: said
prompts: {said: {say: Goodbye.}}
steps: {said: {play: said, next: return}}
"""


@pytest.fixture
def greet(tmp_path: Path) -> Path:
    """A flow file, with the flow that it calls and a recording beside it."""
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts/hello.mp3").write_bytes(file_of(tone(), 44_100, "MP3").getvalue())
    (tmp_path / "inner.yaml").write_text(INNER)
    (tmp_path / "greet.yaml").write_text(FLOW)
    return tmp_path / "greet.yaml"


@pytest.fixture
def render(run: Any, espeak: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`dialplane dialplan render`, into the folder `out`, with a real voice."""
    monkeypatch.setenv("DIALPLANE_SPEECH_PROGRAM", str(espeak))
    into = ("--pbx", "asterisk", "--out", tmp_path / "out")
    return lambda file, *more: run("dialplan", "render", file, *into, *more)


def sounds(tmp_path: Path) -> Path:
    return tmp_path / "out/sounds/dialplane"


def ours(tmp_path: Path, flow: str, prompt: str) -> Path:
    """The sound that we have made of a prompt: there is one."""
    [found] = (sounds(tmp_path) / flow).glob(f"{prompt}-*.wav")
    return found


def rendering(tmp_path: Path, flow: str) -> str:
    return (tmp_path / f"out/extensions.d/dialplane-flow-{flow}.conf").read_text()


def test_a_rendering_brings_its_sounds_and_those_of_the_flows_it_calls(
    run: Any, render: Any, greet: Path, tmp_path: Path
) -> None:
    ran = render(greet, "--json")
    assert (ran.code, ran.err) == (0, "")
    told = json.loads(ran.out)
    made = [ours(tmp_path, *each) for each in (("greet", "hello"), ("greet", "said"),
                                               ("inner", "said"))]  # fmt: skip
    assert (told["sounds"], told["kept"]) == ([str(path) for path in made], [])
    assert told["missing"] == []
    assert all(is_playable(path) for path in made)
    assert len(heard(made[0])[0]) == pytest.approx(4000, rel=0.1)
    assert f"Playback(dialplane/greet/{made[0].stem})" in rendering(tmp_path, "greet")
    assert f"say(said,name,{made[1].stem})" in rendering(tmp_path, "greet")
    assert f"Playback(dialplane/inner/{made[2].stem})" in rendering(tmp_path, "inner")
    checked = run("prompts", "check", greet, "--sounds", tmp_path / "out/sounds")
    assert (checked.code, checked.err) == (0, "")
    where = tmp_path / "out/sounds"
    assert checked.lines == [f"{greet}: OK: all 3 prompts have their sounds in {where}"]


def test_what_somebody_has_recorded_or_changed_stays(
    render: Any, greet: Path, tmp_path: Path
) -> None:
    theirs = sounds(tmp_path) / "greet/hello.ulaw"
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(b"\xff" * 800)
    ran = render(greet)
    said = ours(tmp_path, "greet", "said")
    assert f"kept {theirs}, which is not of our making" in ran.lines
    assert f"made {said}" in ran.lines
    assert "Playback(dialplane/greet/hello)" in rendering(tmp_path, "greet")

    own = silence(1.0)
    said.write_bytes(own)
    ran = render(greet)
    assert ran.code == 0
    assert f"kept {said}, which is not of our making" in ran.lines
    assert said.read_bytes() == own
    assert theirs.exists()
    assert not list(theirs.parent.glob("hello-*"))


def test_a_text_that_somebody_has_recorded_is_played_in_place_of_ours(
    run: Any, render: Any, greet: Path, tmp_path: Path
) -> None:
    assert render(greet).code == 0
    before = ours(tmp_path, "greet", "said")
    own = before.with_name("said.wav")
    own.write_bytes(silence(1.0))
    ran = render(greet)
    assert f"kept {own}, which is not of our making" in ran.lines
    assert "say(said,name,said)" in rendering(tmp_path, "greet")
    assert (own.exists(), before.exists()) == (True, False)
    assert run("prompts", "check", greet, "--sounds", tmp_path / "out/sounds").code == 0


def test_a_sound_of_ours_is_replaced_and_goes_with_its_prompt(
    render: Any, greet: Path, tmp_path: Path
) -> None:
    assert render(greet).code == 0
    before = ours(tmp_path, "greet", "said")
    greet.write_text(FLOW.replace("Hello {name}.", "Good evening {name}."))
    other = INNER.replace("{said: {say", "{bye: {say").replace("play: said", "play: bye")
    (greet.parent / "inner.yaml").write_text(other)
    assert render(greet).code == 0
    assert ours(tmp_path, "greet", "said") != before
    assert not list((sounds(tmp_path) / "inner").glob("said*"))
    assert ours(tmp_path, "inner", "bye").exists()


def test_without_a_voice_the_dialplan_is_written_and_what_it_lacks_is_told(
    run: Any, render: Any, greet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIALPLANE_SPEECH_PROGRAM", "/nowhere/espeak-ng")
    ran = render(greet, "--json")
    assert ran.code == 0
    own = sounds(tmp_path) / "greet/said.wav"
    told = ran.err.splitlines()
    assert len(told) == 2
    assert told[0].startswith(
        "A sound is missing: the prompt 'said' of the flow 'greet': '/nowhere/espeak-ng' is not "
    )
    assert "apt-get install espeak-ng" in told[0]
    assert told[0].endswith(f"; or record it yourself as {own}")
    lacks = json.loads(ran.out)["missing"]
    assert [(each["flow"], each["prompt"], each["sound"]) for each in lacks] == [
        ("greet", "said", str(own)),
        ("inner", "said", str(sounds(tmp_path) / "inner/said.wav")),
    ]
    assert "say(said,name,said)" in rendering(tmp_path, "greet")
    assert ours(tmp_path, "greet", "hello").exists()
    for path in (own, sounds(tmp_path) / "inner/said.wav"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(silence(1.0))
    assert run("prompts", "check", greet, "--sounds", tmp_path / "out/sounds").code == 0
    assert render(greet).err == ""


def test_without_sounds_those_that_are_there_are_named_and_the_others_are_theirs(
    render: Any, greet: Path, tmp_path: Path
) -> None:
    assert render(greet, "--no-sounds").code == 0
    assert not sounds(tmp_path).exists()
    assert "Playback(dialplane/greet/hello)" in rendering(tmp_path, "greet")
    assert render(greet).code == 0
    made = ours(tmp_path, "greet", "hello")
    greet.write_text(FLOW.replace("Hello {name}.", "Good evening {name}."))
    ran = render(greet, "--no-sounds")
    assert (ran.code, ran.err) == (0, "")
    assert f"Playback(dialplane/greet/{made.stem})" in rendering(tmp_path, "greet")
    assert "say(said,name,said)" in rendering(tmp_path, "greet")


def test_a_recording_that_is_no_sound_is_told_and_nothing_is_changed(
    render: Any, greet: Path, tmp_path: Path
) -> None:
    assert render(greet).code == 0
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    greet.write_text(
        FLOW.replace("Hello {name}.", "Bye {name}.").replace(
            "prompts:", "prompts:\n  last: {file: prompts/last.wav}"
        ).replace("next: inner}", "next: last}\n  last: {play: last, next: inner}")
    )  # fmt: skip
    (greet.parent / "prompts/last.wav").write_text("no sound\n" * 99)
    [problem] = json.loads(render(greet, "--json").out)["problems"]
    assert problem["path"] == "prompts.last"
    ran = render(greet)
    assert ran.code == 1
    told = f"prompts.last: {greet.parent}/prompts/last.wav: it is no sound that can be read"
    assert re.match(rf"{re.escape(str(greet))}:\d+:\d+: {re.escape(told)}", ran.err)
    assert before == {
        path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()
    }
    (greet.parent / "prompts/last.wav").write_bytes(file_of(tone(), 8000).getvalue())
    ran = render(greet, "--json")
    assert (ran.code, json.loads(ran.out)["kept"]) == (0, [])
    assert f"say(said,name,{ours(tmp_path, 'greet', 'said').stem})" in rendering(tmp_path, "greet")


@pytest.mark.parametrize("text", ["...", "\ue000 hello"])
def test_a_text_that_no_voice_can_say_is_told_with_its_line(
    run: Any, render: Any, greet: Path, tmp_path: Path, text: str
) -> None:
    greet.write_text(FLOW.replace("Hello {name}.", text))
    line = FLOW[: FLOW.index("Hello {name}.")].count("\n") + 1
    ran = run("flow", "check", greet)
    assert ran.code == 0
    assert f"{greet}:{line}:" in ran.err
    assert "no voice can say it" in ran.err
    ran = render(greet)
    assert ran.code == 1
    assert ran.err.startswith(f"{greet}:{line}:")
    assert not sounds(tmp_path).exists()


def test_sounds_do_not_go_through_a_link(render: Any, greet: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "out/sounds"
    link.parent.mkdir()
    link.symlink_to(tmp_path / "elsewhere")
    ran = render(greet)
    assert (ran.code, ran.err) == (
        1, f"{link} is a symbolic link, which may lead anywhere; move it away\n"
    )  # fmt: skip
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize(
    ("pbx", "place"),
    [("freeswitch", "dialplane/greet/last.ulaw"), ("asterisk", "es/dialplane/greet/last.wav")],
)
def test_what_a_pbx_would_not_play_takes_no_sound_of_ours_away(
    run: Any, render: Any, greet: Path, tmp_path: Path, pbx: str, place: str
) -> None:
    """FreeSWITCH is told the ending; one language's sound is nothing to who hears another."""
    greet.write_text(
        FLOW.replace("prompts:", "prompts:\n  last: {say: Goodbye.}").replace(
            "next: inner}", "next: last}\n  last: {play: last, next: inner}"
        )
    )
    theirs = tmp_path / "out/sounds" / place
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(file_of(tone(), 8000).getvalue())
    assert render(greet, "--pbx", pbx).code == 0
    assert ours(tmp_path, "greet", "last").is_file()
    assert theirs.is_file()


@pytest.mark.parametrize("name", ["survey", "payment", "appointment"])
def test_the_examples_with_variables_are_rendered(render: Any, name: str, tmp_path: Path) -> None:
    ran = render(EXAMPLES / f"{name}.yaml")
    assert ran.code == 0, ran.err
    assert all(is_playable(path) for path in sounds(tmp_path).rglob("*.wav"))


def test_a_prompt_that_the_pbx_lacks_is_told_with_its_line(
    run: Any, greet: Path, tmp_path: Path
) -> None:
    (tmp_path / "pbx").mkdir()
    ran = run("prompts", "check", greet, "--sounds", tmp_path / "pbx")
    assert ran.code == 1
    lacks = f"in {tmp_path}/pbx"
    assert ran.lines == [
        f"{greet}:5:3: prompts.hello: there is no dialplane/greet/hello.wav {lacks}",
        f"{greet}:6:3: prompts.said: there is no dialplane/greet/said.wav {lacks}",
        f"{tmp_path}/inner.yaml:3:11: prompts.said: there is no dialplane/inner/said.wav {lacks}",
    ]
    told = json.loads(run("prompts", "check", greet, "--sounds", tmp_path / "pbx", "--json").out)
    assert (told["ok"], told["flow"], len(told["problems"])) == (False, "greet", 3)
    assert told["problems"][0]["line"] == 5


def test_a_folder_that_is_not_there_is_told(run: Any, greet: Path, tmp_path: Path) -> None:
    ran = run("prompts", "check", greet, "--sounds", tmp_path / "nowhere")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(f"{tmp_path}/nowhere: there is no such folder")


def test_what_was_said_can_be_removed(run: Any, render: Any, greet: Path, home: Path) -> None:
    assert render(greet).code == 0
    kept = list((home / "speech").glob("*.wav"))
    assert len(kept) == 2
    assert json.loads(run("prompts", "clean", "--json", "--megabytes", 0).out)["removed"] == 0
    for path in kept:
        os.utime(path, (0, 0))
    ran = run("prompts", "clean", "--megabytes", 0)
    assert (ran.code, ran.err) == (0, "")
    assert "2 sounds removed" in ran.out
    assert not list((home / "speech").iterdir())


def test_what_was_said_lives_for_some_days(run: Any, render: Any, greet: Path, home: Path) -> None:
    assert render(greet).code == 0
    kept = list((home / "speech").glob("*.wav"))
    for path, days in zip(kept, (2, 8), strict=True):
        then = time.time() - days * 86_400
        os.utime(path, (then, then))
    assert json.loads(run("prompts", "clean", "--json").out)["removed"] == 1
    assert json.loads(run("prompts", "clean", "--days", 3, "--json").out)["removed"] == 0
    assert json.loads(run("prompts", "clean", "--days", 1, "--json").out)["removed"] == 1
