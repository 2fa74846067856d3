"""The worker processes of a supervisor: how many there are, and when they are made anew."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
import redis

from storage import leases
from storage.errors import DatabaseUnavailable
from workers.children import SETTLED_SECONDS, Children
from workers.flag import Flag
from workers.jobs import DIAL, SHORT
from workers.main import _holders


@pytest.fixture
def site(make_site: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Its campaign is not run, so that the workers find nothing to do."""
    site = make_site()
    for name, value in site.environ.items():
        monkeypatch.setenv(name, value)
    return site


@pytest.fixture
def children(site: Any) -> Iterator[Children]:
    children = Children(site.settings, (DIAL, SHORT), "test")
    yield children
    children.stop(0.0, Flag())


def test_one_stands_ready_however_little_redis_knows(
    site: Any, children: Children, client: "redis.Redis", until: Callable[..., None]
) -> None:
    holders = partial(_holders, site.store)
    children.fill(holders)
    children.fill(holders)
    [first] = children.names(DIAL)
    assert len(children.names(SHORT)) == 1
    until(lambda: client.exists(f"rq:worker:{first}"), 60)

    assert leases.acquire(site.store, "spring", first) is not None
    client.flushdb()
    children.fill(holders)
    children.fill(holders)
    assert len(children.names(DIAL)) == 2


def test_nobody_is_started_on_a_guess(
    site: Any, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> None:
        raise DatabaseUnavailable("the database does not answer")

    children.fill(partial(_holders, site.store))
    monkeypatch.setattr(leases, "held", away)
    children.fill(partial(_holders, site.store))
    assert len(children.names(DIAL)) == 1


def test_those_of_a_redis_that_is_gone_are_replaced_at_once(
    site: Any, children: Children, until: Callable[..., None]
) -> None:
    holders = partial(_holders, site.store)
    children.fill(holders)
    before = {*children.names(DIAL), *children.names(SHORT)}
    children.renew()
    children.fill(holders)
    after = {*children.names(DIAL), *children.names(SHORT)}
    assert len(after) == 2
    assert not after & before
    gone: set[str] = set()

    def all_gone() -> bool:
        gone.update(children.bury())
        return gone == before

    until(all_gone, 60)


@pytest.mark.parametrize(
    ("lived", "waits"), [(0.0, [0.5, 1.0, 2.0]), (SETTLED_SECONDS, [0.5, 0.5, 0.5])]
)
def test_only_who_dies_young_is_followed_late(
    children: Children,
    until: Callable[..., None],
    caplog: pytest.LogCaptureFixture,
    lived: float,
    waits: list[float],
) -> None:
    for _ in waits:
        children._not_before[SHORT] = 0.0
        children.fill(lambda: None)
        [child] = children._of(SHORT)
        child.started -= lived
        child.process.kill()
        until(children.bury, 10)
    told = [r.getMessage() for r in caplog.records if "another starts" in r.msg]
    assert [line.rpartition("in ")[2] for line in told] == [f"{wait:.1f} s" for wait in waits]


def test_a_redis_that_goes_away_as_a_worker_begins_is_a_sentence(site: Any) -> None:
    program = (
        "import sys; from workers import child; connect = child.connect\n"
        "child.connect = lambda _: connect('redis://127.0.0.1:1/0')\n"  # it was there a moment ago
        "sys.exit(child.main('short', 'w1', int(sys.argv[1])))"
    )
    lifeline, ours = os.pipe()
    ended = subprocess.run(
        [sys.executable, "-P", "-c", program, str(lifeline)],
        pass_fds=[lifeline],
        capture_output=True,
        text=True,
        check=False,
    )
    os.close(lifeline)
    os.close(ours)
    assert ended.returncode == 1
    assert ended.stderr.startswith("short worker w1: Redis has gone away: Error 111 connecting")
    assert "Traceback" not in ended.stderr
