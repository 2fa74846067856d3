"""The shipped Valkey configuration under a campaign: enough for Dialplane, and for nothing else."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from typer.testing import CliRunner

import lab.valkey
from cli.main import app
from lab.valkey import Given, Valkey
from tests.docker.conftest import DIALPLANE, Prepared
from workers.redis_binary import server_binary

PLAN = """\
name: spring
mode: progressive
trunks: [{name: carrier, channels: 30, calls_per_second: 30}]
caller_ids: ["+12125550100"]
agents: {teams: [sales], wrap_up: 2s}
leads: {list: spring}
attempts: {per_lead: 1}
windows: {timezone: UTC, hours: [{from: "00:00", to: "24:00"}]}
dispositions: [{name: sale, success: true}, {name: no-interest}]
"""
LEADS, AGENTS = 30, 4


@pytest.fixture(scope="module")
def shipped(prepared: Prepared) -> Iterator[Valkey]:
    """A real server that runs the configuration of docker/, with the secret made for it."""
    secret = (prepared.site / "secrets/valkey-dialplane").read_text()
    given = Given(prepared.site / "valkey/valkey.conf", "dialplane", secret)
    with lab.valkey.start(server_binary(), given) as server:
        yield server


@pytest.fixture
def client(shipped: Valkey) -> Iterator["redis.Redis"]:
    with redis.from_url(shipped.url) as client:
        yield client


@pytest.fixture
def dialplane(
    tmp_path: Path, shipped: Valkey, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., list[dict[str, Any]]]:
    """`dialplane(WORD, ...)`: what the command prints as JSON, on a site of this test's own."""
    for name in [n for n in os.environ if n.startswith("DIALPLANE_")]:
        monkeypatch.delenv(name)

    def run(*words: str | Path) -> list[dict[str, Any]]:
        given = [*map(str, words), "--json"]
        ran = CliRunner().invoke(app, given, prog_name="dialplane", env=environ(tmp_path, shipped))
        assert ran.exit_code == 0, ran.output
        return [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]

    return run


def environ(home: Path, server: Valkey) -> dict[str, str]:
    ours = {k: v for k, v in os.environ.items() if not k.startswith("DIALPLANE_")}
    return {
        **ours,
        "DIALPLANE_HOME": str(home),
        "DIALPLANE_REDIS_URL": server.url,
        "DIALPLANE_PBX_MAIN": "fake://demo?seed=5&speed=20",
    }


@pytest.fixture
def campaign(tmp_path: Path, dialplane: Callable[..., list[dict[str, Any]]]) -> None:
    """A campaign that is to run, and nobody yet who dials it."""
    (tmp_path / "spring.yaml").write_text(PLAN)
    (tmp_path / "leads.csv").write_text(
        "number\n" + "".join(f"+1212555{n:04d}\n" for n in range(LEADS))
    )
    dialplane("init")
    for number in range(AGENTS):
        dialplane("agent", "add", f"a{number}", "--phone", f"100{number}", "--team", "sales")
    dialplane("leads", "import", tmp_path / "leads.csv", "--list", "spring")
    dialplane("campaign", "apply", tmp_path / "spring.yaml")
    dialplane("campaign", "start", "spring")


@pytest.fixture
def worker(tmp_path: Path, campaign: None, shipped: Valkey) -> Iterator[None]:
    """`dialplane worker`, with all the processes it starts."""
    log = tmp_path / "worker.log"
    with log.open("wb") as out:
        started = subprocess.Popen(
            [DIALPLANE, "worker"], env=environ(tmp_path, shipped), stdout=out, stderr=out
        )
    yield
    started.terminate()
    assert started.wait(60) == 0, log.read_text()
    assert "NOPERM" not in log.read_text()
    assert "no permission" not in log.read_text().lower()


def test_a_campaign_is_dialled_to_its_end_and_seen_live(
    worker: None, dialplane: Callable[..., list[dict[str, Any]]], client: "redis.Redis"
) -> None:
    live = wait_for(lambda: client.get("dialplane:live:spring"))
    watched = dialplane("campaign", "watch", "spring", "--seconds", "2")[0]
    for number in range(AGENTS):  # until then it dials nobody, so it was not over before
        dialplane("agent", "login", f"a{number}", "--campaign", "spring")
    wait_for(lambda: dialplane("campaign", "status", "spring")[0]["state"] == "finished")

    assert json.loads(live)["campaign"] == watched["campaign"] == "spring"
    assert len(dialplane("attempts", "list", "--campaign", "spring", "--limit", "100")) == LEADS
    assert refused(client) == 0


def refused(client: "redis.Redis") -> int:
    """How many commands the server has refused to its users so far."""
    found = client.info("errorstats")
    return int(found.get("errorstat_NOPERM", {}).get("count", 0))


def wait_for(what: Callable[[], Any], seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)
    return found


@pytest.mark.parametrize(
    "command",
    [
        "FLUSHALL",
        "FLUSHDB",
        "KEYS *",
        "SCAN 0",
        "CONFIG GET dir",
        "CONFIG SET dir /tmp",
        "MODULE LIST",
        "ACL LIST",
        "ACL SETUSER x",
        "EVAL return 0",
        "EVALSHA 0000000000000000000000000000000000000000 0",
        "SCRIPT LOAD return",
        "FUNCTION LIST",
        "SAVE",
        "REPLICAOF 127.0.0.1 1",
        "MONITOR",
        "SHUTDOWN",
        "CLIENT KILL TYPE normal",
        "SET other 1",
        "GET other",
        "LPUSH rq 1",
        "PUBLISH other hello",
        "PUBLISH rq:pubsub:w1 stop",
        "SUBSCRIBE other",
    ],
)
def test_what_dialplane_does_not_need_is_refused(client: "redis.Redis", command: str) -> None:
    with pytest.raises(redis.exceptions.NoPermissionError):
        client.execute_command(*command.split())  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("login", ["", "default:@", "default:guess@", "dialplane:guess@"])
def test_nobody_else_is_let_in(shipped: Valkey, login: str) -> None:
    where = shipped.url.rpartition("@")[2]
    with (
        redis.from_url(f"redis://{login}{where}") as stranger,
        pytest.raises(redis.exceptions.AuthenticationError),
    ):
        stranger.ping()


def test_nothing_is_evicted_and_everything_is_written_down(client: "redis.Redis") -> None:
    assert client.info("memory")["maxmemory_policy"] == "noeviction"
    assert client.info("persistence")["aof_enabled"] == 1


def test_the_password_stands_in_no_file_that_the_server_reads(prepared: Prepared) -> None:
    secret = (prepared.site / "secrets/valkey-dialplane").read_text()
    for path in (prepared.site / "valkey").iterdir():
        assert secret not in path.read_text()


def test_what_was_written_outlives_a_restart(shipped: Valkey) -> None:
    with redis.from_url(shipped.url) as client:
        client.set("dialplane:kept", "yes")
    shipped.stop()
    shipped.start()
    with redis.from_url(shipped.url) as client:
        assert client.get("dialplane:kept") == b"yes"
