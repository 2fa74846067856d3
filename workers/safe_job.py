"""RQ's job without its doors: nothing that stands in Redis is imported, called or obeyed.

RQ's own `Job` imports whatever function and callbacks a job names, sends webhooks wherever it
says, and retries, repeats and times out as it says. A JSON serializer changes none of that.
`restore` therefore lets through what a job is (id, payload, seal, times) and nothing of what RQ
should do with it; `func` is there only once `job_seal.admit` has said which function that is.
"""

from collections.abc import Callable, Mapping
from typing import Any

import redis
from rq.exceptions import NoSuchJobError
from rq.job import Job, JobStatus
from rq.utils import str_to_date

from workers.job_seal import Found, inflated
from workers.jobs import QUEUES, JobRefused, Reason

FAILURE_SECONDS = 86_400  # a failed or refused job can be looked at for a day
SEAL = "seal"

_TIMES = ("created_at", "enqueued_at", "started_at", "ended_at", "last_heartbeat")
_CALLBACKS = ("success_callback_name", "failure_callback_name", "stopped_callback_name", "webhooks")
_STATES = {status.value.encode() for status in JobStatus}


class SafeJob(Job):
    """A job that runs what it was admitted to run, if it was."""

    found = Found("")
    seal = ""
    admitted: Callable[..., Any] | None = None

    @classmethod
    def fetch(cls, id: str, connection: Any = None, serializer: Any = None) -> Job:
        """Raises `NoSuchJobError` also where a key holds something else; `ValueError` for an id."""
        try:
            return super().fetch(id, connection, serializer)
        except redis.ResponseError as odd:
            raise NoSuchJobError("no job can be read there") from odd

    def restore(self, raw_data: Mapping[bytes, bytes]) -> None:
        """Take what is ours of what Redis holds; what RQ is to do with it is said here."""
        if b"data" not in raw_data:
            raise NoSuchJobError("no job is there")
        self.found = _found(self.id, raw_data)
        self.seal = self.found.seal
        super().restore({**_harmless(raw_data), b"data": b""})
        self.data = self.found.data or b""
        self.timeout = -1
        self.result_ttl, self.failure_ttl = 0, FAILURE_SECONDS

    def to_dict(self, include_meta: bool = True, include_result: bool = True) -> dict[str, Any]:
        """With its seal. Only `queue.ring` makes one: whoever stores a job again signs nothing."""
        return {**super().to_dict(include_meta, include_result), SEAL: self.seal}

    @property
    def func(self) -> Callable[..., Any]:
        """The function it was admitted for. Raises `JobRefused`."""
        if self.admitted is None:
            raise JobRefused(Reason.UNKNOWN)
        return self.admitted

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


def _found(job_id: str, raw: Mapping[bytes, bytes]) -> Found:
    def text(name: str) -> str:
        return raw.get(name.encode(), b"").decode("ascii", "replace")

    return Found(
        job_id,
        text("origin"),
        text("created_at"),
        text(SEAL),
        inflated(raw[b"data"]),
        any(raw.get(name.encode()) for name in _CALLBACKS),
    )


def _harmless(raw: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
    kept = {n.encode(): raw[n.encode()] for n in _TIMES if _is_time(raw.get(n.encode()))}
    if raw.get(b"status") in _STATES:
        kept[b"status"] = raw[b"status"]
    if raw.get(b"origin") in {name.encode() for name in QUEUES}:
        kept[b"origin"] = raw[b"origin"]
    return kept


def _is_time(value: bytes | None) -> bool:
    try:
        return str_to_date(value or b"") is not None
    except ValueError:
        return False
