"""Where worker processes come from: they are told of, shown by their names, and lost with it."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from workers.born import FAILED, KILLED, Born, Nursery
from workers.jobs import SHORT


@pytest.fixture
def nursery(make_site: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Nursery]:
    """That of a site which has nothing to do."""
    site = make_site()
    for name, value in site.environ.items():
        monkeypatch.setenv(name, value)
    nursery = Nursery(site.settings.home, [SHORT])
    yield nursery
    nursery.close()


@pytest.fixture
def lifelines() -> Iterator[list[int]]:
    """The ends of a pipe that is open for as long as the test lasts: reading, writing."""
    ends = list(os.pipe())
    yield ends
    for end in ends:
        os.close(end)


@pytest.fixture
def born(nursery: Nursery, lifelines: list[int]) -> Iterator[Born]:
    """A worker process."""
    born = nursery.bear(SHORT, "w1", lifelines[0])
    yield born
    born.kill()
    born.wait(10)


def words(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0").split()


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def works(client: Any, name: str) -> Callable[[], Any]:
    return lambda: client.exists(f"rq:worker:{name}")


def test_each_is_shown_as_what_it_is(born: Born, until: Callable[..., None]) -> None:
    until(lambda: words(born.pid)[:4] == ["dialplane", "workers.child", SHORT, "w1"])
    assert words(parent(born.pid)) == ["dialplane", "workers.nursery"]


def test_how_one_ends_is_told(
    nursery: Nursery, lifelines: list[int], client: Any, until: Callable[..., None]
) -> None:
    killed, asked = (nursery.bear(SHORT, name, lifelines[0]) for name in ("killed", "asked"))
    until(works(client, "asked"), 30)
    assert (killed.poll(), asked.poll()) == (None, None)
    killed.kill()
    asked.terminate()
    assert (killed.wait(20), asked.wait(20)) == (KILLED, 0)


def test_who_waits_for_one_that_runs_waits_in_vain(born: Born) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        born.wait(0.1)


def test_signals_to_the_whole_group_do_not_end_it(
    nursery: Nursery, born: Born, lifelines: list[int], client: Any, until: Callable[..., None]
) -> None:
    until(works(client, "w1"), 30)
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(parent(born.pid), number)
    other = nursery.bear(SHORT, "w2", lifelines[0])
    assert parent(other.pid) == parent(born.pid)
    other.kill()
    assert other.wait(10) == KILLED


def test_children_are_lost_with_it_and_others_come_from_a_new_one(
    nursery: Nursery, lifelines: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    first = nursery.bear(SHORT, "w1", lifelines[0])
    os.kill(parent(first.pid), signal.SIGKILL)
    assert first.wait(10) == KILLED
    second = nursery.bear(SHORT, "w2", lifelines[0])
    assert second.poll() is None
    second.kill()
    assert second.wait(10) == KILLED
    assert "the process that worker processes come from is lost" in caplog.text


def test_one_that_cannot_be_made_has_failed(
    nursery: Nursery, lifelines: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    nursery._process.kill()
    nursery._process.wait()
    monkeypatch.setitem(nursery._environ, "PYTHONPATH", "/nowhere")
    monkeypatch.setitem(nursery._environ, "PYTHONHOME", "/nowhere")
    failed = nursery.bear(SHORT, "w1", lifelines[0])
    assert failed.wait(1) == FAILED


def test_a_child_ends_with_its_supervisor(
    nursery: Nursery, client: Any, until: Callable[..., None]
) -> None:
    reading, writing = os.pipe()
    born = nursery.bear(SHORT, "w1", reading)
    os.close(reading)
    until(works(client, "w1"), 30)
    os.close(writing)
    assert born.wait(20) == 0
