"""`dialplane dialplan install` and its kin for FreeSWITCH, on a switch that reads a folder."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from campaigns.flow.file import load_alone
from connectors.freeswitch import deployment
from connectors.freeswitch.url import read
from dialplan_templates.freeswitch_flows import freeswitch_flow_files
from dialplan_templates.generations import Folder
from tests.campaigns.flow.around import EXAMPLES
from tests.cli.esl_folder import Switch
from tests.cli.killed import FILES, killed_at
from tests.cli.test_dialplan_install import edit
from tests.dialplan_templates.flow_files import FLOWS, flow
from workers.dialects import FREESWITCH
from workers.installing import install, not_read, plan

STEPS = (*FILES, (deployment.Deployment, "reload"), (deployment.Deployment, "lines"))


@pytest.fixture
def switch(tmp_path: Path) -> Iterator[Switch]:
    (tmp_path / "etc/dialplan").mkdir(parents=True)
    with Switch(tmp_path / "etc") as made:
        yield made
        made.shutdown()


@pytest.fixture
def folder(switch: Switch) -> Folder:
    return Folder(switch.folder)


@pytest.fixture
def quiz(tmp_path: Path) -> Path:
    (tmp_path / "prompts").mkdir()
    for name in ("hello", "question", "sorry"):
        (tmp_path / "prompts" / f"{name}.wav").touch()
    for name in ("quiz", "who"):
        (tmp_path / f"{name}.yaml").write_text((FLOWS / f"{name}.yaml").read_text())
    return tmp_path / "quiz.yaml"


@pytest.fixture
def dialplan(run: Any, switch: Switch) -> Any:
    where = ("--pbx", "freeswitch", "--into", switch.folder, "--as", switch.url)
    sounds = {"install": ("--no-sounds",), "diff": ("--no-sounds",)}
    return lambda what, *more: run("dialplan", what, *more, *where, *sounds.get(what, ()))


def test_a_flow_is_installed_changed_and_taken_back(
    dialplan: Any, quiz: Path, switch: Switch
) -> None:
    ran = dialplan("install", quiz)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("2 files new, 0 changed, 0 removed; PBX 'main' has read ")
    first = switch.answer("xml_locate dialplan context name dialplane-flow-quiz")
    assert dialplan("diff", quiz, "--exit-code").code == 0
    edit(quiz)
    ran = dialplan("install", quiz, "--json")
    assert (ran.code, json.loads(ran.out)["generation"]) == (0, 2)
    assert switch.answer("xml_locate dialplan context name dialplane-flow-quiz") != first
    assert dialplan("rollback").code == 0
    assert switch.answer("xml_locate dialplan context name dialplane-flow-quiz") == first
    assert "called by quiz" in dialplan("remove", "who").err
    assert dialplan("remove", "quiz").code == 0
    assert dialplan("remove", "who").code == 0
    assert "can't" in switch.answer("xml_locate dialplan context name dialplane-flow-who")


def test_xml_that_the_switch_refuses_is_taken_back(
    dialplan: Any, quiz: Path, switch: Switch, folder: Folder
) -> None:
    (switch.folder / "dialplan/theirs.xml").write_text("<context name='half'>")
    ran = dialplan("install", quiz)
    assert (ran.code, ran.out) == (3, "")
    assert "cannot read its XML, and goes on with what it had" in ran.err
    assert ran.err.endswith(
        "Files and PBX are as they were before. It does not read these anew either, so what is "
        "wrong is not in the new ones.\n"
    )
    assert folder.current() is None


def test_going_back_needs_the_entrance_and_writes_it_anew(
    dialplan: Any, quiz: Path, switch: Switch
) -> None:
    assert dialplan("install", quiz).code == 0
    edit(quiz)
    assert dialplan("install", quiz).code == 0
    entrance = switch.folder / "dialplan/dialplane-flows.xml"
    entrance.unlink()
    assert dialplan("rollback").code == 0
    assert entrance.is_file()
    entrance.write_text("<include/>\n")
    ran = dialplan("rollback", "--to", "2")
    assert (ran.code, entrance.read_text()) == (3, "<include/>\n")
    assert "was changed by hand" in ran.err


def test_the_sounds_go_where_the_switch_says(
    run: Any, espeak: Path, switch: Switch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIALPLANE_SPEECH_PROGRAM", str(espeak))
    sounds = switch.folder / "sounds"
    sounds.mkdir()
    where = ("--pbx", "freeswitch", "--into", switch.folder, "--as", switch.url)
    ran = run("dialplan", "install", EXAMPLES / "opt-out.yaml", *where)
    assert (ran.code, ran.err) == (0, "")
    made = {path.stem[:-13] for path in (sounds / "dialplane/opt-out").glob("*-*.wav")}
    assert made == set(load_alone((EXAMPLES / "opt-out.yaml").read_bytes(), "").prompts)


def test_changes_by_hand_are_told_and_never_overwritten_silently(
    dialplan: Any, quiz: Path, switch: Switch, folder: Folder
) -> None:
    assert dialplan("install", quiz).code == 0
    entrance = switch.folder / "dialplan/dialplane-flows.xml"
    written = entrance.read_text()
    entrance.write_text("<include/>\n")
    edit(quiz)
    assert dialplan("diff", quiz).lines[0].startswith("dialplan/dialplane-flows.xml: changed")
    ran = dialplan("install", quiz)
    assert (ran.code, entrance.read_text()) == (3, "<include/>\n")
    assert "was changed by hand" in ran.err
    entrance.write_text(written)
    theirs = folder.home / "current/dialplane-flow-quiz.xml"
    theirs.write_text(theirs.read_text() + "<!-- mine -->\n")
    assert "Changed by hand since it was installed" in dialplan("install", quiz).err
    assert dialplan("install", quiz, "--anyway").code == 0


def test_a_change_by_hand_that_the_flow_has_now_as_well_is_one_no_more(
    dialplan: Any, quiz: Path, folder: Folder
) -> None:
    assert dialplan("install", quiz).code == 0
    before = quiz.read_text()
    edit(quiz)
    assert dialplan("install", quiz).code == 0
    wanted = (folder.home / "current/dialplane-flow-quiz.xml").read_text()
    edited = quiz.read_text()
    quiz.write_text(before)
    assert dialplan("install", quiz).code == 0
    (folder.home / "current/dialplane-flow-quiz.xml").write_text(wanted)
    quiz.write_text(edited)
    assert "Changed by hand since it was installed" in dialplan("install", quiz).err
    assert dialplan("install", quiz, "--anyway").code == 0
    assert dialplan("diff", quiz, "--exit-code").code == 0
    assert dialplan("install", quiz).code == 0


def test_who_else_calls_a_flow_that_changes_is_told(dialplan: Any, quiz: Path) -> None:
    assert dialplan("install", quiz).code == 0
    who = quiz.with_name("who.yaml")
    assert dialplan("install", who).err == ""
    who.write_text(who.read_text().replace("name: nobody", "name: somebody"))
    ran = dialplan("install", who)
    assert (ran.code, ran.err) == (0, "The flow 'who' changes for quiz too, which call it.\n")
    assert dialplan("install", quiz).err == ""


def test_a_user_who_may_not_reload_is_told_what_is_missing(
    dialplan: Any, quiz: Path, switch: Switch, folder: Folder
) -> None:
    switch.deny = "reloadxml"
    ran = dialplan("install", quiz)
    assert ran.code == 3
    assert "it needs esl-allowed-api = reloadxml,xml_locate,global_getvar" in ran.err
    assert folder.current() is None


def test_killed_at_every_step_it_leaves_the_old_or_the_new_never_half(
    switch: Switch, folder: Folder
) -> None:
    new = freeswitch_flow_files(flow("quiz"), [flow("who")])
    renderings = [new, {n: text.replace("x{200}", "x{199}") for n, text in new.items()}]
    assert renderings[0] != renderings[1]

    def visit(do: Any) -> Any:
        async def go() -> Any:
            async with deployment.deploying("main", read(switch.url)) as pbx:
                return await do(pbx)

        return asyncio.run(go())

    def change(which: int) -> None:
        with folder.alone():
            planned = plan(folder, renderings[which], dialect=FREESWITCH)
            visit(lambda pbx: install(folder, planned, pbx))

    change(0)
    nth = 1
    while killed_at(nth, lambda: change(1), STEPS):
        assert switch.reload().startswith("+OK [Success]")
        has = folder.current()
        assert has is not None
        assert sorted(has.files.values()) in [sorted(r.values()) for r in renderings]
        assert visit(lambda pbx, has=has: not_read(pbx, has, FREESWITCH)) == []
        change(0)  # whatever was left does not stand in the way
        nth += 1
    assert nth > 20


def test_its_user_gives_three_commands_and_no_more(run: Any, tmp_path: Path) -> None:
    where = ("--pbx", "freeswitch", "--domain", "pbx.example", "--into", tmp_path)
    ran = run("pbx", "installer", *where, "--secret", "0123456789abcdef", "--json")
    assert ran.code == 0, ran.err
    told = json.loads(ran.out)
    assert told["url"] == "esl://dialplane-install%40pbx.example:0123456789abcdef@127.0.0.1:8021"
    text = (tmp_path / "directory/default/dialplane-install.xml").read_text()
    assert '"esl-allowed-api" value="reloadxml,xml_locate,global_getvar"' in text


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("ami://installer:x@127.0.0.1", "expected a URL of FreeSWITCH, which begins with esl://"),
        ("esl://", "the URL must be esl://"),
    ],
)
def test_a_user_that_is_none_is_blamed_on_as(
    run: Any, quiz: Path, tmp_path: Path, url: str, told: str
) -> None:
    ran = run("dialplan", "diff", quiz, "--pbx", "freeswitch", "--into", tmp_path, "--as", url)
    assert ran.code == 1
    assert ran.err.startswith("--as (or DIALPLANE_INSTALL_AS): ")
    assert told in ran.err
