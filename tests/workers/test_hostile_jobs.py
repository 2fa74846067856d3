"""What somebody who can write to Redis may try, against a real Redis and a real worker: 0 run."""

import json
import logging
import os
import pickle
import socket
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import redis
from rq.utils import utcformat

from storage.messages import Message
from storage.outbox import backlog, write_messages
from workers import jobs
from workers.children import Children
from workers.flag import Flag
from workers.job_keys import Keys, derived
from workers.job_seal import Found, seal
from workers.jobs import DIAL, SHORT, Reason
from workers.queue import _sealed, queue, ring
from workers.refusals import refused
from workers.worker import DoorbellWorker

STRANGER = derived("somebody-else's-key-of-the-same-length")
runs: list[tuple[Any, ...]] = []


def note(*args: Any) -> None:
    runs.append(args)


@dataclass(frozen=True)
class Attacker:
    """Has Redis, and what lies in it; `keys` only where a job is to pass the seal."""

    client: "redis.Redis"
    keys: Keys
    target: Path
    port: int
    numbers: Iterator[int] = field(default_factory=count)

    def put(self, name: Any, args: Any = (), **fields: Any) -> str:
        """A job as RQ would write it, without a seal."""
        data = fields.pop("data", None) or zlib.compress(
            json.dumps([name, fields.pop("instance", None), args, {}]).encode()
        )
        return self.write(self.new_id(), {**_plain(), **fields, "data": data})

    def sealed(self, data: bytes, bell: str = SHORT, **fields: Any) -> None:
        """A job with a good seal: of somebody who has a key, and still may not do everything."""
        kept = {**_plain(), "origin": bell, **fields}
        job_id = self.new_id()
        made = Found(job_id, kept["origin"], kept["created_at"], data=data)
        sealed = {"data": zlib.compress(data), "seal": seal(self.keys.signing, made)}
        self.write(job_id, {**kept, **sealed}, bell)

    def taken(self, job: str = "deliver", *args: str) -> dict[str, Any]:
        """A good job, as it lies in Redis once it was rung for."""
        job_id = self.new_id()
        bells = queue(jobs.QUEUE_OF[job], self.client)
        return {**_sealed(bells, job, args, job_id, self.keys).to_dict(), "id": job_id}

    def again(self, good: dict[str, Any], bell: str = SHORT, **changes: Any) -> None:
        mapping = {**good, **changes}
        self.write(mapping.pop("id"), mapping, bell)

    def write(self, job_id: str, mapping: Any, bell: str = SHORT) -> str:
        self.client.hset(f"rq:job:{job_id}", mapping=mapping)
        self.client.rpush(f"rq:queue:{bell}", job_id)
        return job_id

    def new_id(self) -> str:
        return f"deliver-{next(self.numbers)}"


