"""`dialplane dialplan`: files of a PBX, made from flows, without a site."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli import dialplan_check
from cli.dialplan_files import Rendering
from dialplan_templates.lines import lines_of
from dialplan_templates.stamp import stamped
from tests.campaigns.flow.around import EXAMPLES
from tests.dialplan_templates.flow_files import FLOWS, flow

GOLDEN = Path(__file__).parents[1] / "dialplan_templates" / "golden"
CALLER = """\
name: caller
start: one
prompts: {p: {file: prompts/p.wav}}
steps:
  one: {play: p, next: b}
  b: {play: p, next: b-c}
  b-c: {play: p, next: bc}
  bc: {hangup: done}
"""


@pytest.fixture
def render(run: Any, tmp_path: Path) -> Any:
    """The command, on a flow file, into the folder `out`, without sounds."""
    into = ("--pbx", "asterisk", "--out", tmp_path / "out", "--no-sounds")
    return lambda file, *more: run("dialplan", "render", file, *into, *more)


def test_an_example_becomes_its_golden_file_as_often_as_is_wanted(
    render: Any, tmp_path: Path
) -> None:
    made = tmp_path / "out/extensions.d/dialplane-flow-opt-out.conf"
    for _ in range(2):
        ran = render(EXAMPLES / "opt-out.yaml")
        assert (ran.code, ran.lines, ran.err) == (0, [f"made {made}"], "")
        assert made.read_text() == rendered(made)


def rendered(path: Path) -> str:
    """A golden file as `render` writes it: with its stamp."""
    return stamped(path.name, (GOLDEN / path.name).read_text())


def test_a_rendering_that_was_changed_by_hand_is_not_overwritten(
    render: Any, tmp_path: Path
) -> None:
    made = tmp_path / "out/extensions.d/dialplane-flow-opt-out.conf"
    assert render(EXAMPLES / "opt-out.yaml").code == 0
    made.write_text(mine := made.read_text() + "; mine\n")
    ran = render(EXAMPLES / "opt-out.yaml")
    assert ran.code == 1
    assert ran.err == (
        f"{made} is there already, and was changed by hand since it was rendered; move it away "
        "first\n"
    )
    assert made.read_text() == mine
    older = (GOLDEN / made.name).read_text().replace("Wait(", "Wait(1")
    made.write_text(stamped(made.name, older))
    assert render(EXAMPLES / "opt-out.yaml").code == 0
    assert made.read_text() == rendered(made)


@pytest.mark.parametrize("link", ["extensions.d/dialplane-flow-opt-out.conf", "extensions.d"])
def test_a_rendering_does_not_go_through_a_link(render: Any, tmp_path: Path, link: str) -> None:
    path = tmp_path / "out" / link
    path.parent.mkdir(parents=True)
    path.symlink_to(tmp_path / "elsewhere")
    ran = render(EXAMPLES / "opt-out.yaml")
    assert (ran.code, ran.err) == (
        1, f"{path} is a symbolic link, which may lead anywhere; move it away\n"
    )  # fmt: skip
    assert not (tmp_path / "elsewhere").exists()
    path.unlink()
    assert render(EXAMPLES / "opt-out.yaml").code == 0


def test_a_rendering_is_written_aside_first(
    render: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert render(EXAMPLES / "opt-out.yaml").code == 0
    made = tmp_path / "out/extensions.d/dialplane-flow-opt-out.conf"
    made.write_text(before := stamped(made.name, "; older\n"))

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    ran = render(EXAMPLES / "opt-out.yaml")
    assert (ran.code, made.read_text()) == (1, before)
    assert [path.name for path in made.parent.iterdir()] == [made.name]


@pytest.fixture
def quiz(tmp_path: Path) -> Path:
    """A flow file with the flow that it calls and its prompts beside it."""
    prompts = tmp_path / "prompts"
    prompts.mkdir()
    for name in ("hello", "question", "sorry"):
        (prompts / f"{name}.wav").touch()
    for name in ("quiz", "who"):
        (tmp_path / f"{name}.yaml").write_text((FLOWS / f"{name}.yaml").read_text())
    return tmp_path / "quiz.yaml"


def test_the_flows_that_it_calls_are_written_as_well(
    render: Any, quiz: Path, tmp_path: Path
) -> None:
    ran = render(quiz, "--json")
    assert ran.code == 0, ran.err
    told = json.loads(ran.out)
    assert (told["pbx"], told["flow"]) == ("asterisk", "quiz")
    for name in ("quiz", "who"):
        file = f"dialplane-flow-{name}.conf"
        assert str(tmp_path / "out/extensions.d" / file) in told["files"]
        path = tmp_path / "out/extensions.d" / file
        assert path.read_text() == rendered(path)


def test_a_flow_becomes_files_of_a_freeswitch(run: Any, quiz: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    into = ("--pbx", "freeswitch", "--out", out, "--no-sounds")
    made = [out / f"dialplan/dialplane-flow-{name}.xml" for name in ("quiz", "who")]
    for _ in range(2):
        ran = run("dialplan", "render", quiz, *into)
        assert (ran.code, ran.lines) == (0, [f"made {path}" for path in made])
    for path in made:
        assert path.read_text() == rendered(path)
    made[1].write_text("<include/>\n")
    assert run("dialplan", "render", quiz, *into).err == (
        f"{made[1]} is there already, and is no rendering; move it away first\n"
    )


def test_sounds_of_asterisk_alone_are_told_with_their_line(run: Any, quiz: Path) -> None:
    quiz.write_text(quiz.read_text().replace("prompts/sorry.wav", "prompts/sorry.gsm"))
    (quiz.parent / "prompts/sorry.gsm").touch()
    ran = run("dialplan", "render", quiz, "--pbx", "freeswitch", "--out", quiz.parent / "out")
    assert ran.code == 1
    assert ran.err.startswith(f"{quiz}:8:17: prompts.sorry.file: expected WAV, FLAC, Ogg or MP3")
    assert not (quiz.parent / "out").exists()


def test_names_that_asterisk_takes_for_one_are_told(render: Any, tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts/p.wav").touch()
    (tmp_path / "caller.yaml").write_text(CALLER)
    ran = render(tmp_path / "caller.yaml")
    assert ran.code == 1
    assert ran.err == (
        f"{tmp_path}/caller.yaml:8:3: steps.bc: expected a name that differs from 'b-c' in more "
        "than dashes; Asterisk passes over them\n"
    )


def test_a_file_that_no_rendering_has_made_is_left_alone(render: Any, tmp_path: Path) -> None:
    theirs = tmp_path / "out/extensions.d/dialplane-flow-opt-out.conf"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("[mine]\n")
    ran = render(EXAMPLES / "opt-out.yaml")
    assert ran.code == 1
    assert ran.err == f"{theirs} is there already, and is no rendering; move it away first\n"
    assert theirs.read_text() == "[mine]\n"


def test_a_folder_that_cannot_be_made_is_told(render: Any, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    ran = render(EXAMPLES / "opt-out.yaml")
    assert ran.code == 1
    assert ran.err.startswith(f"{tmp_path}/out/extensions.d/dialplane-flow-opt-out.conf: ")
    assert "Traceback" not in ran.err


def test_a_real_asterisk_reads_a_rendering_line_by_line(
    run: Any, quiz: Path, asterisk_prefix: Path
) -> None:
    ran = run("dialplan", "check", quiz, "--pbx", "asterisk", "--json")
    assert (ran.code, ran.err) == (0, "")
    told = json.loads(ran.out)
    files = [GOLDEN / f"dialplane-flow-{name}.conf" for name in ("quiz", "who")]
    lines = [line for file in files for line in file.read_text().splitlines() if "=> " in line]
    assert (told["ok"], told["problems"], told["lines"]) == (True, [], len(lines))


def test_what_asterisk_has_not_read_or_cannot_do_is_told(
    run: Any, quiz: Path, asterisk_prefix: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "extensions.d/dialplane-flow-quiz.conf"
    text = "[dialplane-flow-quiz]\nexten => s,1,Nonsuch()\n same => n,Wait(1)\n"
    wanted = lines_of(f"{text} same => n,Hangup(16)\n")
    monkeypatch.setattr(
        dialplan_check, "rendered", lambda *_: Rendering({name: text}, flow=flow("quiz"))
    )
    monkeypatch.setattr(dialplan_check, "contexts_of", lambda _: wanted)
    ran = run("dialplan", "check", quiz, "--pbx", "asterisk")
    assert ran.code == 1
    assert ran.lines == [
        f"{quiz}: dialplane-flow-quiz,s: 3 lines were written, and 2 read",
        f"{quiz}: this Asterisk has not loaded the application Nonsuch",
    ]


def test_where_no_asterisk_is_to_be_had_that_is_told(
    run: Any, quiz: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIALPLANE_ASTERISK", "/nowhere/asterisk")
    ran = run("dialplan", "check", quiz, "--pbx", "asterisk")
    assert (ran.code, ran.out) == (4, "")
    assert ran.err == "DIALPLANE_ASTERISK names '/nowhere/asterisk', which is not a program\n"


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ("/nowhere/fs", "DIALPLANE_FREESWITCH names '/nowhere/fs', which is not a program\n"),
        ("", "no FreeSWITCH is on this machine; name its program with DIALPLANE_FREESWITCH, or "
         "look at what 'dialplane dialplan render' writes\n"),
    ],
)  # fmt: skip
def test_where_no_freeswitch_is_to_be_had_that_is_told(
    run: Any, quiz: Path, monkeypatch: pytest.MonkeyPatch, named: str, told: str
) -> None:
    monkeypatch.setenv("DIALPLANE_FREESWITCH", named)
    monkeypatch.setattr("lab.freeswitch.shutil.which", lambda _: None)
    ran = run("dialplan", "check", quiz, "--pbx", "freeswitch")
    assert (ran.code, ran.out, ran.err) == (4, "", told)
