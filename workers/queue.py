"""RQ as the doorbell: two queues of short messages that say "look at the database".

What anybody who can write to Redis could make RQ do is closed here: payloads are JSON and never
pickle; a job names one of our functions by its key in `JOBS`, and nothing else is ever imported;
it runs on its own queue only, and takes the ids that `TAKES` counts and nothing besides; callbacks,
webhooks and the workers' control channel are off. Each queue has workers of its own, because RQ
loses a job without a trace when a worker that listens on two queues dies while taking it.

A job is never the truth: its loss or its repetition changes nothing but the time of a look.
"""

import logging
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import redis
from rq import Queue
from rq.exceptions import DuplicateJobError
from rq.job import Job
from rq.serializers import JSONSerializer

log = logging.getLogger(__name__)

DIAL = "dial"
SHORT = "short"
QUEUES = (DIAL, SHORT)

# The whole list of what a job may be: its name in Redis -> module:function.
JOBS: Mapping[str, str] = {
    "run_campaign": "workers.dial:run_campaign",
    "deliver": "workers.deliver:deliver",
    "join_recordings": "workers.recordings:join_recordings",
}
QUEUE_OF: Mapping[str, str] = {"run_campaign": DIAL, "deliver": SHORT, "join_recordings": SHORT}
KIND: Mapping[str, str] = {
    "run_campaign": "dial",
    "deliver": "deliver",
    "join_recordings": "join",
}  # how its id begins

TAKES: Mapping[str, int] = {"run_campaign": 1, "deliver": 0, "join_recordings": 0}  # so many ids

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)
SLOT_SECONDS = 2
FAILURE_SECONDS = 86_400  # a failed job can be looked at for a day


class JobRefused(Exception):
    """A job that is not on the list, or its queue, or has not its arguments. It was not run."""


class SafeJob(Job):
    """A job that can only be one of `JOBS`, with its own number of ids as arguments.

    `taken_from`: the queue on which its worker has found it; `origin` is only what Redis says.
    """

    taken_from = ""

    @property
    def func(self) -> Callable[..., Any]:
        """The function of our own list. Raises `JobRefused`."""
        name = self.func_name or ""
        target = JOBS.get(name)
        if self.instance is not None or target is None:
            raise JobRefused(f"job {self.id} was refused: it is none of {', '.join(sorted(JOBS))}")
        if self.taken_from != QUEUE_OF[name]:
            raise JobRefused(f"job {self.id} was refused: {name} is no job of this queue")
        _check_arguments(name, self.args, self.kwargs)
        module, function = target.split(":")
        found: Callable[..., Any] = getattr(import_module(module), function)
        return found

    @property
    def success_callback(self) -> None:
        """Never any: RQ would import whatever name stands in Redis."""
        return

    @property
    def failure_callback(self) -> None:
        """Never any."""
        return

    @property
    def stopped_callback(self) -> None:
        """Never any."""
        return

    def restore(self, raw_data: Any) -> Any:
        """Read the job from Redis, and forget the addresses somebody may have put there."""
        restored = super().restore(raw_data)
        self.webhooks = []
        return restored


def queue(name: str, client: "redis.Redis") -> Queue:
    """The queue `name` on `client`."""
    return Queue(name, connection=client, job_class=SafeJob, serializer=JSONSerializer)


def ring(client: "redis.Redis", job: str, *args: str, now: datetime | None = None) -> bool:
    """Ask for one run of `job`; True if it was put in the queue, False if one waits already.

    The id is made of the job's kind, its arguments and a slot of two seconds: whoever rings
    twice, or two that ring at once, put one job; one that is lost is put again a slot later.
    """
    _check_arguments(job, args, {})
    bells = queue(QUEUE_OF[job], client)
    stem = "-".join([KIND[job], *args])
    if any(waiting.rpartition("-")[0] == stem for waiting in bells.get_job_ids()):
        return False
    slot = int((now or datetime.now(UTC)).timestamp()) // SLOT_SECONDS
    try:
        bells.enqueue_call(
            job,
            args=args,
            timeout=-1,
            job_id=f"{stem}-{slot}",
            unique=True,
            result_ttl=0,
            failure_ttl=FAILURE_SECONDS,
        )
    except DuplicateJobError:
        return False
    return True


def _check_arguments(job: str, args: Any, kwargs: Any) -> None:
    if kwargs or len(args) != TAKES[job] or not all(_is_id(arg) for arg in args):
        raise JobRefused(f"{job} takes ids, as many as {TAKES[job]}, and nothing else")


def _is_id(arg: object) -> bool:
    return isinstance(arg, str) and _ID.fullmatch(arg) is not None
