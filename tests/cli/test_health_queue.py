"""What `doctor` says of the queue: a real Redis that is open, or keeps nothing; keys; refusals."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis

import lab.valkey
from cli import health_queue
from cli.health import Verdict
from cli.health_queue import addresses_of, closed, jobs, lasting, open_at
from lab.valkey import Given, Valkey
from workers.jobs import Reason
from workers.redis_binary import server_binary
from workers.refusals import REFUSED_KEY


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    """A server that lets in whoever comes, and writes nothing down."""
    folder = tmp_path_factory.mktemp("open")
    (folder / "valkey.conf").write_text('protected-mode no\nappendonly no\nsave ""\n')
    (folder / "users.acl").write_text("user default on nopass ~* &* +@all\n")
    given = Given(folder / "valkey.conf", "default", "whatever")
    with lab.valkey.start(server_binary(), given) as server:
        yield server


def found(run: Any, part: str) -> dict[str, str]:
    """Verdicts by their words."""
    findings = json.loads(run("doctor", "--json").out)["findings"]
    return {f["words"]: f["verdict"] for f in findings if f["part"] == part}


def host(server: Valkey) -> str:
    return urlsplit(server.url).hostname or ""


def test_an_open_redis_beyond_loopback_is_wrong(
    run: Any, site: Path, open_server: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIALPLANE_REDIS_URL", open_server.url)
    monkeypatch.setattr(health_queue, "_is_loopback", lambda _: False)
    told = found(run, "redis")
    where = urlsplit(open_server.url).netloc.partition("@")[2]
    assert told[f"it lets in anybody who reaches {where}, without a password"] == "wrong"
    assert told["it writes nothing down: a restart forgets what was rung for"] == "warning"


def test_a_redis_with_a_password_lets_in_nobody(
    valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health_queue, "_is_loopback", lambda _: False)
    assert open_at(valkey.url) is None
    secret = urlsplit(valkey.url).password
    assert (
        open_at(f"redis://{urlsplit(valkey.url).netloc.partition('@')[2]}?password={secret}")
        is None
    )


def test_what_listens_on_loopback_alone_is_open_to_nobody_else(open_server: Valkey) -> None:
    assert host(open_server) not in addresses_of(host(open_server))
    assert open_at(open_server.url) is None
    assert open_at("unix:///run/redis.sock") is None


def test_a_server_elsewhere_is_asked_where_it_is() -> None:
    assert addresses_of("redis.example.com") == ["redis.example.com"]
    assert addresses_of("2001:db8::1") == ["2001:db8::1"]
    for ours in ("localhost", "127.0.0.9", "::1"):
        assert not {"127.0.0.1", "::1", ours}.intersection(addresses_of(ours))


def test_refused_jobs_are_told(
    run: Any, site: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIALPLANE_REDIS_URL", redis_url)
    assert found(run, "jobs") == {"none was refused": "ok"}
    with redis.from_url(redis_url) as client:
        client.hset(REFUSED_KEY, mapping={"SEAL": 3, "EXPIRED": 5, "NEWER": 1})
    assert found(run, "jobs") == {"3 refused: it was not sealed with a key of this site": "warning"}


def test_keys_that_others_can_read_are_wrong(run: Any, site: Path) -> None:
    keys = site / "job.keys"
    assert found(run, "job keys") == {str(keys): "ok"}
    keys.chmod(0o640)
    told = found(run, "job keys")
    assert told == {f"{keys} may be read by others, who could make workers run jobs": "wrong"}


def test_keys_that_are_missing_or_another_sites_are_wrong(run: Any, site: Path) -> None:
    keys = site / "job.keys"
    keys.write_text("another-key-of-the-tests-0123456789\n")
    [(words, verdict)] = found(run, "job keys").items()
    assert verdict == "wrong"
    assert "sealed with a key that this machine has not" in words
    keys.unlink()
    [(words, verdict)] = found(run, "job keys").items()
    assert verdict == "wrong"
    assert "not there" in words
    ran = run("worker")
    assert (ran.code, ran.err) == (1, f"{words}\n")


def test_init_makes_a_new_key_before_the_old_one(run: Any, site: Path) -> None:
    keys = site / "job.keys"
    before = keys.read_text().splitlines()
    assert run("init").code == 0
    assert keys.read_text().splitlines() == before
    ran = json.loads(run("init", "--new-job-key", "--json").out)
    assert ran["made"] == ["job.keys"]
    after = keys.read_text().splitlines()
    assert (after[0], after[2:]) == (before[0], before[1:])
    assert list(found(run, "job keys").values()) == ["ok"]


@pytest.mark.parametrize(
    ("finding", "verdict"),
    [
        (lasting({"aof_enabled": 1}), Verdict.OK),
        (lasting({"aof_enabled": 0}), Verdict.WARNING),
        (lasting({}), Verdict.WARNING),
        (closed(None), Verdict.OK),
        (closed("192.0.2.7:6379"), Verdict.WRONG),
        (jobs({}), Verdict.OK),
        (jobs({Reason.EXPIRED: 7}), Verdict.OK),
        (jobs({Reason.CALLBACKS: 1}), Verdict.WARNING),
    ],
)
def test_each_limit(finding: Any, verdict: Verdict) -> None:
    assert finding.verdict is verdict
    assert bool(finding.mend) is (verdict is not Verdict.OK)
