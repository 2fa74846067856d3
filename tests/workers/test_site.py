import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis

import storage.agents
from campaigns.orders import CampaignState, LogIn
from storage import leases
from storage.orders import put_order
from workers.redis_server import connect, locate
from workers.settings import Settings
from workers.settings_file import load_settings

Until = Callable[..., None]
Start = Callable[..., "subprocess.Popen[str]"]
PROGRAM = """
import sys
from workers import main
from workers.settings_file import load_settings
try:
    getattr(main, sys.argv[1])(load_settings(), tell=lambda text: print(text, flush=True))
except Exception as told:
    sys.exit(f"{type(told).__name__}: {told}")
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start `run_site` or `run_worker` in a process group of its own; all end with the test."""
    started: list[subprocess.Popen[str]] = []

    def begin(what: str, environ: dict[str, str]) -> "subprocess.Popen[str]":
        with (tmp_path / f"log-{len(started)}").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-P", "-c", PROGRAM, what],
                env={**os.environ, "DIALPLANE_LOG_LEVEL": "info", **environ},
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


def somebody_ready(site: Any) -> bool:
    """A fake PBX dies with its worker, and the phones of those who talk with it: where all do,
    nobody is left to dial for."""
    return any(agent.state == "ready" for agent in storage.agents.list_all(site.store))


def log_in(site: Any, agents: int) -> None:
    for number in range(agents):
        name = f"agent-{number:02d}"
        put_order(site.store, "spring", LogIn(name, name, "main"))


def holder(site: Any) -> str:
    seen = leases.look(site.store, "spring")
    return "" if seen is None or seen.lapsed else str(seen.lease.holder)


def group(pid: int, columns: str = "args=") -> list[str]:
    """The command lines of the processes of a process group, whole.

    `-ww`: readline, which pytest loads, leaves COLUMNS=80 in the environment of what is started,
    and ps would cut a long path there.
    """
    told = subprocess.run(
        ["ps", "-ww", "-o", columns, "-g", str(pid)], capture_output=True, text=True, check=False
    )
    return told.stdout.splitlines()


def ready(settings: Settings) -> set[str]:
    """The dial workers that wait at, or have last worked for, the Redis that answers now."""
    with connect(locate(settings) or "unix:///nowhere") as client:
        try:
            names = {key.decode() for key in client.scan_iter("rq:worker:*-dial-*")}
        except redis.RedisError:
            return set()
    return {name.removeprefix("rq:worker:") for name in names}


def kill_redis(settings: Settings) -> None:
    with connect(locate(settings) or "") as client:
        os.kill(client.info("server")["process_id"], signal.SIGKILL)


def dialling(site: Any, leader: int) -> tuple[str, int] | None:
    """The name and the number of the process of a group that holds the lease; None: none lives."""
    name = holder(site)
    lines = [line for line in group(leader, "pid=,args=") if f"workers.child dial {name} " in line]
    return (name, int(lines[0].split()[0])) if lines else None


def test_a_killed_worker_is_replaced_within_five_seconds_and_nobody_is_called_twice(
    make_site: Callable[..., Any],
    postgres_url: str,
    client: "redis.Redis",
    start: Start,
    until: Until,
) -> None:
    site = make_site(postgres_url, "fake://demo?seed=5&speed=5&talk=20")
    site.campaign(leads=400, agents=6)
    log_in(site, 6)
    first = start("run_worker", site.environ)
    until(lambda: len(site.attempts()) > 4, 60)
    second = start("run_worker", site.environ)
    assert second.stdout is not None
    told = second.stdout.readline()
    assert told == f"campaign 'spring' is already dialled by worker {holder(site)}; standing by\n"
    until(lambda: list(client.scan_iter(f"rq:worker:*-{second.pid}-*-dial-*")), 60)
    until(lambda: site.open() > 2 and somebody_ready(site), 60)

    os.killpg(first.pid, signal.SIGKILL)
    killed = time.monotonic()
    until(lambda: str(second.pid) in holder(site))
    took = time.monotonic() - killed
    token = site.lease_token()
    until(lambda: any(row.token == token for row in site.attempts()))

    site.want(CampaignState.STOPPED)
    until(lambda: site.stored().actual is CampaignState.STOPPED and not site.open(), 30)
    rows = site.attempts()
    assert took <= 5, f"took over after {took:.2f} s"
    assert len({row.number for row in rows}) == len(rows)
    assert all(row.outcome and row.ended_at for row in rows)
    assert Counter(row.outcome for row in rows)["lost"] >= 1
    second.terminate()
    assert second.wait(30) == 0


