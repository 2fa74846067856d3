"""What calls without a flow pass through: written by `pbx config`, looked at and changed by the
commands of dialplans, on a real Asterisk that reads it."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.asterisk import deployment
from connectors.asterisk.url import read
from connectors.calls import Amd
from dialplan_templates.generations import Folder
from dialplan_templates.lines import contexts_of, differences
from dialplan_templates.render import (
    DIALPLAN,
    PROFILES,
    asterisk_call_files,
    asterisk_call_files_like,
    installer_file,
)
from dialplan_templates.stamp import Stamp, stamp_of, stamped
from lab.asterisk import AsteriskNode
from tests.cli.killed import FILES, killed_at
from tests.cli.test_dialplan_campaigns import WITHOUT_FLOW
from workers.dialects import ASTERISK_CALLS
from workers.installing import install, plan

SECRET = "0123456789abcdef"
NOW = asterisk_call_files()
EARLIER = stamped(DIALPLAN, NOW[DIALPLAN].partition("\n")[2].replace("660", "659"))
STEPS = (*FILES, (deployment.Deployment, "reload"), (deployment.Deployment, "lines"))
MINE = "[mine]\nexten => s,1,NoOp()\n"


@pytest.fixture(scope="module")
def node(asterisk_prefix: Path) -> Iterator[AsteriskNode]:
    with AsteriskNode("calls", "pbx", {}) as made:
        permit = f"127.0.0.1,{made.address}"
        made.write({"peers.conf": "; none\n", PROFILES: NOW[PROFILES],
                    **installer_file(secret=SECRET, user="installer", permit=permit)})  # fmt: skip
        made.start()
        yield made


@pytest.fixture
def url(node: AsteriskNode) -> str:
    return f"ami://installer:{SECRET}@{node.ami_host}:{node.ami_port}"


@pytest.fixture
def folder(node: AsteriskNode) -> Iterator[Folder]:
    """The folder that the Asterisk reads, with nothing of ours in it, and so it is left."""
    found = Folder(node.run_dir / "etc", "calls")
    entrance = found.root / DIALPLAN
    entrance.unlink(missing_ok=True)
    node.cli("dialplan reload")
    yield found
    entrance.unlink(missing_ok=True)
    for path in sorted((found.root / "dialplane").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    node.cli("dialplan reload")


@pytest.fixture
def dialplan(run: Any, url: str, folder: Folder) -> Callable[..., Any]:
    """`dialplane dialplan WHAT ... --pbx asterisk` on that Asterisk."""
    where = ("--pbx", "asterisk", "--into", folder.root, "--as", url)
    return lambda what, *more: run("dialplan", what, *more, *where)


def has(url: str, text: str) -> bool:
    """Whether the Asterisk has what the file holds."""

    async def look() -> list[str]:
        async with deployment.deploying("main", read(url)) as pbx:
            wanted = contexts_of([text])
            return list(differences(wanted, await pbx.lines(wanted)))

    return not asyncio.run(look())


def put(node: AsteriskNode, folder: Folder, text: str) -> Path:
    """As `pbx config` does, and somebody has Asterisk read it."""
    path = folder.root / DIALPLAN
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    node.cli("dialplan reload")
    return path


def test_its_settings_are_kept_as_it_is_made_anew() -> None:
    made = asterisk_call_files(hold_seconds=90, amd=Amd(greeting=1800, maximum_number_of_words=5))
    assert made != NOW
    assert asterisk_call_files_like(made[DIALPLAN]) == made
    assert asterisk_call_files_like("") == NOW
    assert asterisk_call_files_like(made[DIALPLAN].replace("hold 90", "hold 0")) == NOW
    assert [stamp_of(text) for text in made.values()] == [Stamp.WHOLE, Stamp.WHOLE]


@pytest.mark.asterisk
def test_where_nothing_is_there_it_is_put_in_place(dialplan: Any, folder: Folder, url: str) -> None:
    told = json.loads(dialplan("diff", WITHOUT_FLOW, "--json").out)
    assert (told["same"], told["generation"], told["calls_generation"]) == (False, None, 0)
    assert [(c["file"], c["change"]) for c in told["changes"]] == [("dialplane.conf", "new")]
    ran = dialplan("install", WITHOUT_FLOW)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("What calls pass through: 1 file new, 0 changed, 0 removed; PBX ")
    assert has(url, NOW[DIALPLAN])
    assert dialplan("diff", WITHOUT_FLOW, "--exit-code").code == 0


@pytest.mark.asterisk
def test_what_pbx_config_wrote_is_left_as_it_is(
    dialplan: Any, node: AsteriskNode, folder: Folder, url: str
) -> None:
    made = asterisk_call_files(hold_seconds=90)[DIALPLAN]
    path = put(node, folder, made)
    assert dialplan("diff", WITHOUT_FLOW, "--exit-code").code == 0
    ran = dialplan("install", WITHOUT_FLOW)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.endswith("(as 'pbx config' wrote it)\n")
    assert (path.read_text(), folder.current()) == (made, None)


@pytest.mark.asterisk
def test_what_an_earlier_version_wrote_is_replaced_and_can_be_taken_back(
    dialplan: Any, node: AsteriskNode, folder: Folder, url: str
) -> None:
    put(node, folder, EARLIER)
    ran = dialplan("diff", WITHOUT_FLOW)
    assert sum(line.startswith("+ same => ") for line in ran.lines) == 2
    ran = dialplan("install", WITHOUT_FLOW, "--json")
    assert (ran.code, ran.err) == (0, "")
    assert json.loads(ran.out)["calls"]["generation"] == 2
    assert has(url, NOW[DIALPLAN])
    ran = dialplan("rollback", "--calls")
    assert (ran.code, ran.err) == (0, "")
    assert has(url, EARLIER)
    assert (folder.path(1) / "dialplane.conf").read_text() == EARLIER


@pytest.mark.asterisk
def test_a_change_by_hand_is_told_and_never_overwritten_silently(
    dialplan: Any, node: AsteriskNode, folder: Folder, url: str
) -> None:
    path = put(node, folder, NOW[DIALPLAN] + MINE)
    ran = dialplan("diff", WITHOUT_FLOW, "--exit-code")
    assert ran.code == 1
    assert ran.lines[0] == "dialplane.conf: changed by hand since it was installed"
    assert "-[mine]" in ran.lines
    ran = dialplan("install", WITHOUT_FLOW)
    assert (ran.code, ran.out) == (3, "")
    assert f"Changed by hand since it was installed: dialplane.conf in {path.parent}" in ran.err
    assert path.read_text().endswith(MINE)
    assert dialplan("install", WITHOUT_FLOW, "--anyway").code == 0
    assert (has(url, NOW[DIALPLAN]), has(url, MINE)) == (True, False)
    kept = folder.find(1)
    assert kept is not None
    assert kept.by_hand == ("dialplane.conf",)
    assert kept.files["dialplane.conf"].endswith(MINE)

    theirs = folder.home / "current/dialplane.conf"
    theirs.write_text(theirs.read_text() + MINE)
    ran = dialplan("install", WITHOUT_FLOW)
    assert (ran.code, f"dialplane.conf in {folder.path(2)}" in ran.err) == (3, True)


@pytest.mark.asterisk
def test_the_conference_profiles_beside_it_are_looked_at_too(
    dialplan: Any, node: AsteriskNode, folder: Folder
) -> None:
    put(node, folder, NOW[DIALPLAN])
    profiles = folder.root / PROFILES
    profiles.write_text(NOW[PROFILES].replace("max_members = 20", "max_members = 2"))
    try:
        told = json.loads(dialplan("diff", WITHOUT_FLOW, "--json").out)
        assert told["profiles"] == f"{PROFILES}: changed by hand, or not of our making"
        profiles.unlink()
        assert f"{PROFILES} is not there" in dialplan("install", WITHOUT_FLOW).err
    finally:
        profiles.write_text(NOW[PROFILES])
    assert json.loads(dialplan("diff", WITHOUT_FLOW, "--json").out)["profiles"] == ""


@pytest.mark.asterisk
def test_contexts_from_another_file_are_told(
    dialplan: Any, node: AsteriskNode, folder: Folder
) -> None:
    theirs = folder.root / "extensions.d/mine.conf"
    theirs.parent.mkdir(exist_ok=True)
    theirs.write_text(NOW[DIALPLAN])
    try:
        node.cli("dialplan reload")
        ran = dialplan("install", WITHOUT_FLOW)
        assert (ran.code, ran.out) == (3, "")
        assert "it has 'dialplane-" in ran.err
        assert "from a file that 'install' has not written: take that away" in ran.err
        assert dialplan("diff", WITHOUT_FLOW).lines[0].startswith(f"{DIALPLAN}:1:1: dialplane-")
    finally:
        theirs.unlink()


@pytest.mark.asterisk
def test_killed_at_every_step_it_leaves_the_old_or_the_new_never_half(
    node: AsteriskNode, url: str, folder: Folder
) -> None:
    """From the very first time on, when what `pbx config` wrote becomes a generation."""

    def change() -> None:
        async def go() -> None:
            async with deployment.deploying("main", read(url)) as pbx:
                with folder.alone():
                    planned = plan(folder, {DIALPLAN: NOW[DIALPLAN]}, dialect=ASTERISK_CALLS)
                    await install(folder, planned, pbx)

        asyncio.run(go())

    nth, seen = 1, []
    put(node, folder, EARLIER)
    while killed_at(nth, change, STEPS):
        node.cli("dialplan reload")
        whole = [has(url, text) for text in (EARLIER, NOW[DIALPLAN])]
        assert sorted(whole) == [False, True], f"half a dialplan after step {nth}"
        seen.append(whole[1])
        folder.point(None)
        put(node, folder, EARLIER)
        nth += 1
    assert nth > 30
    assert (seen[0], seen[-1], sorted(seen)) == (False, True, seen)
    assert has(url, NOW[DIALPLAN])
