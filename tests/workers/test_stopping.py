"""Workers that are told to stop, on a PBX whose calls outlive them."""

import json
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis

from storage import leases
from storage.invariants.check import broken
from storage.tables.attempts import AttemptRow
from tests.workers.programs import Programs
from workers.live import read_live

Until = Callable[..., None]
WORLD = "fake://demo?answer=0.7&ring=2&talk="
AGENTS = {"DIALPLANE_SIMULATED_AGENTS": "5", "DIALPLANE_DIAL_WORKERS": "1"}


@pytest.fixture(params=[12])
def site(
    request: pytest.FixtureRequest,
    make_site: Callable[..., Any],
    programs: Programs,
    postgres_url: str,
) -> Any:
    """A campaign on a PBX in a process of its own; its customers talk for so many seconds."""
    place = type("Anywhere", (), {"environ": {}})
    pbx = programs(place, "fake-pbx", "--esl", "0", "--json", "--world", f"{WORLD}{request.param}")
    assert pbx.stdout is not None
    site = make_site(postgres_url, json.loads(pbx.stdout.readline())["esl"]["url"])
    site.campaign(leads=3000, agents=5)
    return site


def holder(site: Any) -> str:
    seen = leases.look(site.store, "spring")
    return "" if seen is None or seen.lapsed else str(seen.lease.holder)


def live(client: "redis.Redis") -> dict[str, Any]:
    """The latest snapshot; without figures while nobody dials."""
    return read_live(client, "spring") or {}


def talking(client: "redis.Redis") -> int:
    return int(live(client).get("calls", {}).get("talking", 0))


def ended(site: Any, ids: set[Any]) -> list[AttemptRow]:
    return [row for row in site.attempts() if row.id in ids and row.ended_at is not None]


def said(program: "subprocess.Popen[str]") -> str:
    """All that it told, once it has ended."""
    assert program.stdout is not None
    return program.stdout.read()


def test_calls_in_progress_are_handed_over_and_none_is_lost(
    site: Any, programs: Programs, client: "redis.Redis", until: Until
) -> None:
    first = programs(site, "worker", DIALPLANE_DRAIN_SECONDS="1", **AGENTS)
    until(lambda: site.open() >= 4, 60)
    second = programs(site, "worker", **AGENTS)
    until(lambda: list(client.scan_iter(f"rq:worker:*-{second.pid}-*-dial-*")), 60)

    first.terminate()
    told = time.monotonic()
    until(lambda: f"-{second.pid}-" in holder(site), 20)
    took = time.monotonic() - told
    assert first.wait(30) == 0
    assert "left in progress" not in said(first)
    assert took <= 6, f"handed over after {took:.1f} s, of which 1 s was for the calls to end"

    token = site.lease_token()
    taken = {row.id for row in site.attempts() if row.token < token}
    until(lambda: len(ended(site, taken)) == len(taken), 60)
    outcomes = Counter(row.outcome for row in ended(site, taken))
    assert outcomes["lost"] == 0, outcomes
    assert outcomes["connected"] > 0
    until(lambda: any(row.token == token for row in site.attempts()), 20)
    assert broken(site.store) == {}


@pytest.mark.parametrize("site", [900], indirect=True)
def test_who_is_alone_says_what_is_left_and_the_next_one_takes_it_over(
    site: Any, programs: Programs, client: "redis.Redis", until: Until
) -> None:
    first = programs(site, "worker", DIALPLANE_DRAIN_SECONDS="0", **AGENTS)
    until(lambda: talking(client) >= 3, 90)
    talks = talking(client)
    first.terminate()
    assert first.wait(40) == 0
    left = {row.id for row in site.attempts() if row.ended_at is None}
    assert f"Campaign 'spring': {len(left)} calls are left in progress" in said(first)
    assert holder(site) == ""

    programs(site, "worker", **AGENTS)
    until(lambda: talking(client) >= talks, 60)
    lost = [row for row in ended(site, left) if row.outcome == "lost"]
    assert len(lost) <= len(left) - talks  # those that rang, and ended while nobody listened
    assert broken(site.store) == {}


@pytest.mark.parametrize("site", [30], indirect=True)
def test_no_call_is_begun_while_it_waits_and_a_second_signal_ends_the_waiting(
    site: Any, programs: Programs, client: "redis.Redis", until: Until, tmp_path: Path
) -> None:
    worker = programs(site, "worker", DIALPLANE_DRAIN_SECONDS="600", **AGENTS)
    until(lambda: talking(client) >= 3, 90)
    worker.terminate()
    until(lambda: live(client).get("draining"), 20)
    until(lambda: live(client).get("claiming") == 0, 10)
    placed, busy = len(site.attempts()), site.open()
    until(lambda: site.open() < busy, 60)
    assert site.open() > 0
    assert worker.poll() is None  # it waits for the others
    assert len(site.attempts()) == placed

    worker.terminate()
    began = time.monotonic()
    assert worker.wait(30) == 0
    assert time.monotonic() - began < 20
    assert holder(site) == ""
    assert not list((tmp_path / "unsaved").glob("*"))  # whatever was seen is in the database
    assert f"{site.open()} calls are left in progress" in said(worker)
    assert broken(site.store) == {}