def test_a_site_of_its_own_starts_everything_replaces_what_dies_and_leaves_nothing(
    make_site: Callable[..., Any], start: Start, until: Until, tmp_path: Path
) -> None:
    site = make_site(pbx="fake://demo?seed=5&speed=5")
    site.campaign(leads=400, agents=3)
    log_in(site, 3)
    environ = {key: value for key, value in site.environ.items() if "REDIS" not in key}
    settings = load_settings(tmp_path, environ)
    up = start("run_site", environ)
    until(lambda: len(site.attempts()) > 3, 60)
    assert locate(settings) is not None
    other = start("run_site", environ)
    assert other.wait(60) == 1
    told = (tmp_path / "log-1").read_text()
    assert f"SiteBusy: this site is up already (process {up.pid})" in told

    until(lambda: len(ready(settings)) >= 2, 60)
    kill_redis(settings)
    until(lambda: locate(settings), 20)
    placed = len(site.attempts())
    until(lambda: len(site.attempts()) > placed, 30)

    # one that holds the lease, and one that Redis, made anew, can ring for
    until(lambda: dialling(site, up.pid) and ready(settings) - {holder(site)}, 60)
    found = dialling(site, up.pid)
    assert found is not None
    before, victim = found
    os.kill(victim, signal.SIGKILL)
    killed = time.monotonic()
    until(lambda: holder(site) not in ("", before))
    assert time.monotonic() - killed <= 5

    up.send_signal(signal.SIGINT)
    assert up.wait(30) == 0
    assert holder(site) == ""
    assert group(up.pid) == []
    assert locate(settings) is None


def test_a_redis_that_was_wiped_takes_nobody_away_who_stands_ready(
    make_site: Callable[..., Any],
    client: "redis.Redis",
    start: Start,
    until: Until,
) -> None:
    site = make_site()
    site.campaign(leads=5, agents=0)  # without agents it is held, and never over
    up = start("run_worker", site.environ)
    until(lambda: holder(site) and len(list(client.scan_iter("rq:worker:*-dial-*"))) == 2, 60)

    client.flushdb()
    for name in ("autumn", "winter"):  # the first takes the one that stands ready
        site.campaign(leads=0, agents=0, name=name)
        until(lambda name=name: site.lease_token(name), 30)
    assert len({lease.holder for lease in leases.held(site.store)}) == 3
    up.terminate()
    assert up.wait(30) == 0


def test_a_redis_that_comes_back_elsewhere_is_followed(
    make_site: Callable[..., Any], start: Start, until: Until, tmp_path: Path
) -> None:
    site = make_site(pbx="fake://demo?seed=5&speed=5")
    home = tmp_path / ("deep" * 30)  # too deep for a socket: its Redis has a port
    environ = {key: value for key, value in site.environ.items() if "REDIS" not in key}
    environ["DIALPLANE_HOME"] = str(home)
    settings = load_settings(home, environ)
    site.campaign(leads=400, agents=3)
    log_in(site, 3)
    up = start("run_site", environ)
    until(lambda: holder(site) and len(ready(settings)) == 2, 60)
    before, first = ready(settings), urlsplit(locate(settings) or "").port or 0

    up.send_signal(signal.SIGSTOP)
    kill_redis(settings)
    until(lambda: locate(settings) is None)
    with socket.create_server(("127.0.0.1", first)):
        up.send_signal(signal.SIGCONT)
        until(lambda: len(ready(settings) - before) >= 2, 60)
        until(lambda: holder(site) in ready(settings) - before, 60)
    site.want(CampaignState.STOPPED)
    until(lambda: site.stored().actual is CampaignState.STOPPED and not site.open(), 30)
    up.terminate()
    assert up.wait(30) == 0


def test_when_the_site_is_killed_everything_ends(
    make_site: Callable[..., Any], start: Start, until: Until, tmp_path: Path
) -> None:
    site = make_site()
    environ = {key: value for key, value in site.environ.items() if "REDIS" not in key}
    settings = load_settings(tmp_path, environ)
    up = start("run_site", environ)
    until(lambda: len([line for line in group(up.pid) if "workers.child" in line]) >= 2, 60)
    assert locate(settings) is not None

    up.kill()
    up.wait()
    until(lambda: group(up.pid) == [], 20)
    until(lambda: locate(settings) is None)


def test_a_worker_on_a_database_that_was_never_set_up_is_one_sentence(
    start: Start, tmp_path: Path, redis_url: str
) -> None:
    environ = {"DIALPLANE_HOME": str(tmp_path), "DIALPLANE_REDIS_URL": redis_url}
    worker = start("run_worker", environ)
    assert worker.wait(60) == 1
    told = (tmp_path / "log-0").read_text().splitlines()[-1]
    assert told.startswith("DatabaseTooOld: The database")
    assert "dialplane init" in told
