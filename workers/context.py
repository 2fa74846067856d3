"""What a job finds in the process that runs it: a job itself is given nothing but ids."""

import threading
from dataclasses import dataclass, field

import redis
from sqlalchemy import Engine

from workers.settings import Settings


@dataclass(frozen=True)
class Context:
    """`stop` is set by SIGTERM or Ctrl-C: finish what must be finished, and return."""

    settings: Settings
    engine: Engine
    redis: "redis.Redis"
    worker: str
    stop: threading.Event = field(default_factory=threading.Event)


_held: list[Context] = []


def use(context: Context) -> None:
    """From now on this is the context of the process."""
    _held[:] = [context]


def current() -> Context:
    """The context of this process. Raises `RuntimeError` outside a worker."""
    if not _held:
        raise RuntimeError("no worker runs in this process: start one with 'dialplane worker'")
    return _held[0]
