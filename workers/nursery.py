"""Where worker processes come from: `python -P -m workers.nursery CHANNEL QUEUES`.

It imports all that they need, once, and does nothing else: no thread of ours, no connection, no
job. Each worker process is forked off it, and is there in a moment. Its supervisor asks for one
over a socket, and is told of each that has ended; when the supervisor is gone, so is the nursery.
Signals do not end it, as one to the whole group would: its children may have calls to see through.
"""

import contextlib
import gc
import os
import select
import signal
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from setproctitle import setproctitle

from workers import child
from workers.settings import SettingsError
from workers.settings_file import load_settings

HELD_BACK = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
LONGEST = 4096  # bytes of an order


@dataclass(frozen=True, slots=True)
class Order:
    """A worker that is wanted. `lifeline`: the reading end of the pipe that it lives by."""

    queue: str
    name: str
    lifeline: int


def main(channel: int, queues: str) -> int:
    """0 once the supervisor is gone; in a child, as `workers.child` says."""
    signal.pthread_sigmask(signal.SIG_BLOCK, HELD_BACK)
    setproctitle("dialplane workers.nursery")
    _load(queues.split(","))
    with socket.socket(fileno=channel) as supervisor:
        order = _serve(supervisor)
    return 0 if order is None else _live(order)


def _load(queues: list[str]) -> None:
    with contextlib.suppress(SettingsError):  # the children will tell it
        settings = load_settings()
        for queue in queues:
            child.import_all(settings, queue)
    gc.freeze()  # what is there now stays: its pages are everybody's, as long as nobody writes


def _live(order: Order) -> int:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HELD_BACK - {signal.SIGINT})
    setproctitle(f"dialplane workers.child {order.queue} {order.name} {order.lifeline}")
    return child.main(order.queue, order.name, order.lifeline)


def _serve(supervisor: socket.socket) -> Order | None:
    """Fork what is ordered and tell of what has ended; in a child, what it is born for."""
    with _bell() as bell:
        while True:
            heard, _, _ = select.select([supervisor, bell], [], [])
            if bell in heard:
                bell.recv(LONGEST)
                _tell_ends(supervisor)
            if supervisor in heard:
                order = _ordered(supervisor)
                if order is None or not _fork(supervisor, order):
                    return order


def _ordered(supervisor: socket.socket) -> Order | None:
    """The next order; None: the supervisor is gone."""
    try:
        text, fds, _, _ = socket.recv_fds(supervisor, LONGEST, 1)
    except ConnectionError:
        return None
    if not text:
        return None
    queue, name = text.decode().split()
    return Order(queue, name, fds[0])


def _fork(supervisor: socket.socket, order: Order) -> int:
    """The process id, which the supervisor is told; 0 in the child."""
    if pid := os.fork():
        os.close(order.lifeline)
        _tell(supervisor, f"born {pid}")
    return pid


def _tell_ends(supervisor: socket.socket) -> None:
    with contextlib.suppress(ChildProcessError):  # none is left
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            _tell(supervisor, f"ended {ended[0]} {os.waitstatus_to_exitcode(ended[1])}")


def _tell(supervisor: socket.socket, text: str) -> None:
    with contextlib.suppress(ConnectionError):  # it is gone, and we shall hear of it
        supervisor.sendall(text.encode() + b"\n")


@contextlib.contextmanager
def _bell() -> Iterator[socket.socket]:
    """A socket that can be read from once a child has ended."""
    ours, signals = socket.socketpair()
    with ours, signals:
        signals.setblocking(False)
        before = signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(signals.fileno())
        try:
            yield ours
        finally:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, before)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2]))
