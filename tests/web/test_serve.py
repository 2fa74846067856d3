"""`dialplane serve` in a process of its own, asked over a real socket, beside real workers."""

import json
import os
import re
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

import lab.postgres
from campaigns.orders import CampaignState, LogIn
from storage import leases
from storage.orders import put_order
from tests.web.conftest import TOKEN
from web.readiness import judge
from web.serve import _listening
from workers.live import live_key
from workers.overview import STRANGE, Lookout
from workers.redis_server import connect
from workers.settings import Settings, WebSettings

Start = Callable[..., "subprocess.Popen[str]"]
Until = Callable[..., Any]


def address(server: "subprocess.Popen[str]") -> str:
    """Where it listens, from its first sentence."""
    assert server.stdout is not None
    found = re.search(r"http://[^;]+", json.loads(server.stdout.readline())["told"])
    assert found
    return found[0]


@contextmanager
def served(start: Start, site: Any, *words: str, **environ: str) -> Iterator[httpx.Client]:
    server = start(site, "serve", "--port", "0", "--json", *words, **environ)
    with httpx.Client(base_url=address(server), timeout=10) as client:
        yield client
    server.terminate()
    assert server.wait(20) == 0


def part(client: httpx.Client, name: str) -> dict[str, Any]:
    return next((p for p in client.get("/ready").json()["parts"] if p["part"] == name), {})


def figures(client: httpx.Client) -> dict[tuple[str, ...], float]:
    """Every figure of /metrics, by its name and its labels' values."""
    families = text_string_to_metric_families(client.get("/metrics").text)
    samples = [sample for family in families for sample in family.samples]
    return {(s.name, *s.labels.values()): s.value for s in samples}


def total(client: httpx.Client, name: str) -> float:
    return sum(value for key, value in figures(client).items() if key[0] == name)


def test_a_site_at_work_is_ready_and_measured_until_its_worker_is_killed(
    make_site: Callable[..., Any], start: Start, until: Until, postgres_url: str
) -> None:
    site = make_site(postgres_url)
    site.campaign(leads=2000, agents=4, mode="predictive")
    with served(start, site) as client:
        assert client.get("/health").json() == {"alive": True}
        before = client.get("/ready")
        assert (before.status_code, before.json()["ready"]) == (503, False)
        assert "dialplane worker" in part(client, "workers")["words"]

        worker = start(site, "worker")
        until(lambda: client.get("/ready").status_code == 200, 60)
        assert all(p["ok"] and p["words"] for p in client.get("/ready").json()["parts"])
        for number in range(4):
            name = f"agent-{number:02d}"
            put_order(site.store, "spring", LogIn(name, name, "main"))
        until(lambda: total(client, "dialplane_attempts_total") > 5, 60)

        seen = figures(client)
        assert seen["dialplane_pbx_link_up", "spring", "main"] == 1
        assert seen["dialplane_campaign_dialled", "spring"] == 1
        assert 0 <= seen["dialplane_lease_age_seconds", "spring"] < 3
        assert sum(n for key, n in seen.items() if key[0] == "dialplane_agents") == 4
        assert seen["dialplane_dialled_total", "spring"] > 5
        assert seen["dialplane_events_total", "spring"] > seen["dialplane_dialled_total", "spring"]
        assert 0 <= seen["dialplane_event_lag_seconds", "spring"] < 30
        assert seen["dialplane_abandonment_limit_ratio", "spring"] == 0.03
        assert seen["dialplane_queue_workers", "dial"] >= 1
        assert seen["dialplane_sweeper_up",] == 1
        assert seen["dialplane_invariants_checked_timestamp_seconds",] > 0
        assert not [k for k in seen if k[0] == "dialplane_invariants_broken"]

        os.killpg(worker.pid, signal.SIGKILL)
        until(lambda: part(client, "campaign spring")["ok"] is False, 20)
        assert client.get("/ready").status_code == 503
        until(lambda: figures(client)["dialplane_campaign_dialled", "spring"] == 0)