class Bomb:
    """What pickle would run."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.target}",)


def _plain() -> dict[str, Any]:
    now = utcformat(datetime.now(UTC))
    return {"created_at": now, "origin": SHORT, "status": "queued", "timeout": -1}


def payload(name: Any, *args: Any, instance: Any = None, **kwargs: Any) -> bytes:
    return json.dumps([name, instance, args, kwargs]).encode()


def a_clone(evil: Attacker) -> None:
    evil.again({**evil.taken(), "id": "deliver-clone"})


def a_webhook(evil: Attacker) -> None:
    hook = [{"url": f"http://127.0.0.1:{evil.port}/", "job_status": "finished", "headers": {}}]
    evil.again(evil.taken(), webhooks=json.dumps(hook))


def an_old_one(evil: Attacker) -> None:
    made = utcformat(datetime.now(UTC) - timedelta(hours=1, seconds=1))
    evil.sealed(payload("deliver"), created_at=made)


def other_arguments(evil: Attacker) -> None:
    evil.again(evil.taken("run_campaign", "spring"), DIAL, data=zlib.compress(payload("deliver")))


def touch(evil: Attacker) -> str:
    return f"touch {evil.target}"


Attack = Callable[[Attacker], Any]
ATTACKS: dict[str, tuple[Attack, Reason]] = {
    "a pickle": (
        lambda evil: evil.put("", data=zlib.compress(pickle.dumps(Bomb(evil.target)))),
        Reason.SEAL,
    ),
    "a pickle, not packed": (
        lambda evil: evil.put("", data=pickle.dumps(Bomb(evil.target))),
        Reason.PAYLOAD,
    ),
    "a pickle with a seal": (
        lambda evil: evil.sealed(pickle.dumps(Bomb(evil.target))),
        Reason.PAYLOAD,
    ),
    "os.system": (lambda evil: evil.put("os.system", [touch(evil)]), Reason.SEAL),
    "os.system with a seal": (
        lambda evil: evil.sealed(payload("os.system", touch(evil))),
        Reason.UNKNOWN,
    ),
    "a dotted builtin": (
        lambda evil: evil.sealed(payload("builtins.eval", f"open({str(evil.target)!r}, 'w')")),
        Reason.UNKNOWN,
    ),
    "a function of ours that is no job": (
        lambda evil: evil.sealed(payload("workers.redis_server.connect", "redis://evil")),
        Reason.UNKNOWN,
    ),
    "a method of a class": (
        lambda evil: evil.sealed(payload("pathlib.Path.touch", str(evil.target))),
        Reason.UNKNOWN,
    ),
    "a method of an instance": (
        lambda evil: evil.sealed(payload("deliver", instance={"a": 1})),
        Reason.UNKNOWN,
    ),
    "a callback": (
        lambda evil: evil.again(evil.taken(), success_callback_name="os.getcwd"),
        Reason.CALLBACKS,
    ),
    "a callback for failures": (
        lambda evil: evil.put("x", failure_callback_name="workers.deliver_target"),
        Reason.CALLBACKS,
    ),
    "a webhook to loopback": (a_webhook, Reason.CALLBACKS),
    "a seal of another key": (
        lambda evil: replace(evil, keys=STRANGER).sealed(payload("deliver")),
        Reason.SEAL,
    ),
    "a guessed seal": (lambda evil: evil.again(evil.taken(), seal="0" * 64), Reason.SEAL),
    "a seal that is no text": (lambda evil: evil.again(evil.taken(), seal=b"\xff\0"), Reason.SEAL),
    "the seal of another id": (a_clone, Reason.SEAL),
    "other arguments": (other_arguments, Reason.SEAL),
    "another creation time": (
        lambda evil: evil.again(evil.taken(), created_at=utcformat(datetime.now(UTC))),
        Reason.SEAL,
    ),
    "a huge payload": (
        lambda evil: evil.put("deliver", data=os.urandom(20_000_000)),
        Reason.PAYLOAD,
    ),
    "a payload that grows": (
        lambda evil: evil.put("deliver", data=zlib.compress(bytes(2_000_000))),
        Reason.PAYLOAD,
    ),
    "deep JSON": (lambda evil: evil.sealed(b"[" * 4000), Reason.PAYLOAD),
    "JSON of another shape": (lambda evil: evil.sealed(b'"deliver"'), Reason.PAYLOAD),
    "arguments that are no ids": (
        lambda evil: evil.sealed(payload("run_campaign", "a b"), DIAL),
        Reason.ARGUMENTS,
    ),
    "more arguments than a job takes": (
        lambda evil: evil.sealed(payload("run_campaign", "spring", 3), DIAL),
        Reason.ARGUMENTS,
    ),
    "arguments with names": (
        lambda evil: evil.sealed(payload("deliver", key="x")),
        Reason.ARGUMENTS,
    ),
    "a good job in the wrong queue": (
        lambda evil: evil.again(evil.taken("run_campaign", "spring"), SHORT),
        Reason.QUEUE,
    ),
    "a job made for the wrong queue": (
        lambda evil: evil.sealed(payload("run_campaign", "spring"), SHORT),
        Reason.QUEUE,
    ),
    "a job that has expired": (an_old_one, Reason.EXPIRED),
    "times and numbers that are none": (
        lambda evil: evil.put(
            "deliver", enqueued_at="x", timeout="x", result_ttl="x", retries_left=b"\xff", meta="{"
        ),
        Reason.SEAL,
    ),
    "a thousand retries": (
        lambda evil: evil.put("deliver", retries_left=1000, repeats_left=1000),
        Reason.SEAL,
    ),
    "an id that is none": (
        lambda evil: evil.client.rpush(f"rq:queue:{SHORT}", "../x y"),
        Reason.ID,
    ),
    "an id that is no text": (
        lambda evil: evil.client.rpush(f"rq:queue:{SHORT}", b"\xff\xfe"),
        Reason.ID,
    ),
}


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A server on loopback that a webhook could reach."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


@pytest.fixture
def evil(
    client: "redis.Redis", keys: Keys, tmp_path: Path, listener: socket.socket
) -> Iterator[Attacker]:
    port = listener.getsockname()[1]
    yield Attacker(client, keys, tmp_path / "touched", port)
    assert not (tmp_path / "touched").exists()
    with pytest.raises(BlockingIOError):
        listener.accept()


@pytest.fixture
def _listed(monkeypatch: pytest.MonkeyPatch) -> None:
    runs.clear()
    monkeypatch.setattr("workers.deliver_target", note, raising=False)
    monkeypatch.setattr(jobs, "JOBS", dict.fromkeys(jobs.JOBS, "workers:deliver_target"))


def work(evil: Attacker) -> None:
    for name in jobs.QUEUES:
        DoorbellWorker(name, evil.client, f"test-{name}", Flag(), evil.keys).work(burst=True)


@pytest.mark.usefixtures("_listed")
@pytest.mark.parametrize("name", ATTACKS)
def test_it_is_refused_and_the_worker_goes_on(
    evil: Attacker, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    attack, reason = ATTACKS[name]
    attack(evil)
    evil.again(evil.taken())
    with caplog.at_level(logging.INFO):
        work(evil)

    assert runs == [()]  # the good one behind it
    assert refused(evil.client) == {reason: 1}
    told = [record.getMessage() for record in caplog.records if reason in record.getMessage()]
    assert len(told) == 1
    assert str(evil.target) not in told[0]
    assert not evil.client.exists(*(f"rq:queue:{bell}:intermediate" for bell in jobs.QUEUES))


@pytest.mark.usefixtures("_listed")
def test_a_refused_job_can_be_looked_at_for_a_day(evil: Attacker) -> None:
    job_id = evil.put("os.system", ["true"], failure_ttl=1, result_ttl=1)
    work(evil)
    assert evil.client.hget(f"rq:job:{job_id}", "status") == b"failed"
    assert 86_000 < evil.client.ttl(f"rq:job:{job_id}") <= 86_400
    assert evil.client.zrange(f"rq:failed:{SHORT}", 0, -1) == [job_id.encode()]


@pytest.mark.usefixtures("_listed")
def test_what_redis_adds_to_a_good_job_changes_nothing(evil: Attacker) -> None:
    """Retries, repeats, an end after a millisecond, other jobs behind it: RQ never sees them."""
    good = evil.taken()
    evil.client.sadd(f"rq:job:{good['id']}:dependents", "evil")
    behind: Any = {**_plain(), "data": zlib.compress(payload("os"))}
    evil.client.hset("rq:job:evil", mapping=behind)
    evil.again(good, retries_left=9, repeats_left=9, repeat_intervals="[1]", timeout=1, meta="{")
    work(evil)
    assert runs == [()]
    assert refused(evil.client) in ({}, {Reason.SEAL: 1})
    assert not evil.client.exists(f"rq:scheduled:{SHORT}")


@pytest.mark.usefixtures("_listed")
def test_the_same_job_put_again_runs_again(evil: Attacker) -> None:
    """For an hour. Hence every job must be one that may run twice."""
    good = evil.taken()
    evil.again(good)
    work(evil)
    evil.again(good)
    work(evil)
    assert runs == [(), ()]


@pytest.mark.usefixtures("_listed")
def test_keys_that_are_going_are_accepted_still(client: "redis.Redis", keys: Keys) -> None:
    ring(client, "deliver", keys=keys)
    both = Keys((*STRANGER.accepted, *keys.accepted))
    DoorbellWorker(SHORT, client, "test", Flag(), both).work(burst=True)
    assert runs == [()]


def test_a_worker_process_survives_them_all(
    evil: Attacker,
    make_site: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    until: Callable[..., None],
) -> None:
    """All at once, with orders over RQ's control channel; then it does its real work."""
    site = make_site()
    for name, value in site.environ.items():
        monkeypatch.setenv(name, value)
    children = Children(site.settings, (SHORT,), "test")
    try:
        children.fill(lambda: [])
        [worker] = children.names(SHORT)
        until(lambda: evil.client.exists(f"rq:worker:{worker}"), 60)
        evil.client.set("rq:suspended", 1)
        for attack, _ in ATTACKS.values():
            attack(evil)
        for order in ("shutdown", "kill-horse", "stop-job"):
            told = json.dumps({"command": order, "job_id": "evil"})
            assert evil.client.publish(f"rq:pubsub:{worker}", told) == 0  # nobody listens
        until(lambda: not evil.client.exists(f"rq:queue:{SHORT}"))
        with site.store.writing() as connection:
            write_messages(connection, [Message("attempt.ended", "k", {})])
        assert ring(evil.client, "deliver", keys=evil.keys)
        until(lambda: backlog(site.store).waiting == 0)
        assert children.names(SHORT) == [worker]
        assert children.bury() == []
        in_dial = evil.client.llen(f"rq:queue:{DIAL}")
        assert sum(refused(evil.client).values()) == len(ATTACKS) - in_dial
    finally:
        children.stop(0.0, Flag())
