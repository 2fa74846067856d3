"""Logs of a worker: lines on standard error, for people; traces only at level debug."""

import logging
import re
import sys

_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]*@")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class LineFormatter(logging.Formatter):
    """`2026-11-20T10:00:00Z warning workers.dial: ...`, one line, no passwords of URLs."""

    def __init__(self, *, traces: bool) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S%z")
        self._traces = traces

    def format(self, record: logging.LogRecord) -> str:
        """The line; what came from outside cannot break it or colour it."""
        text = super().format(record) if self._traces else self._without_trace(record)
        return _CONTROL.sub("?", _CREDENTIALS.sub("...@", text))

    def _without_trace(self, record: logging.LogRecord) -> str:
        copy = logging.makeLogRecord(vars(record))
        copy.msg = record.getMessage().replace("\n", " ")
        copy.args = None
        copy.exc_info = copy.exc_text = copy.stack_info = None
        return super().format(copy)


def set_up_logs(level: str) -> None:
    """Send the logs of this process to standard error, from `level` (debug ... error) up."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter(traces=level == "debug"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    quiet = logging.DEBUG if level == "debug" else logging.WARNING
    for name in ("rq", "rq.worker", "rq.job", "alembic", "httpx", "httpcore", "asyncio"):
        logging.getLogger(name).setLevel(quiet)
