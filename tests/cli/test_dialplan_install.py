"""`dialplane dialplan install` and its kin, on a real Asterisk that reads what they write."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from campaigns.flow.file import load_alone
from connectors.asterisk import deployment
from connectors.asterisk.url import read
from dialplan_templates.generations import Folder
from dialplan_templates.lines import contexts_of, differences
from dialplan_templates.render import INSTALLER, installer_file
from lab.asterisk import AsteriskNode
from tests.campaigns.flow.around import EXAMPLES
from tests.dialplan_templates.flow_files import FLOWS

pytestmark = pytest.mark.asterisk
SECRET = "0123456789abcdef"
NAMES = ("quiz", "who")


@pytest.fixture(scope="module")
def node(asterisk_prefix: Path) -> Iterator[AsteriskNode]:
    """An Asterisk that nobody dials over, with the user that may reload."""
    with AsteriskNode("install", "pbx", {}) as made:
        permit = f"127.0.0.1,{made.address}"
        made.write({"peers.conf": "; none\n",
                    **installer_file(secret=SECRET, user="installer", permit=permit)})  # fmt: skip
        made.start()
        yield made


@pytest.fixture
def url(node: AsteriskNode) -> str:
    return f"ami://installer:{SECRET}@{node.ami_host}:{node.ami_port}"


@pytest.fixture
def folder(node: AsteriskNode) -> Iterator[Folder]:
    """The folder that the Asterisk reads, and leaves as it was."""
    found = Folder(node.run_dir / "etc")
    yield found
    if found.home.exists():
        found.point(None)
    for path in sorted(found.home.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    node.cli("dialplan reload")


@pytest.fixture
def quiz(tmp_path: Path) -> Path:
    (tmp_path / "prompts").mkdir()
    for name in ("hello", "question", "sorry"):
        (tmp_path / "prompts" / f"{name}.wav").touch()
    for name in NAMES:
        (tmp_path / f"{name}.yaml").write_text((FLOWS / f"{name}.yaml").read_text())
    return tmp_path / "quiz.yaml"


@pytest.fixture
def dialplan(run: Any, node: AsteriskNode, url: str, folder: Folder) -> Callable[..., Any]:
    """`dialplane dialplan WHAT ... --pbx asterisk` on that Asterisk."""
    where = ("--pbx", "asterisk", "--into", folder.root, "--as", url)
    sounds = {"install": ("--no-sounds",), "diff": ("--no-sounds",)}
    return lambda what, *more: run("dialplan", what, *more, *where, *sounds.get(what, ()))


def unread(url: str, texts: "Any") -> list[str]:
    """Where the Asterisk has something else than these files hold."""

    async def look() -> list[str]:
        async with deployment.deploying("main", read(url)) as pbx:
            wanted = contexts_of(texts)
            return list(differences(wanted, await pbx.lines(wanted)))

    return asyncio.run(look())


def edit(quiz: Path) -> None:
    text = quiz.read_text()
    assert "timeout: 2s" in text
    quiz.write_text(text.replace("timeout: 2s", "timeout: 4s", 1))


def test_a_flow_is_installed_changed_and_taken_back(
    dialplan: Any, quiz: Path, url: str, folder: Folder
) -> None:
    ran = dialplan("diff", quiz, "--exit-code", "--json")
    assert ran.code == 1, ran.err
    assert [c["change"] for c in json.loads(ran.out)["changes"]] == ["new", "new"]
    ran = dialplan("install", quiz)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("2 files new, 0 changed, 0 removed; PBX 'main' has read ")
    first = dict((folder.current() or pytest.fail("nothing is current")).files)
    assert unread(url, first.values()) == []
    assert dialplan("diff", quiz, "--exit-code").code == 0

    edit(quiz)
    ran = dialplan("diff", quiz)
    assert ran.code == 0
    assert sum(line.startswith("+ same => ") for line in ran.lines) == 1
    ran = dialplan("install", quiz, "--json")
    assert ran.code == 0, ran.err
    assert (told := json.loads(ran.out))["generation"] == 2
    assert [c["change"] for c in told["changes"]] == ["changed", "same"]
    assert unread(url, first.values()) != []

    ran = dialplan("rollback")
    assert (ran.code, ran.err) == (0, "")
    assert unread(url, first.values()) == []
    ran = dialplan("remove", "who")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.startswith("The flow 'who' is called by quiz; take away what calls it first.")
    assert unread(url, first.values()) == []
    ran = dialplan("remove", "quiz", "--json")
    assert ran.code == 0, ran.err
    assert [c["change"] for c in json.loads(ran.out)["changes"]] == ["removed", "same"]
    assert dialplan("remove", "who").code == 0
    assert unread(url, [first["dialplane-flow-who.conf"]]) != []


def test_what_was_rejected_is_not_gone_back_to(
    dialplan: Any, quiz: Path, url: str, folder: Folder
) -> None:
    assert dialplan("install", quiz).code == 0
    good = dict((folder.current() or pytest.fail("nothing is current")).files)
    edit(quiz)
    assert dialplan("install", quiz).code == 0
    assert dialplan("rollback").code == 0
    quiz.write_text(quiz.read_text().replace("timeout: 4s", "timeout: 3s", 1))
    assert json.loads(dialplan("install", quiz, "--json").out)["generation"] == 3
    assert json.loads(dialplan("rollback", "--json").out)["generation"] == 1
    assert unread(url, good.values()) == []


def test_going_back_tells_what_was_changed_by_hand(
    dialplan: Any, quiz: Path, url: str, folder: Folder
) -> None:
    assert dialplan("install", quiz).code == 0
    edit(quiz)
    assert dialplan("install", quiz).code == 0
    for number in (2, 1):  # what is read now, and what it goes back to
        theirs = folder.path(number) / "dialplane-flow-quiz.conf"
        written = theirs.read_text()
        theirs.write_text(written + "exten => mine,1,NoOp()\n")
        ran = dialplan("rollback")
        assert (ran.code, ran.out) == (3, "")
        assert f"dialplane-flow-quiz.conf in {folder.path(number)}" in ran.err
        theirs.write_text(written)
    theirs.write_text(written + "exten => mine,1,NoOp()\n")
    assert dialplan("rollback", "--anyway").code == 0
    assert unread(url, [theirs.read_text()]) == []


def test_the_sounds_of_its_prompts_come_with_it(
    run: Any, espeak: Path, url: str, folder: Folder, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setenv("DIALPLANE_SPEECH_PROGRAM", str(espeak))
    sounds = tmp_path / "sounds"
    sounds.mkdir()
    where = ("--pbx", "asterisk", "--into", folder.root, "--as", url, "--sounds", sounds)
    ran = run("dialplan", "install", EXAMPLES / "opt-out.yaml", *where)
    assert (ran.code, ran.err) == (0, "")
    made = {path.stem[:-13] for path in (sounds / "dialplane/opt-out").glob("*-*.wav")}
    assert made == set(load_alone((EXAMPLES / "opt-out.yaml").read_bytes(), "").prompts)


def test_what_is_there_already_is_read_again_and_nothing_new_is_made(
    dialplan: Any, quiz: Path, node: AsteriskNode, folder: Folder
) -> None:
    assert dialplan("install", quiz).code == 0
    node.cli("dialplan remove context dialplane-flow-who")
    ran = dialplan("diff", quiz, "--json")
    assert all("0 read" in problem for problem in json.loads(ran.out)["not_read"])
    ran = dialplan("install", quiz, "--json")
    assert json.loads(ran.out)["generation"] == 1
    assert json.loads(dialplan("diff", quiz, "--json").out)["same"] is True


def test_a_change_by_hand_is_told_and_never_overwritten_silently(
    dialplan: Any, quiz: Path, folder: Folder
) -> None:
    assert dialplan("install", quiz).code == 0
    theirs = folder.home / "current/dialplane-flow-quiz.conf"
    theirs.write_text(theirs.read_text() + "exten => mine,1,NoOp()\n")
    ran = dialplan("install", quiz)
    assert ran.code == 3
    assert "Changed by hand since it was installed: dialplane-flow-quiz.conf" in ran.err
    assert theirs.read_text().endswith("mine,1,NoOp()\n")
    assert "changed by hand" in dialplan("diff", quiz).lines[0]
    assert dialplan("install", quiz, "--anyway").code == 0
    assert "mine" not in theirs.read_text()
    assert "mine" in (folder.home / "generations/0001/dialplane-flow-quiz.conf").read_text()


def test_a_dialplan_that_the_pbx_does_not_take_is_taken_back(
    dialplan: Any, quiz: Path, url: str, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert dialplan("install", quiz).code == 0
    has = folder.current()
    assert has is not None
    monkeypatch.setattr("workers.installing.differences", lambda *_: ["a,b: 3 were, and 2 read"])
    edit(quiz)
    ran = dialplan("install", quiz)
    assert (ran.code, ran.out) == (3, "")
    assert ran.err == (
        "The PBX has not taken the dialplan: a,b: 3 were, and 2 read. Files and PBX are as they "
        "were before.\n"
    )
    monkeypatch.undo()
    assert folder.current() == has
    assert unread(url, has.files.values()) == []


def test_a_folder_that_the_pbx_does_not_read_is_left_as_it_was(
    run: Any, quiz: Path, url: str, tmp_path: Path
) -> None:
    other = tmp_path / "etc"
    other.mkdir()
    where = ("--pbx", "asterisk", "--into", other, "--as", url)
    ran = run("dialplan", "install", quiz, *where, "--no-sounds")
    assert ran.code == 3
    assert "is this the folder that it reads? Files and PBX are as they were before." in ran.err
    assert Folder(other).current() is None


def test_a_context_of_somebody_elses_is_not_taken_over(
    dialplan: Any, quiz: Path, node: AsteriskNode, folder: Folder
) -> None:
    theirs = folder.root / "extensions.d/dialplane-flow-who.conf"
    theirs.parent.mkdir(exist_ok=True)
    theirs.write_text("[dialplane-flow-who]\nexten => s,1,NoOp()\n")
    try:
        node.cli("dialplan reload")
        ran = dialplan("install", quiz)
        assert ran.code == 3
        at = f"{quiz.parent / 'who.yaml'}:1:7: name: expected a name whose context the PBX has not"
        assert ran.err.startswith(at)
        assert "it has 'dialplane-flow-who' from a file that 'install' has not written" in ran.err
        assert dialplan("diff", quiz).lines[0].startswith(at)
        assert folder.current() is None
    finally:
        theirs.unlink()


def test_a_user_who_may_not_reload_is_told_what_is_missing(
    run: Any, quiz: Path, node: AsteriskNode, folder: Folder
) -> None:
    permit = f"127.0.0.1,{node.address}"
    poor = installer_file(secret=SECRET, user="poor", permit=permit)[INSTALLER]
    path = folder.root / "manager.d/poor.conf"
    path.write_text(poor.replace("write = system,reporting", "write = reporting"))
    node.cli("manager reload")
    url = f"ami://poor:{SECRET}@{node.ami_host}:{node.ami_port}"
    where = ("--pbx", "asterisk", "--into", folder.root, "--as", url)
    ran = run("dialplan", "install", quiz, *where, "--no-sounds")
    path.unlink()
    assert ran.code == 3
    assert "does not reload its dialplan for the AMI user 'poor'" in ran.err
    assert "it needs write = system,reporting" in ran.err
    assert folder.current() is None


def test_where_the_pbx_does_not_answer_nothing_is_changed(
    run: Any, quiz: Path, folder: Folder, unused_tcp_port: int
) -> None:
    url = f"ami://installer:{SECRET}@127.0.0.1:{unused_tcp_port}"
    where = ("--pbx", "asterisk", "--into", folder.root, "--as", url)
    ran = run("dialplan", "install", quiz, *where, "--no-sounds")
    assert ran.code == 4
    assert folder.current() is None
