"""The RQ worker of one queue: it never forks, and nothing can be ordered of it through Redis.

What it takes is admitted before RQ does anything with it, or put aside; it goes on with the next.

A forking worker that is killed leaves its child dialling; this one takes its job with it. While
a job runs, a thread keeps telling Redis that it does, or RQ would count the job as abandoned.
"""

import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, cast

import redis
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.worker import WorkerStatus

from workers.flag import Flag
from workers.job_keys import Keys
from workers.job_seal import admit
from workers.jobs import JobRefused
from workers.queue import queue
from workers.refusals import put_aside, put_unreadable_aside
from workers.safe_job import SafeJob

log = logging.getLogger(__name__)

TTL_SECONDS = 17  # RQ takes 15 s off it for the time it waits for a job: 2 s from look to look
HEARTBEAT_SECONDS = 60.0  # RQ gives a job without a time limit 420 s from one to the next


class DoorbellWorker(SimpleWorker):
    """Works one queue, one job at a time, in this very process."""

    job_class = SafeJob
    log_result_lifespan = False
    log_job_description = False  # it comes from Redis, and may be anybody's text
    max_connection_wait_time = 2.0  # RQ's 60 s are too long for a Redis that is back at once

    def __init__(
        self, queue_name: str, client: "redis.Redis", name: str, stop: Flag, keys: Keys
    ) -> None:
        super().__init__(
            [queue(queue_name, client)],
            name=name,
            connection=client,
            job_class=SafeJob,
            serializer=JSONSerializer,
            log_job_description=False,
            worker_ttl=TTL_SECONDS,
        )
        self._stop = stop
        self._keys = keys

    def subscribe(self) -> None:
        """No: through this channel anybody who can publish could stop a worker or a job."""

    def unsubscribe(self) -> None:
        """Nothing was subscribed to."""

    def procline(self, message: str) -> None:
        """No: `ps` shows whose worker it is."""

    def check_for_suspension(self, burst: bool) -> None:
        """No: a key in Redis could keep every worker from its work."""

    def _install_signal_handlers(self) -> None:
        """Ctrl-C reaches the whole process group; the supervisor hears it, and sends SIGTERM."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, self.request_stop)

    def request_stop(self, signum: int, frame: Any) -> None:
        """SIGTERM: the job at hand sees `stop` and returns; then the worker ends.

        RQ's own handler talks to Redis from within the signal and kills on the second one.
        """
        del signum, frame
        self._stop.set()
        self._stop_requested = True
        if self.get_state() != WorkerStatus.BUSY:
            raise StopRequested

    def heartbeat(self, *args: Any, **kwargs: Any) -> None:
        """RQ calls it before each wait for a job: the place to end when asked to.

        Where the exception of `request_stop` was raised, somebody may have swallowed it.
        """
        if self._stop_requested and self.get_state() != WorkerStatus.BUSY:
            raise StopRequested
        super().heartbeat(*args, **kwargs)

    def dequeue_job_and_maintain_ttl(
        self, timeout: int | None, max_idle_time: int | None = None
    ) -> tuple[Job, Queue] | None:
        """The next job whose id can be read at all."""
        while True:
            try:
                return super().dequeue_job_and_maintain_ttl(timeout, max_idle_time)
            except ValueError:
                put_unreadable_aside(self.queues[0])

    def run_maintenance_tasks(self) -> None:
        """RQ's tidying of its own lists; what it cannot read there is no reason to end."""
        self.last_cleaned_at = datetime.now(UTC)  # type: ignore[assignment]
        try:
            super().run_maintenance_tasks()  # type: ignore[no-untyped-call]
        except (ValueError, redis.ResponseError):
            log.warning("RQ's lists in Redis hold what it cannot read; they are not tidied now")

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Run it if it is ours; put it aside if not."""
        taken = cast(SafeJob, job)  # its queue makes no others
        try:
            now = datetime.now(UTC)
            taken.admitted = admit(taken.found, queue.name, self._keys.accepted, now)
        except JobRefused as refused:
            put_aside(job, queue, refused.reason)
            return
        super().execute_job(job, queue)

    def perform_job(self, job: Job, queue: Queue) -> bool:
        """Run it, and say meanwhile that it runs."""
        with self._heartbeats(job):
            return super().perform_job(job, queue)

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        """One sentence; the trace is for those who have asked for it with log_level debug."""
        log.error("job %s failed: %s", job.id, exc_info[1], exc_info=exc_info)

    @contextmanager
    def _heartbeats(self, job: Job) -> Iterator[None]:
        done = threading.Event()
        thread = threading.Thread(target=self._beat, args=(job, done), daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _beat(self, job: Job, done: threading.Event) -> None:
        while not done.wait(HEARTBEAT_SECONDS):
            try:
                self.maintain_heartbeats(job)
            except AttributeError:
                return  # the job has ended in this very moment: RQ holds no execution any more
            except redis.RedisError as down:
                log.warning("Redis does not answer (%s); job %s goes on", down, job.id)
