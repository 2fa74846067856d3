"""RQ as the doorbell: two queues of short messages that say "look at the database".

What anybody who can write to Redis could make RQ do is closed here: payloads are JSON and never
pickle; a job names one of our functions by its key in `jobs.JOBS`, and nothing else is ever
imported; it runs on its own queue only, takes the ids that `TAKES` counts and nothing besides,
and carries a seal that only a key of the site can make (`job_seal`); callbacks, webhooks and the
workers' control channel are off. Each queue has workers of its own, because RQ loses a job
without a trace when a worker that listens on two queues dies while taking it.

A job is never the truth: its loss or its repetition changes nothing but the time of a look.
"""

from datetime import UTC, datetime
from typing import Any

import redis
from rq import Queue
from rq.serializers import JSONSerializer
from rq.utils import utcformat

from workers.job_keys import Keys
from workers.job_seal import Found, seal
from workers.jobs import KIND, QUEUE_OF, SLOTS, check_arguments
from workers.safe_job import FAILURE_SECONDS, SafeJob

SLOT_SECONDS = 2
RUNG_SECONDS = 60  # so long an id is remembered: longer than two machines' clocks are apart


def queue(name: str, client: "redis.Redis") -> Queue:
    """The queue `name` on `client`."""
    return Queue(name, connection=client, job_class=SafeJob, serializer=JSONSerializer)


def ring(
    client: "redis.Redis", job: str, *args: str, keys: Keys, now: datetime | None = None
) -> bool:
    """Ask for one run of `job`; True if it was put in the queue, False if one waits already.

    The id is made of the job's kind, its arguments and a slot of two seconds (`SLOTS` has other
    lengths): whoever rings twice, or two that ring at once, put one job; one that is lost is put
    again a slot later.
    Raises `JobRefused` for what no worker would run.
    """
    check_arguments(job, args, {})
    bells = queue(QUEUE_OF[job], client)
    stem = "-".join([KIND[job], *args])
    waiting: list[Any] = client.lrange(bells.key, 0, -1)  # ids; anybody's bytes, if unlucky
    if any(found.rpartition(b"-")[0] == stem.encode() for found in waiting):
        return False
    slot = int((now or datetime.now(UTC)).timestamp() / SLOTS.get(job, SLOT_SECONDS))
    job_id = f"{stem}-{slot}"
    # RQ's own way to put an id once needs a script, and so the right to run any.
    if not client.set(f"dialplane:rung:{job_id}", 1, nx=True, ex=RUNG_SECONDS):
        return False
    bells.enqueue_job(_sealed(bells, job, args, job_id, keys))
    return True


def _sealed(bells: Queue, job: str, args: tuple[str, ...], job_id: str, keys: Keys) -> SafeJob:
    made = bells.create_job(
        job, args=args, timeout=-1, job_id=job_id, result_ttl=0, failure_ttl=FAILURE_SECONDS
    )
    assert isinstance(made, SafeJob)  # noqa: S101 - the class that `queue` gave it
    made.seal = seal(
        keys.signing, Found(job_id, bells.name, utcformat(made.created_at), data=made.data)
    )
    return made
