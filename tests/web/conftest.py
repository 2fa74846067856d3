"""A site as it is seen from outside, and programs that serve it and work on it."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.workers.conftest import Site
from tests.workers.programs import Programs

TOKEN = "a-token-that-nobody-guesses-0123456789"


@pytest.fixture
def postgres_url(set_up_url: str) -> str:
    """A PostgreSQL database of its own, with all tables."""
    return set_up_url


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
def start(tmp_path: Path) -> Iterator[Programs]:
    """`start(site, "serve", ...)`: the command in a process of its own, until the test is over."""
    programs = Programs(tmp_path)
    yield programs
    programs.end()


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
