import signal
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
from rq.exceptions import StopRequested
from rq.job import Job
from rq.serializers import JSONSerializer

from workers import jobs
from workers.flag import Flag
from workers.job_keys import Keys
from workers.jobs import DIAL, SHORT, JobRefused
from workers.queue import SLOT_SECONDS, queue, ring
from workers.safe_job import SafeJob
from workers.worker import DoorbellWorker

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
runs: list[tuple[Any, ...]] = []


def note(*args: Any) -> None:
    runs.append(args)


@pytest.fixture(autouse=True)
def _listed(monkeypatch: pytest.MonkeyPatch) -> None:
    runs.clear()
    monkeypatch.setattr("workers.deliver_target", note, raising=False)
    monkeypatch.setattr(
        jobs,
        "JOBS",
        {"run_campaign": "workers:deliver_target", "deliver": "workers:deliver_target"},
    )


def work(client: "redis.Redis", keys: Keys, name: str = SHORT) -> None:
    DoorbellWorker(name, client, f"test-{name}", Flag(), keys).work(burst=True)


def job(client: "redis.Redis", job_id: str) -> Job:
    return SafeJob.fetch(job_id, connection=client, serializer=JSONSerializer)


def test_a_listed_job_runs_with_its_ids(client: "redis.Redis", keys: Keys) -> None:
    assert ring(client, "run_campaign", "spring-sale", keys=keys, now=NOW)
    work(client, keys, DIAL)
    assert runs == [("spring-sale",)]
    assert not list(client.scan_iter("rq:job:*"))


def slot(name: str) -> int:
    return int(NOW.timestamp() / SLOT_SECONDS[name])


def test_whoever_rings_twice_puts_one_job(client: "redis.Redis", keys: Keys) -> None:
    assert ring(client, "run_campaign", "a", keys=keys, now=NOW)
    assert not ring(client, "run_campaign", "a", keys=keys, now=NOW)
    assert not ring(client, "run_campaign", "a", keys=keys, now=NOW + timedelta(minutes=1))
    assert ring(client, "run_campaign", "a-5", keys=keys, now=NOW)
    number = slot(DIAL)
    assert queue(DIAL, client).get_job_ids() == [f"dial-a-{number}", f"dial-a-5-{number}"]


def test_many_that_ring_at_once_put_one_job(client: "redis.Redis", keys: Keys) -> None:
    with ThreadPoolExecutor(8) as pool:
        rings = [pool.submit(ring, client, "deliver", keys=keys, now=NOW) for _ in range(32)]
    assert [r.result() for r in rings].count(True) == 1
    assert queue(SHORT, client).get_job_ids() == [f"deliver-{slot(SHORT)}"]


def test_a_job_lost_on_the_way_is_put_again_a_slot_later(client: "redis.Redis", keys: Keys) -> None:
    ring(client, "deliver", keys=keys, now=NOW)
    client.delete(f"rq:queue:{SHORT}")  # its worker died while taking it

    assert not ring(client, "deliver", keys=keys, now=NOW)
    assert ring(client, "deliver", keys=keys, now=NOW + timedelta(seconds=SLOT_SECONDS[SHORT]))
    work(client, keys)
    assert runs == [()]


def test_arguments_are_checked_before_they_are_sent(client: "redis.Redis", keys: Keys) -> None:
    with pytest.raises(JobRefused, match="it has not the arguments of its job"):
        ring(client, "run_campaign", "a b", keys=keys)
    assert queue(DIAL, client).get_job_ids() == []


def test_nothing_listens_for_orders_to_workers(
    client: "redis.Redis", keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Any] = []

    def listen(*_: Any) -> None:
        heard.append(client.pubsub_channels("rq:*"))

    monkeypatch.setattr("workers.deliver_target", listen, raising=False)
    ring(client, "deliver", keys=keys, now=NOW)
    work(client, keys)
    assert heard == [[]]


def test_a_signal_lets_the_job_at_hand_end_and_stops_an_idle_worker(
    client: "redis.Redis",
    keys: Keys,
) -> None:
    stop = Flag()
    worker = DoorbellWorker(SHORT, client, "test", stop, keys)
    with pytest.raises(StopRequested):
        worker.request_stop(signal.SIGTERM, None)
    assert stop.is_set()


def test_a_job_that_runs_long_is_kept_alive(
    client: "redis.Redis", keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.worker.HEARTBEAT_SECONDS", 0.01)
    beats: list[bool] = []

    def long(*_: Any) -> None:
        held = job(client, f"deliver-{slot(SHORT)}")
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline and len(beats) < 2:
            seen = job(client, held.id).last_heartbeat
            if seen != held.last_heartbeat:
                beats.append(True)
                held = job(client, held.id)

    monkeypatch.setattr("workers.deliver_target", long, raising=False)
    ring(client, "deliver", keys=keys, now=NOW)
    work(client, keys)
    assert beats == [True, True]
