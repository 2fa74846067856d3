"""Jobs that were not run: put aside for a day, told of once, and counted for the doctor."""

import logging
import time
from collections.abc import Mapping
from typing import Any

import redis
from rq import Queue
from rq.job import JOB_ID_PATTERN, Job, JobStatus

from workers.jobs import Reason
from workers.safe_job import FAILURE_SECONDS

log = logging.getLogger(__name__)

REFUSED_KEY = "dialplane:refused"
KEPT_SECONDS = 7 * 86_400  # from the last refusal on
SHOWN = 80  # characters of an id


def put_aside(job: Job, queue: Queue, reason: Reason) -> None:
    """Among the failed jobs of the queue it was found in, under its own id, for a day."""
    with queue.connection.pipeline() as pipeline:
        pipeline.lrem(queue.intermediate_queue_key, 1, job.id)
        job.set_status(JobStatus.FAILED, pipeline=pipeline)
        pipeline.expire(job.key, FAILURE_SECONDS)
        pipeline.zadd(queue.failed_job_registry.key, {job.id: int(time.time()) + FAILURE_SECONDS})
        _count(pipeline, reason)
        pipeline.execute()
    told = log.info if reason is Reason.EXPIRED else log.error
    told("job %s of queue %s was refused: %s", job.id[:SHOWN], queue.name, reason.value)


def put_unreadable_aside(queue: Queue) -> None:
    """Drop what stands for an id among those being taken, and is none."""
    taken: list[Any] = queue.connection.lrange(queue.intermediate_queue_key, 0, -1)
    for found in taken:
        if not JOB_ID_PATTERN.fullmatch(found.decode("ascii", "replace")):
            queue.connection.lrem(queue.intermediate_queue_key, 0, found)
            _count(queue.connection, Reason.ID)
            log.error("a job of queue %s was dropped: %s", queue.name, Reason.ID.value)


def refused(client: "redis.Redis") -> Mapping[Reason, int]:
    """How many were refused, by reason, since there was a week without any."""
    counts: dict[Any, Any] = client.hgetall(REFUSED_KEY)
    return {r: int(counts[r.name.encode()]) for r in Reason if r.name.encode() in counts}


def _count(client: "redis.Redis", reason: Reason) -> None:
    client.hincrby(REFUSED_KEY, reason.name, 1)
    client.expire(REFUSED_KEY, KEPT_SECONDS)
