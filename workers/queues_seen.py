"""The doorbell's queues from outside: what waits, for how long, and who is there to take it."""

import time
from dataclasses import dataclass

import redis
from rq.job import Job
from rq.utils import utcparse
from rq.worker_registration import WORKERS_BY_QUEUE_KEY

from workers.jobs import QUEUES
from workers.queue import queue


@dataclass(frozen=True, slots=True)
class QueueSeen:
    """One queue. `lag`: seconds that its oldest job has waited for a worker."""

    name: str
    jobs: int
    lag: float
    workers: int


def queues_seen(client: "redis.Redis") -> tuple[QueueSeen, ...]:
    """Each queue. Raises `RedisError`."""
    return tuple(_seen(client, name) for name in QUEUES)


def _seen(client: "redis.Redis", name: str) -> QueueSeen:
    waiting = queue(name, client)
    return QueueSeen(
        name, waiting.count, _lag(client, waiting.get_job_ids(0, 1)), _alive(client, name)
    )


def _lag(client: "redis.Redis", oldest: list[str]) -> float:
    told = client.hget(Job.key_for(oldest[0]), "enqueued_at") if oldest else None
    if not isinstance(told, bytes) or not told:
        return 0.0
    return max(0.0, time.time() - utcparse(told.decode()).timestamp())


def _alive(client: "redis.Redis", name: str) -> int:
    """Those that have told of themselves within the last minute or so: RQ lets the others go."""
    keys = client.smembers(WORKERS_BY_QUEUE_KEY % name)
    return int(client.exists(*keys)) if keys else 0