def test_a_pbx_that_is_away_is_told_of_and_the_rest_is_well(
    make_site: Callable[..., Any], start: Start, until: Until
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound, and never listening
        site = make_site(pbx=f"ami://u:p4ssw0rd-of-ami@127.0.0.1:{nobody.getsockname()[1]}")
        site.campaign(leads=3, agents=1)
        with served(start, site) as client:
            worker = start(site, "worker")
            until(lambda: "no link to PBX main" in str(part(client, "campaign spring")), 60)
            answer = client.get("/ready")
            assert answer.status_code == 503
            assert {p["part"]: p["ok"] for p in answer.json()["parts"]} == {
                "database": True,
                "redis": True,
                "workers": True,
                "campaign spring": False,
            }
            assert "p4ssw0rd" not in answer.text
            assert figures(client)["dialplane_pbx_link_up", "spring", "main"] == 0
            site.want(CampaignState.PAUSED)
            until(lambda: client.get("/ready").status_code == 200)
            worker.terminate()
            assert worker.wait(30) == 0


def test_a_database_that_stands_still_or_is_away_keeps_nobody_waiting(
    make_site: Callable[..., Any], start: Start, until: Until
) -> None:
    with lab.postgres.start() as server:
        site = make_site(server.fresh())
        with served(start, site) as client:
            assert part(client, "database")["ok"]
            site.store.close()
            server.stop()
            until(lambda: not part(client, "database")["ok"])
            assert client.get("/health").status_code == 200
            seen = figures(client)
            assert seen["dialplane_part_up", "database"] == 0
            assert ("dialplane_outbox_oldest_seconds",) not in seen
            server.start()
            until(lambda: part(client, "database")["ok"], 20)


def test_a_database_of_another_version_is_told_of(
    make_site: Callable[..., Any], start: Start
) -> None:
    site = make_site()
    empty = site.environ["DIALPLANE_DATABASE_URL"].replace("dialplane.db", "empty.db")
    with served(start, site, DIALPLANE_DATABASE_URL=empty) as client:
        assert "dialplane init" in part(client, "database")["words"]


@pytest.mark.parametrize("rubbish", [b"\xff\xfe", b"deliver-1"])
def test_rubbish_in_redis_hides_no_other_part(
    make_site: Callable[..., Any], redis_url: str, rubbish: bytes
) -> None:
    site = make_site()
    with connect(redis_url) as client:
        client.rpush("rq:queue:short", rubbish)
        client.hset("rq:job:deliver-1", "enqueued_at", "never")
    lookout = Lookout(site.settings)
    try:
        seen = lookout.look()
    finally:
        lookout.close()
    assert (seen.database, seen.redis) == ("", STRANGE)


def test_a_snapshot_that_cannot_be_read_is_counted_told_once_and_hides_nothing(
    make_site: Callable[..., Any], redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    site = make_site()
    site.campaign(leads=1, agents=1)
    leases.acquire(site.store, "spring", "w1", ttl=60)
    lookout = Lookout(site.settings)
    try:
        with connect(redis_url) as client:
            client.set(live_key("spring"), b'{"calls": {"ringing": "two"}}')
            seen = [lookout._look(), lookout._look()][-1]
            told = [record.message for record in caplog.records]
            client.set(live_key("spring"), b'{"calls": {"ringing": 2}}')
            assert lookout._look().unreadable == ()
    finally:
        lookout.close()
    assert (seen.redis, seen.unreadable, dict(seen.live)) == ("", ("spring",), {})
    assert seen.queues
    assert len(told) == 1
    assert "campaign 'spring'" in told[0]
    wrong = {part.part: part.words for part in judge(seen)}
    assert "cannot be read" in wrong["campaign spring"]


def test_others_need_the_token(make_site: Callable[..., Any], start: Start) -> None:
    site = make_site()
    passed_on = {"X-Forwarded-For": "203.0.113.9"}
    with served(start, site, DIALPLANE_WEB_TOKEN=TOKEN) as client:
        assert client.get("/metrics", headers=passed_on).status_code == 401
        assert client.get("/health", headers=passed_on).status_code == 200
        shown = {**passed_on, "Authorization": f"Bearer {TOKEN}"}
        assert client.get("/metrics", headers=shown).status_code == 200
        wrong = {**passed_on, "Authorization": f"Bearer {TOKEN[:-1]}x"}
        assert client.get("/metrics", headers=wrong).status_code == 401
        assert TOKEN not in client.get("/ready").text


def test_a_port_that_is_taken_is_one_sentence(make_site: Callable[..., Any], start: Start) -> None:
    site = make_site()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = start(site, "serve", "--port", str(taken.getsockname()[1]))
        assert server.wait(60) == 3
    told = (site.settings.home / "log-0").read_text()
    assert told.startswith("127.0.0.1 port ")
    assert "--port" in told
    assert len(told.splitlines()) == 1


def test_an_empty_address_is_one_sentence_and_not_all_addresses(
    make_site: Callable[..., Any], start: Start
) -> None:
    site = make_site()
    assert start(site, "serve", "--host", "").wait(60) == 1
    told = (site.settings.home / "log-0").read_text()
    assert told == "--host: expected an address of this machine, such as 127.0.0.1\n"


def test_an_answer_does_not_wait_for_the_clients_acknowledgement(tmp_path: Path) -> None:
    url = SecretStr(f"sqlite:///{tmp_path / 'site.db'}")
    settings = Settings(
        home=tmp_path, database_url=url, recordings=tmp_path, web=WebSettings(port=0)
    )
    with (
        _listening(settings) as listener,
        socket.create_connection(listener.getsockname()),
    ):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
