"""`docker/prepare.sh`, run for real."""

import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from tests.docker.conftest import Prepared, assignments, copied, prepare


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copied(tmp_path / "docker")


def test_what_it_makes_is_for_its_owner_alone(prepared: Prepared) -> None:
    made = [prepared.site, *prepared.site.rglob("*"), prepared.folder / ".env"]
    assert [path for path in made if stat.S_IMODE(path.stat().st_mode) & 0o077] == []
    files = [path for path in made if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_containers_run_as_the_owner_of_the_site_and_never_as_root(prepared: Prepared) -> None:
    made = assignments(prepared.folder / ".env")
    owner = prepared.site.stat()
    assert (made["DIALPLANE_UID"], made["DIALPLANE_GID"]) == (str(owner.st_uid), str(owner.st_gid))
    assert owner.st_uid != 0
    assert {path.stat().st_uid for path in prepared.site.rglob("*")} == {owner.st_uid}


def test_no_placeholder_is_left(prepared: Prepared) -> None:
    for path in prepared.site.rglob("*"):
        if path.is_file():
            assert "@PHONE@" not in path.read_text()
            assert "@ESL@" not in path.read_text()
            assert "@HASH@" not in path.read_text()


def test_secrets_are_new_each_time(folder: Path, prepared: Prepared) -> None:
    assert prepare(folder, "asterisk").returncode == 0
    for secret in (folder / "site/secrets").iterdir():
        assert secret.read_text() != (prepared.site / "secrets" / secret.name).read_text()


@pytest.mark.parametrize(
    ("words", "nodes"),
    [
        (["asterisk"], {"DIALPLANE_PBX_MAIN": "ami"}),
        (["freeswitch"], {"DIALPLANE_PBX_MAIN": "esl"}),
        (
            ["freeswitch", "asterisk"],
            {"DIALPLANE_PBX_MAIN": "esl", "DIALPLANE_PBX_ASTERISK": "ami"},
        ),
    ],
)
def test_the_first_pbx_is_main(folder: Path, words: list[str], nodes: dict[str, str]) -> None:
    assert prepare(folder, *words).returncode == 0
    made = assignments(folder / "site/dialplane.env")
    found = {k: v.partition(":")[0] for k, v in made.items() if k.startswith("DIALPLANE_PBX_")}
    assert found == nodes
    files = assignments(folder / ".env")["COMPOSE_FILE"]
    assert files == ":".join(
        ["compose.yaml", *(f"compose.{w}.yaml" for w in ("monitoring", *words))]
    )


def test_nothing_is_written_over(folder: Path) -> None:
    assert prepare(folder, "freeswitch").returncode == 0
    before = (folder / "site/dialplane.env").read_text()
    ran = prepare(folder, "freeswitch")
    assert ran.returncode == 1
    assert f"{folder / 'site'} is there already; move it away first" in ran.stderr
    assert (folder / "site/dialplane.env").read_text() == before


@pytest.mark.parametrize(
    ("words", "environ", "sentence"),
    [
        ([], {}, "say which PBX"),
        (["kamailio"], {}, "'kamailio' is neither asterisk nor freeswitch"),
        (["asterisk", "asterisk"], {}, "name each PBX once"),
        (["asterisk"], {"POSTGRES_PORT": "5432; id"}, "must be numbers"),
        (["asterisk"], {"DIALPLANE": "/nowhere/dialplane"}, "'/nowhere/dialplane' is not there"),
        (["asterisk"], {"DIALPLANE": "false"}, "'false pbx config' failed"),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence_and_leaves_nothing(
    folder: Path, words: list[str], environ: dict[str, str], sentence: str
) -> None:
    ran = prepare(folder, *words, **environ)
    assert ran.returncode == 1
    assert sentence in ran.stderr
    assert len(ran.stderr.splitlines()) == 1
    assert not list(folder.glob("site*"))
    assert not (folder / ".env").exists()


def test_git_never_takes_what_it_makes(docker: Path) -> None:
    for name in ("site/dialplane.env", "site.new/x", ".env"):
        ran = subprocess.run(
            ["git", "-C", docker.parent, "check-ignore", "--quiet", f"docker/{name}"], check=False
        )
        assert ran.returncode == 0, name


def test_it_is_plain_shell(docker: Path) -> None:
    """`sh -n` everywhere; shellcheck where there is one."""
    script = docker / "prepare.sh"
    subprocess.run(["sh", "-n", script], check=True)
    if shutil.which("shellcheck"):
        ran = subprocess.run(["shellcheck", script], capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout
