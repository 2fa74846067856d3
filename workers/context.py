"""What a job finds in the process that runs it: a job itself is given nothing but ids."""

from dataclasses import dataclass, field

from storage.engine import Store
from workers.flag import Flag
from workers.settings import Settings


@dataclass(frozen=True)
class Context:
    """`stop` is set by SIGTERM or Ctrl-C: finish what must be finished, and return.

    `redis_url` holds a password: never print it. `worker` is this process's name to others.
    """

    settings: Settings
    store: Store
    redis_url: str = field(repr=False)
    worker: str
    stop: Flag = field(default_factory=Flag)


_held: list[Context] = []


def use(context: Context) -> None:
    """From now on this is the context of the process."""
    _held[:] = [context]


def current() -> Context:
    """The context of this process. Raises `RuntimeError` outside a worker."""
    if not _held:
        raise RuntimeError("no worker runs in this process: start one with 'dialplane worker'")
    return _held[0]
