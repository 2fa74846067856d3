"""`init` makes a site that works; `doctor` tells what is wrong with one."""

import json
import os
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from campaigns.orders import CampaignState
from cli.health import Verdict
from cli.health_data import backup, campaigns, clock, do_not_call, results
from cli.health_site import GIB, disk
from cli.site import now, open_site
from storage import leases
from storage.backup.behind import Behind
from storage.campaigns import note_actual, note_why
from storage.outbox import Backlog

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def test_init_makes_a_site_and_keeps_what_is_there(run: Any, home: Path) -> None:
    told = json.loads(run("init", "--json").out)
    assert (told["home"], told["upgraded"]) == (str(home), True)
    assert "dialplane.toml" in told["made"]
    assert (home.stat().st_mode & 0o777, (home / "dialplane.toml").stat().st_mode & 0o777) == (
        0o700,
        0o600,
    )
    (home / "dialplane.toml").write_text("log_level = 'debug'\n")
    again = json.loads(run("init", "--json").out)
    assert (again["upgraded"], again["made"]) == (False, [])
    assert (home / "dialplane.toml").read_text() == "log_level = 'debug'\n"
    assert run("campaign", "validate", home / "examples/progressive.yaml").code == 0


@pytest.mark.parametrize("command", ["doctor --invariants", "campaign list", "leads list"])
def test_looking_at_a_site_without_a_database_makes_none(
    run: Any, home: Path, command: str
) -> None:
    home.mkdir()
    ran = run(*command.split())
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.endswith("has not been set up for this program; run: dialplane init\n")
    assert list(home.iterdir()) == []


