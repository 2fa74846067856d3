"""`dialplane backup` and `dialplane restore`, as typed."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run


@pytest.fixture
def key(run: Run, tmp_path: Path) -> Path:
    """A key file; its recipient is in the environment."""
    path = tmp_path / "backup.key"
    made = run("backup", "key", path, "--json")
    assert made.code == 0
    os.environ["DIALPLANE_BACKUP_TO"] = json.loads(made.out)["recipient"]
    return path


@pytest.fixture(autouse=True)
def _unset() -> Iterator[None]:
    yield
    os.environ.pop("DIALPLANE_BACKUP_TO", None)


@pytest.fixture
def taken(run: Run, applied: str, key: Path, tmp_path: Path) -> Path:
    """A backup of a site with a campaign that is to run."""
    assert run("campaign", "start", applied).code == 0
    path = tmp_path / "monday.age"
    assert run("backup", "take", path).code == 0
    return path


@pytest.fixture
def other(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fresh_site: Path) -> Path:
    """Another site, just set up; commands are about it from now on."""
    folder = tmp_path / "other"
    shutil.copytree(fresh_site, folder)
    return folder


def test_a_key_is_its_owners_alone_and_never_written_over(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "k"
    made = run("backup", "key", path)
    assert "--to age1" in made.out
    assert "AGE-SECRET" not in made.out + made.err
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_bytes()
    again = run("backup", "key", path)
    assert (again.code, again.err) == (1, f"{path}: there is a file already; name another one\n")
    assert path.read_bytes() == before
    lost = run("backup", "key", tmp_path / "no" / "k")
    assert (lost.code, lost.err) == (
        1,
        f"{tmp_path}/no/k: it cannot be written: there is no such folder\n",
    )


def test_a_site_is_restored_into_another_and_its_campaigns_wait(
    run: Run, key: Path, taken: Path, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIALPLANE_HOME", str(other))
    done = run("restore", taken, "--key", key)
    assert done.code == 0, done.err
    assert "2 leads whose number was due are held for 24 h." in done.out
    assert "Campaign 'spring' is paused; go on with: dialplane campaign resume spring" in done.out
    [campaign] = [json.loads(line) for line in run("campaign", "list", "--json").lines]
    assert campaign["wanted"] == "paused"
    assert len(run("leads", "list", "spring", "--json").lines) == 2
    assert run("doctor", "--invariants", "--json").code == 0
    assert run("campaign", "resume", "spring").code == 0


def test_in_json_there_is_everything_that_is_told(
    run: Run, key: Path, taken: Path, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = json.loads(run("backup", "check", taken, "--key", key, "--json").out)
    assert looked["rows"]["leads"] == 2
    assert looked["database"] == "sqlite"
    monkeypatch.setenv("DIALPLANE_HOME", str(other))
    told = json.loads(run("restore", taken, "--key", key, "--hold", "0", "--json").out)
    assert told["paused"] == ["spring"]
    assert (told["held"], told["on_a_call"], told["broken"]) == (0, 0, {})
    assert told["taken_at"] == looked["taken_at"]


def test_a_database_with_rows_is_refused(run: Run, key: Path, taken: Path) -> None:
    refused = run("restore", taken, "--key", key)
    assert refused.code == 3
    assert "is not empty (there are rows in " in refused.err


def test_what_is_missing_or_wrong_is_one_sentence(
    run: Run, key: Path, taken: Path, tmp_path: Path
) -> None:
    junk, cut = tmp_path / "junk", tmp_path / "cut.age"
    junk.write_text("AGE-SECRET-KEY-1NOTONE\n")
    cut.write_bytes(taken.read_bytes()[:-7])
    other = tmp_path / "other.key"
    run("backup", "key", other)
    for words, code, told in (
        (("check", taken), 1, "--key: expected the file with the key"),
        (("check", taken, "--key", tmp_path / "none"), 1, "the key cannot be read: No such file"),
        (("check", taken, "--key", junk), 1, "it is no key of backups"),
        (("check", taken, "--key", other), 1, "cannot be opened with this key"),
        (("check", cut, "--key", key), 1, "damaged or cut short"),
        (("check", tmp_path / "none.age", "--key", key), 1, "No such file or directory"),
        (("check", tmp_path, "--key", key), 1, "no whole backup in this folder"),
        (("take", tmp_path / "x.age", "--to", "age1junk"), 1, "no recipient of backups"),
        (("take", tmp_path / "no" / "x.age"), 1, "cannot be written: No such file"),
        (("take", taken), 1, "there is a file already"),
    ):
        ran = run("backup", *words)
        assert ran.code == code, words
        assert told in ran.err
        assert len(ran.err.splitlines()) == 1
        assert "NOTONE" not in ran.err
        assert not ran.out
    del os.environ["DIALPLANE_BACKUP_TO"]
    assert "--to: expected a recipient" in run("backup", "take", tmp_path / "x.age").err


def test_a_restore_into_a_site_that_is_not_there_is_told(
    run: Run, key: Path, taken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIALPLANE_HOME", str(tmp_path / "nowhere"))
    assert run("restore", taken, "--key", key).code == 3


def test_a_followed_site_is_restored_to_its_last_second(
    run: Run,
    key: Path,
    applied: str,
    other: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "followed"
    program = Path(sys.executable).with_name("dialplane")
    process = subprocess.Popen(
        [program, "backup", "follow", folder, "--every", "0.2", "--json"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        assert next_file(process)["path"].endswith("00000000-full.age")
        assert run("dnc", "add", "+12125550111").code == 0
        assert next_file(process)["path"].endswith("00000001.age")
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.communicate()
    monkeypatch.setenv("DIALPLANE_HOME", str(other))
    assert run("backup", "check", folder, "--key", key).code == 0
    told = json.loads(run("restore", folder, "--key", key, "--json").out)
    assert told["segments"] == 1
    assert "is on the do-not-call list" in run("dnc", "check", "+12125550111").out


def next_file(process: "subprocess.Popen[str]") -> dict[str, Any]:
    assert process.stdout
    told: dict[str, Any] = json.loads(process.stdout.readline())
    return told
