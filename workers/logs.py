"""Logs of a process: lines on standard error, for people or as JSON; traces only at level debug.

No line holds a secret or says who is called. The first wall is what is logged at all: ids, names
of campaigns and PBX nodes, and sentences. The second one is here: credentials in a URL, and
whatever looks like a telephone number, are taken out of every line.
"""

import logging
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import orjson

from storage.masking import masked

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_NUMBER = re.compile(
    r"\+[1-9]\d{4,14}"  # E.164
    # and without its plus, or as it is dialled at home (0151...) or abroad (0049...), but for what
    # is part of a UUID, a fraction or a longer word
    r"|(?<![0-9A-Za-z.])(?<![0-9a-f]{4}-)(?!\d{8}-[0-9a-f]{4}-)"
    r"0{0,2}[1-9]\d{7,14}(?![0-9A-Za-z]|\.\d)"
)
MASKED = "[number]"
QUIET = ("rq", "rq.worker", "rq.job", "alembic", "httpx", "httpcore", "asyncio", "uvicorn.error")
FIELDS = ("campaign", "call", "node")
"""What a line may be about, besides its sentence; given by `extra` where it is logged."""

_campaign: ContextVar[str] = ContextVar("campaign", default="")


@contextmanager
def about(campaign: str) -> Iterator[None]:
    """What is logged within, and by the tasks that are begun within, is about this campaign."""
    token = _campaign.set(campaign)
    try:
        yield
    finally:
        _campaign.reset(token)


def clean(text: str) -> str:
    """`text` without credentials and numbers, and without what could colour a terminal."""
    return _NUMBER.sub(MASKED, _CONTROL.sub("?", masked(text)))


class LineFormatter(logging.Formatter):
    """`2026-11-20T10:00:00Z WARNING workers.dial: ...`, one line, and the trace under it."""

    converter = staticmethod(time.gmtime)

    def __init__(self, *, traces: bool) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%SZ")
        self._traces = traces

    def format(self, record: logging.LogRecord) -> str:
        """The line; what came from outside cannot break it."""
        copy = logging.makeLogRecord(vars(record))
        copy.msg, copy.args = _sentence(record), None
        copy.exc_text = None
        if not self._traces:
            copy.exc_info = copy.stack_info = None
        return super().format(copy)

    def formatException(self, ei: Any) -> str:
        return clean(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:
        return clean(super().formatStack(stack_info))


class JsonFormatter(LineFormatter):
    """One JSON object a line: time (UTC), level, logger, message, and the `FIELDS` it has."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _sentence(record),
            **_fields(record),
        }
        if self._traces and record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return orjson.dumps(line).decode()


FORMATS: dict[str, type[LineFormatter]] = {"text": LineFormatter, "json": JsonFormatter}


def set_up_logs(level: str, form: str = "text") -> None:
    """Send the logs of this process to standard error, from `level` (debug ... error) up.

    `form`: one of `FORMATS`.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(FORMATS[form](traces=level == "debug"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    quiet = logging.DEBUG if level == "debug" else logging.WARNING
    for name in QUIET:
        logging.getLogger(name).setLevel(quiet)


def _sentence(record: logging.LogRecord) -> str:
    return clean(record.getMessage()).replace("\n", " ")


def _fields(record: logging.LogRecord) -> dict[str, str]:
    told = {"campaign": _campaign.get()}
    told |= {name: str(getattr(record, name)) for name in FIELDS if getattr(record, name, None)}
    return {name: value for name, value in told.items() if value}
