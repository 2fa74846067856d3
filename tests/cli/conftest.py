"""Commands run in this process, on a site of their own; `program` runs the real executable."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.main import app

CAMPAIGN = """\
name: spring
mode: progressive
trunks: [{name: carrier, channels: 10}]
caller_ids: ["+12125550100"]
agents: {teams: [sales], wrap_up: 4s}
leads: {list: spring}
windows: {timezone: UTC, hours: [{from: "00:00", to: "24:00"}]}
dispositions: [{name: sale, success: true}, {name: none}]
"""


@dataclass(frozen=True)
class Ran:
    """What came of a command."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


Run = Callable[..., Ran]
Serve = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a site that nobody has set up; no setting comes from outside."""
    for name in [n for n in os.environ if n.startswith("DIALPLANE_")]:
        monkeypatch.delenv(name)
    folder = tmp_path / "site"
    monkeypatch.setenv("DIALPLANE_HOME", str(folder))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def run(home: Path) -> Run:
    """Run `dialplane ARGS` here. An exception that gets through fails the test."""

    def command(*args: Any) -> Ran:
        result = CliRunner().invoke(app, [str(a) for a in args], prog_name="dialplane")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)

    return command


@pytest.fixture(scope="session")
def fresh_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `dialplane init` makes, made once: a copy is quicker than a database."""
    folder = tmp_path_factory.mktemp("fresh") / "site"
    result = CliRunner().invoke(app, ["init", str(folder)], prog_name="dialplane")
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture
def site(home: Path, fresh_site: Path) -> Path:
    """The folder of a site that has been set up."""
    shutil.copytree(fresh_site, home)
    return home


@pytest.fixture
def applied(run: Run, site: Path, tmp_path: Path) -> str:
    """A campaign that has been applied, with two leads on its list and an agent; its name."""
    file = tmp_path / "spring.yaml"
    file.write_text(CAMPAIGN)
    leads = tmp_path / "spring.csv"
    leads.write_text("number,name\n+12125550110,Ada\n+12125550111,Bo\n")
    assert run("campaign", "apply", file).code == 0
    assert run("leads", "import", leads, "--list", "spring").code == 0
    assert run("agent", "add", "ann", "--phone", "1001", "--team", "sales").code == 0
    return "spring"


@pytest.fixture
def program(home: Path) -> Run:
    """Run the real executable in a process of its own."""

    def command(*args: Any, **env: str) -> Ran:
        done = subprocess.run(
            [Path(sys.executable).parent / "dialplane", *map(str, args)],
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, **env},
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return command


@pytest.fixture
def campaign_text() -> str:
    """A campaign file that is right."""
    return CAMPAIGN


@pytest.fixture
def serve(home: Path) -> Iterator[Serve]:
    """Starts `dialplane fake-pbx ARGS`; all that was started ends with the test."""
    started: list[subprocess.Popen[str]] = []

    def start(*args: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [Path(sys.executable).parent / "dialplane", "fake-pbx", *args],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def addresses(process: "subprocess.Popen[str]") -> dict[str, Any]:
    assert process.stdout is not None
    found: dict[str, Any] = json.loads(process.stdout.readline())
    return found