def test_init_tells_how_to_go_on(run: Any, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    ran = run("init", folder)
    assert ran.code == 0
    assert f"export DIALPLANE_HOME={folder}" in ran.out


def test_a_folder_that_cannot_be_made(run: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ran = run("init", tmp_path / "file" / "site")
    assert (ran.code, ran.out) == (1, "")
    assert "the folder cannot be made" in ran.err


def test_examples_that_cannot_be_written_leave_nothing_half_done(run: Any, home: Path) -> None:
    home.mkdir()
    (home / "examples").write_text("")
    ran = run("init")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == f"{home}/examples: it is a file; expected a folder, or a name for one\n"
    assert [path.name for path in home.iterdir()] == ["examples"]


@pytest.mark.parametrize("command", ["init", "up", "worker", "doctor", "campaign list"])
def test_a_database_url_that_names_none_is_bad_input(
    run: Any, home: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    home.mkdir()
    (home / "dialplane.toml").write_text("database_url = 'mongodb://x/y'\n")
    ran = run(*command.split())
    assert ran.code == 1
    if command != "doctor":
        assert ran.out == ""
        assert ran.err.startswith(
            f"{home}/dialplane.toml: database_url: The database URL begins with 'mongodb:'"
        )
    monkeypatch.setenv("DIALPLANE_DATABASE_URL", "nonsense")
    ran = run(*command.split())
    assert ran.code == 1
    if command != "doctor":
        assert ran.err == (
            "environment variable DIALPLANE_DATABASE_URL: The database URL cannot be read; "
            "expected sqlite:///path/to/file.db or postgresql://user:password@host/name\n"
        )


def test_a_new_site_is_well(run: Any, site: Path) -> None:
    ran = run("doctor", "--json")
    told = json.loads(ran.out)
    assert (ran.code, told["ok"]) == (0, True)
    parts = {finding["part"]: finding["verdict"] for finding in told["findings"]}
    assert parts["database"] == parts["clock"] == parts["pbx main"] == parts["redis"] == "ok"
    assert parts["do-not-call"] == "warning"


def test_what_is_wrong_is_told_with_what_to_do(
    run: Any, applied: str, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("campaign", "start", applied)
    (site / "dialplane.toml").chmod(0o644)
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        port = unheard.getsockname()[1]
        monkeypatch.setenv("DIALPLANE_PBX_MAIN", f"ami://me:secret@127.0.0.1:{port}")
        monkeypatch.setenv("DIALPLANE_REDIS_URL", f"redis://:secret@127.0.0.1:{port}/0")
        ran = run("doctor", "--json")
    found = {f["part"]: f for f in json.loads(ran.out)["findings"]}
    assert ran.code == 1
    assert "secret" not in ran.out
    assert found["pbx main"]["verdict"] == found["redis"]["verdict"] == "wrong"
    assert found["campaigns"]["words"] == "no worker dials spring"
    assert found["settings"]["mend"] == f"run: chmod 600 {site / 'dialplane.toml'}"
    assert all(f["mend"] for f in found.values() if f["verdict"] != "ok")


def test_a_campaign_that_cannot_be_dialled_is_wrong(run: Any, applied: str, site: Path) -> None:
    def words() -> str:
        ran = run("doctor", "--json")
        assert ran.code == 1
        found = json.loads(ran.out)["findings"]
        return str(next(f["words"] for f in found if f["part"] == "campaigns"))

    run("campaign", "start", applied)
    with open_site() as opened:
        assert leases.acquire(opened.store, applied, "a worker", ttl=60)
        assert "spring: it is to run, and is 'draft'" in words()
        note_actual(opened.store, applied, CampaignState.RUNNING, now())
        assert run("doctor").code == 0
        note_why(opened.store, applied, "PBX 'main' does not answer")
        assert words() == "spring: PBX 'main' does not answer"
    (site / "dialplane.toml").write_text("[pbx]\neast = 'fake://demo'\n")
    assert (
        words() == f"spring: no PBX 'main' under [pbx] in {site}/dialplane.toml (there are: east)"
    )


def test_a_database_that_was_never_set_up(run: Any, home: Path) -> None:
    home.mkdir()
    ran = run("doctor", "--json")
    found = {f["part"]: f for f in json.loads(ran.out)["findings"]}
    assert ran.code == 1
    assert (found["database"]["verdict"], found["database"]["mend"]) == (
        "wrong",
        "run: dialplane init",
    )


@pytest.mark.parametrize(
    ("finding", "verdict"),
    [
        (clock(NOW, NOW + timedelta(seconds=1.9)), Verdict.OK),
        (clock(NOW, NOW - timedelta(seconds=3)), Verdict.WRONG),
        (do_not_call(None, NOW), Verdict.WARNING),
        (do_not_call((NOW - timedelta(days=28)).isoformat(), NOW), Verdict.OK),
        (do_not_call((NOW - timedelta(days=28, seconds=1)).isoformat(), NOW), Verdict.WARNING),
        (disk(Path("/x"), 3 * GIB), Verdict.OK),
        (disk(Path("/x"), GIB), Verdict.WARNING),
        (disk(Path("/x"), GIB // 10), Verdict.WRONG),
        (campaigns([], {}), Verdict.OK),
        (campaigns(["a"], {}), Verdict.WRONG),
        (campaigns([], {"a": "no PBX 'nope'"}), Verdict.WRONG),
        (results(Backlog(5, 0, 10)), Verdict.OK),
        (results(Backlog(5, 0, 1000)), Verdict.WARNING),
        (results(Backlog(0, 1, 0)), Verdict.WARNING),
        (backup(Behind(900_000, 300)), Verdict.OK),
        (backup(Behind(7, 301)), Verdict.WARNING),
    ],
)
def test_each_limit(finding: Any, verdict: Verdict) -> None:
    assert finding.verdict is verdict
    assert bool(finding.mend) is (verdict is not Verdict.OK)


def test_files_for_an_asterisk(run: Any, tmp_path: Path) -> None:
    told = json.loads(run("pbx", "config", "--into", tmp_path / "etc", "--json").out)
    assert told["url"].startswith("ami://dialplane:")
    secret = told["url"].split(":")[2].split("@")[0]
    texts = {Path(name).parent.name: Path(name).read_text() for name in told["files"]}
    assert f"secret = {secret}" in texts["manager.d"]
    assert all(os.stat(name).st_mode & 0o077 == 0 for name in told["files"])
    ran = run("pbx", "config", "--into", tmp_path / "etc")
    assert (ran.code, ran.out) == (1, "")
    assert "is there already" in ran.err
    ran = run("pbx", "config", "--into", tmp_path / "b", "--secret", "x\nwrite = system")
    assert ran.code == 1
    assert ran.err.startswith("the PBX configuration's secret must be")
