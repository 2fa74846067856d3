"""Fetching servers: once, by one of many that ask, and in clear words when it cannot be done."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.mirrors import System, mirrors, this_system
from lab.parts import Part, default_prefix, installed, main

HELLO = Part("hello", "hello", ("hello",), (), ("usr/bin/hello",), "5 MB")


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH that holds only what a test puts there."""
    folder = tmp_path / "tools"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def _tool(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_two_that_ask_at_once_fetch_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with ThreadPoolExecutor(2) as pool:
        roots = list(pool.map(lambda _: installed(HELLO, tmp_path), range(2)))
    assert roots[0] == roots[1]
    assert capsys.readouterr().err.count("fetching hello") == 1
    told = subprocess.run([roots[0] / "usr/bin/hello"], capture_output=True, text=True, check=True)
    assert told.stdout == "Hello, world!\n"
    _asks_nobody_again(tmp_path)


def _asks_nobody_again(prefix: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", "")
        assert installed(HELLO, prefix) == prefix / "root"


def test_a_machine_without_apt_is_told(tmp_path: Path, tools: Path) -> None:
    with pytest.raises(LabError, match="hello cannot be fetched: 'apt-get' is not on this machine"):
        installed(HELLO, tmp_path / "prefix")


def test_a_machine_without_network_is_told(tmp_path: Path, tools: Path) -> None:
    for name in ("dpkg-deb", "tar"):
        _tool(tools, name, "exit 0")
    _tool(
        tools,
        "apt-get",
        'case "$*" in indextargets*) echo "$LABELS";; *update) echo "E: no route" >&2; exit 100;; '
        'esac; echo "Debian|http://mirror.test/debian/"; echo "Ubuntu|http://mirror.test/ubuntu/"',
    )
    with pytest.raises(LabError, match=r"package mirror \(.*no route\): is the network up"):
        installed(HELLO, tmp_path / "prefix")
    assert not (tmp_path / "prefix/.work").exists()


def test_the_command_says_where_it_put_it_or_why_not(
    tools: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["asterisk", str(tmp_path / "prefix")]) == 1
    assert capsys.readouterr().err.startswith("error: Asterisk and SIPp cannot be fetched: ")
    assert main(["freeswitch"]) == 2


def test_apt_knows_whose_mirror_is_whose(tools: Path) -> None:
    listing = (
        "Google|http://other.test/\nDebian|http://a.test/debian/\nDebian|http://a.test/debian/"
    )
    _tool(tools, "apt-get", f"echo '{listing}'")
    assert mirrors(System("Debian", "bookworm")) == ["http://a.test/debian/"]


def test_without_package_lists_the_configured_addresses_are_tried(tools: Path) -> None:
    lines = (
        "'http://a.test/debian/dists/bookworm/InRelease' a_InRelease 0",
        "'http://a.test/debian/dists/bookworm-updates/InRelease' b_InRelease 0",
        "'http://b.test/dists/bookworm/InRelease' c_InRelease 0",
    )
    listing = "\n".join(lines).replace("'", '"').replace('"', "'\"'\"'")
    _tool(tools, "apt-get", f"[ \"$1\" = indextargets ] || echo '{listing}'")
    assert mirrors(System("Debian", "bookworm")) == ["http://a.test/debian/", "http://b.test/"]


def test_apt_without_sources_is_told(tools: Path) -> None:
    _tool(tools, "apt-get", "exit 0")
    with pytest.raises(LabError, match="no source for Ubuntu noble"):
        mirrors(System("Ubuntu", "noble"))


@pytest.mark.parametrize(
    ("text", "system"),
    [
        ("ID=debian\nVERSION_CODENAME=bookworm\n", System("Debian", "bookworm")),
        ('ID=ubuntu\nID_LIKE="debian"\nVERSION_CODENAME=noble\n', System("Ubuntu", "noble")),
        (
            'ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_CODENAME=zara\nUBUNTU_CODENAME=noble\n',
            System("Ubuntu", "noble"),
        ),
    ],
)
def test_the_system_is_known_by_its_family(tmp_path: Path, text: str, system: System) -> None:
    (tmp_path / "os-release").write_text(text)
    assert this_system(tmp_path / "os-release") == system


def test_another_system_is_told_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "os-release").write_text('ID=arch\nPRETTY_NAME="Arch Linux"\n')
    with pytest.raises(LabError, match=r"this machine runs Arch Linux: .* DIALPLANE_ASTERISK"):
        this_system(tmp_path / "os-release")


def test_the_environment_names_another_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIALPLANE_HELLO_PREFIX", "/somewhere/else")
    assert default_prefix(HELLO) == Path("/somewhere/else")
