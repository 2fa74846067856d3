"""A site as it is seen from outside, and programs that serve it and work on it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.workers.conftest import Site

Start = Callable[..., "subprocess.Popen[str]"]
TOKEN = "a-token-that-nobody-guesses-0123456789"
MAIN = "from cli.main import main; main()"


@pytest.fixture
def make_site(tmp_path: Path, redis_url: str) -> Iterator[Callable[..., Site]]:
    """`make_site(database_url, pbx)`: a site in a home folder of its own."""
    made: list[Site] = []

    def make(database_url: str = "", pbx: str = "fake://demo?seed=5&speed=5") -> Site:
        url = database_url or f"sqlite:///{tmp_path / 'dialplane.db'}"
        made.append(Site(tmp_path, url, redis_url, pbx))
        return made[-1]

    yield make
    for site in made:
        site.store.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """`start(site, "serve", ...)`: the command in a process group that ends with the test."""
    started: list[subprocess.Popen[str]] = []

    def begin(site: Any, *words: str, **environ: str) -> "subprocess.Popen[str]":
        with (tmp_path / f"log-{len(started)}").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-P", "-c", MAIN, *words],
                env={**os.environ, **site.environ, **environ},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
    for log in sorted(tmp_path.glob("log-*")):  # shown when the test fails
        sys.stdout.write(f"-- {log.name} --\n{log.read_text()}")


@pytest.fixture
def until() -> Callable[..., Any]:
    """`until(probe, seconds)`: the first true answer; the test fails when there is none."""

    def wait(probe: Callable[[], Any], seconds: float = 10) -> Any:
        deadline = time.monotonic() + seconds
        while not (found := probe()):
            assert time.monotonic() < deadline, "waited in vain"
            time.sleep(0.05)
        return found

    return wait
