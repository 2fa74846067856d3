import json
import pickle
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from rq.exceptions import StopRequested
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer

from workers import queue as doorbell
from workers.flag import Flag
from workers.queue import DIAL, SHORT, JobRefused, SafeJob, queue, ring
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
        doorbell,
        "JOBS",
        {"run_campaign": "workers:deliver_target", "deliver": "workers:deliver_target"},
    )


def work(client: "redis.Redis", name: str = SHORT) -> None:
    DoorbellWorker(name, client, f"test-{name}", Flag()).work(burst=True)


def job(client: "redis.Redis", job_id: str) -> Job:
    return SafeJob.fetch(job_id, connection=client, serializer=JSONSerializer)


def put(client: "redis.Redis", job_id: str, bell: str = SHORT, **fields: Any) -> None:
    """Write a job the way somebody would who got at Redis."""
    mapping: dict[Any, Any] = {
        "created_at": "2026-11-20T12:00:00Z",
        "origin": SHORT,
        "status": "queued",
        **fields,
    }
    client.hset(f"rq:job:{job_id}", mapping=mapping)
    client.rpush(f"rq:queue:{bell}", job_id)


def test_a_listed_job_runs_with_its_ids(client: "redis.Redis") -> None:
    assert ring(client, "run_campaign", "spring-sale", now=NOW)
    work(client, DIAL)
    assert runs == [("spring-sale",)]
    assert not list(client.scan_iter("rq:job:*"))


def test_whoever_rings_twice_puts_one_job(client: "redis.Redis") -> None:
    assert ring(client, "run_campaign", "a", now=NOW)
    assert not ring(client, "run_campaign", "a", now=NOW)
    assert not ring(client, "run_campaign", "a", now=NOW + timedelta(minutes=1))
    assert ring(client, "run_campaign", "a-5", now=NOW)
    slot = int(NOW.timestamp()) // 2
    assert queue(DIAL, client).get_job_ids() == [f"dial-a-{slot}", f"dial-a-5-{slot}"]


def test_a_job_lost_on_the_way_is_put_again_a_slot_later(client: "redis.Redis") -> None:
    ring(client, "deliver", now=NOW)
    client.delete(f"rq:queue:{SHORT}")  # its worker died while taking it

    assert not ring(client, "deliver", now=NOW)
    assert ring(client, "deliver", now=NOW + timedelta(seconds=2))
    work(client)
    assert runs == [()]


@pytest.mark.parametrize("name", ["os.system", "builtins.eval", "workers.queue.ring", "note", ""])
def test_what_is_not_on_the_list_is_refused_and_marked_failed(
    client: "redis.Redis", tmp_path: Path, name: str
) -> None:
    target = tmp_path / "touched"
    put(client, "evil", data=json.dumps([name, None, [f"touch {target}"], {}]))

    work(client)

    assert job(client, "evil").get_status() == JobStatus.FAILED
    assert not target.exists()
    assert runs == []


@pytest.mark.parametrize(
    "data",
    [
        json.dumps(["deliver", None, ["a"], {}]),
        json.dumps(["deliver", None, [7], {}]),
        json.dumps(["deliver", None, [], {"key": "x"}]),
        json.dumps(["deliver", {"some": "instance"}, [], {}]),
        json.dumps("deliver"),
        b"not json",
        pickle.dumps(("deliver", None, (), {})),
    ],
)
def test_a_payload_that_is_not_ids_is_refused(client: "redis.Redis", data: bytes | str) -> None:
    put(client, "evil", data=data)

    work(client)

    assert job(client, "evil").get_status() == JobStatus.FAILED
    assert runs == []


@pytest.mark.parametrize(
    "args", [[], ["spring", 3], ["spring", 3, 1], ["spring", "x"], [3], ["a b"], [["a"]], [None]]
)
def test_a_campaign_is_rung_for_by_its_name_and_nothing_else(
    client: "redis.Redis", args: list[Any]
) -> None:
    """No simulated agents, say, for a campaign that people work in."""
    put(client, "evil", DIAL, data=json.dumps(["run_campaign", None, args, {}]))
    work(client, DIAL)
    assert job(client, "evil").get_status() == JobStatus.FAILED
    assert runs == []


def test_a_job_on_another_ones_queue_is_refused(client: "redis.Redis") -> None:
    """A campaign would keep the only worker of the short jobs busy for hours."""
    put(client, "evil", SHORT, data=json.dumps(["run_campaign", None, ["spring"], {}]))
    work(client, SHORT)
    assert job(client, "evil").get_status() == JobStatus.FAILED
    assert runs == []


def test_callbacks_and_webhooks_named_in_redis_are_never_used(client: "redis.Redis") -> None:
    put(
        client,
        "evil",
        data=json.dumps(["deliver", None, [], {}]),
        success_callback_name="workers.deliver_target",
        failure_callback_name="workers.deliver_target",
        stopped_callback_name="workers.deliver_target",
        webhooks=json.dumps([{"url": "http://127.0.0.1:1/", "job_status": "finished"}]),
    )

    evil = job(client, "evil")
    work(client)

    assert evil.webhooks == []
    assert evil.success_callback is None
    assert evil.failure_callback is None
    assert evil.stopped_callback is None
    assert runs == [()]


def test_arguments_are_checked_before_they_are_sent(client: "redis.Redis") -> None:
    with pytest.raises(JobRefused, match="run_campaign takes ids, as many as 1, and nothing else"):
        ring(client, "run_campaign", "a b")
    assert queue(DIAL, client).get_job_ids() == []


def test_nothing_listens_for_orders_to_workers(
    client: "redis.Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Any] = []

    def listen(*_: Any) -> None:
        heard.append(client.pubsub_channels("rq:*"))

    monkeypatch.setattr("workers.deliver_target", listen, raising=False)
    ring(client, "deliver", now=NOW)
    work(client)
    assert heard == [[]]


def test_a_signal_lets_the_job_at_hand_end_and_stops_an_idle_worker(
    client: "redis.Redis",
) -> None:
    stop = Flag()
    worker = DoorbellWorker(SHORT, client, "test", stop)
    with pytest.raises(StopRequested):
        worker.request_stop(signal.SIGTERM, None)
    assert stop.is_set()


def test_a_job_that_runs_long_is_kept_alive(
    client: "redis.Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.worker.HEARTBEAT_SECONDS", 0.01)
    beats: list[bool] = []

    def long(*_: Any) -> None:
        held = job(client, f"deliver-{int(NOW.timestamp()) // 2}")
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline and len(beats) < 2:
            seen = job(client, held.id).last_heartbeat
            if seen != held.last_heartbeat:
                beats.append(True)
                held = job(client, held.id)

    monkeypatch.setattr("workers.deliver_target", long, raising=False)
    ring(client, "deliver", now=NOW)
    work(client)
    assert beats == [True, True]
