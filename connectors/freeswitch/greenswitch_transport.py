"""The same connection by way of greenswitch 0.0.19, with a guard for each thing it does wrong.

greenswitch connects, logs in and takes the frames and the events apart, on gevent, in a thread that
belongs to it: one for the process, as a gevent hub leaves memory behind when it goes. What is kept
from it:

1  It URL-decodes a frame before it tells the lines apart, so a value can become a header: each `%`
   comes to it as `%25`, and values are decoded by themselves (`harmless`, `Encoded`).
2  What follows an event's headers ends up in the last of them, or as headers: it is cut off before
   (`parts`); and an empty last value is kept from being added to the one before it.
3  A JSON event, a byte that is no UTF-8 or a head that cannot be read kills its greenlet, and it
   still calls itself connected: whatever ends its reading is the loss of the link, with a reason.
4  The end of the stream within a body is an endless loop that lets nobody else run: `Lines.read`.
5  It lets nobody else run while data comes: `_hear` sleeps now and then.
6  After a loss a `send` waits for ever: here no command is waited for, its answer is told as it
   comes (`Answer`), and `_release` lets go of a log-in.
7  `connect` and the log-in wait for ever on a silent server: `abort` ends both at any moment.
8  It keeps every event until a handler has had it, 700 MB of them: there is no queue and no
   handler, but a `Handover`, and who has no room there does not read.
9  A `send` may send half a command (`sock.send`), and the kernel holds back the next until the
   first is acknowledged: one greenlet writes, all of it, and at once (`_write_out`, TCP_NODELAY).
10 Who is not let in learns no reason: it is taken from the frame that said so.
11 A hub on which nobody waits for a socket or a time takes itself for dead, though another thread
   is about to wake it: a timer runs (`_run_hub`).
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from functools import cache
from queue import SimpleQueue
from typing import Any

import gevent
from gevent.event import Event as Flag
from greenswitch.esl import NotConnectedError

from connectors.freeswitch.codec import EslProtocolError
from connectors.freeswitch.event import Event
from connectors.freeswitch.greenswitch_inbound import Answer, Inbound
from connectors.freeswitch.handover import Handover
from connectors.freeswitch.transport import Ears, Link, NotLetIn

FORMAT = "plain"  # the only one it reads
OFTEN = 64  # events between two breaths
AWAKE = 3_600.0  # seconds; any timer does


async def connect(host: str, port: int, log_in: str, ears: Ears) -> Link:
    """Connect and log in. Raises `OSError`, `EslProtocolError` or `NotLetIn`."""
    link = GreenswitchLink(host, port, log_in, ears)
    try:
        await link.let_in
    except BaseException:
        link.abort()
        raise
    return link


class GreenswitchLink:
    """See `Link`. This half is the loop's; the connection itself is that of a `_Worker`."""

    def __init__(self, host: str, port: int, log_in: str, ears: Ears) -> None:
        loop = asyncio.get_running_loop()
        self.let_in: asyncio.Future[None] = loop.create_future()
        self._ears = ears
        self._given = 0  # bytes; what of them is sent, the worker counts
        self._handover = Handover(loop, lambda: self._worker.wake(self._worker.room))
        self._worker = _Worker(self._handover, ears, self._is_in, self._ended)
        hub().run_callback_threadsafe(gevent.spawn, self._worker.run, host, port, log_in)

    def write(self, command: bytes) -> None:
        self._given += len(command)
        self._worker.outbox.append(command)
        self._worker.wake(self._worker.more)

    def backlog(self) -> int:
        return self._given - self._worker.sent

    def abort(self) -> None:
        self._handover.close()
        self._worker.outbox.clear()
        self._worker.wake(self._worker.over)

    def _is_in(self, _: None) -> None:
        if not self.let_in.done():  # whoever waited for it may have given up just now
            self.let_in.set_result(None)

    def _ended(self, error: Exception) -> None:
        if not self.let_in.done():
            self.let_in.set_exception(error)
        elif not self.let_in.cancelled():
            self._ears.lost(str(error))


class _Worker:
    """The other half. `outbox`, `sent`, the flags and `wake` are what asyncio's loop may touch."""

    def __init__(
        self,
        handover: Handover,
        ears: Ears,
        is_in: Callable[[None], None],
        ended: Callable[[Exception], None],
    ) -> None:
        self.outbox: deque[bytes] = deque()
        self.sent = 0
        self.more, self.room, self.over = Flag(), Flag(), Flag()
        self._handover, self._ears = handover, ears
        self._is_in, self._ended = is_in, ended
        self._heard = 0
        self._answer = Answer(self._answered)

    def wake(self, flag: Flag) -> None:
        """From any thread: set a flag."""
        hub().run_callback_threadsafe(flag.set)

    def run(self, host: str, port: int, log_in: str) -> None:
        """The connection's life, as a greenlet. What it was ended by is told last."""
        inbound = Inbound(host, port, log_in, self._hear)
        work = gevent.spawn(self._work, inbound)
        gevent.wait([work, self.over], count=1)
        work.kill()
        inbound.close()
        error = work.value if isinstance(work.value, Exception) else inbound.why
        self._handover.put(self._ended, error)

    def _work(self, inbound: Inbound) -> Exception | None:
        """Until the connection is lost. What it was lost by, where `inbound` does not know it."""
        try:
            inbound.connect()
        except NotConnectedError:
            return None
        except (OSError, EslProtocolError, NotLetIn) as error:
            return error
        self._handover.put(self._is_in, None)
        writing = gevent.spawn(self._write_out, inbound)
        try:
            inbound.until_lost()
        finally:
            writing.kill()
        return None

    def _write_out(self, inbound: Inbound) -> None:
        while self.more.wait():
            self.more.clear()
            while self.outbox:
                command = self.outbox.popleft()
                inbound.send_out(command, self._answer)
                self.sent += len(command)

    def _hear(self, event: Event, size: int) -> None:
        self._heard += 1
        self.room.clear()
        if not self._handover.put(self._ears.event, event, size):
            self.room.wait()
        elif self._heard % OFTEN == 0:
            gevent.sleep(0)

    def _answered(self, text: str) -> None:
        self._handover.put(self._ears.answer, text, len(text))


@cache
def hub() -> Any:
    """The event loop of greenswitch's thread, which begins with the first connection."""
    told: SimpleQueue[Any] = SimpleQueue()
    threading.Thread(target=_run_hub, args=(told,), name="greenswitch", daemon=True).start()
    return told.get()


def _run_hub(told: SimpleQueue[Any]) -> None:
    loop = gevent.get_hub().loop
    loop.timer(AWAKE, AWAKE).start(lambda: None)  # see 11
    told.put(loop)
    Flag().wait()
