"""The same connection by way of python-ESL 1.4, with a guard for each thing it does wrong.

python-ESL (libesl, in C) takes the frames and the events apart, in a thread for each connection;
no event becomes a dictionary, its headers are looked up in C as they are asked for. The socket is
ours, and python-ESL reads from one end of a pair. What is kept from it:

1  `ESLconnection(host, ...)` waits for ever on a silent server, and tells no reason when it is not
   let in: connecting and the log-in are those of `EslLink`; the thread only reads (`connect`).
2  After a loss `recvEventTimed` returns None at once, for ever: the thread ends with the first loss
   it sees, and each connection has a handle of its own (`_read`).
3  A reader that waits holds the handle's lock, and `api` with it; a `send` to a PBX that does not
   read waits for ever: nothing is sent by the handle, `write` and `backlog` are `EslLink`'s.
4  `recvEventTimed(0)` waits for ever: it is called with a second.
5  Each event is written down for a logger that is not there: `eslSetLogLevel(0)`.
6  A length that is negative or huge, or a read that ends with a line, corrupts its memory or loses
   its place: `Gate` looks at each frame before, and a packet is read as it was sent.
7  A byte that is no UTF-8 becomes half a surrogate, which no log and no database takes: replaced.
8  It reads on while nobody takes the events: `Handover` has room for so many, and then the thread
   waits, the pair fills up, and we stop reading from the PBX (`_pass_on`).
"""

import asyncio
import socket
import threading
from collections import deque
from typing import Any

import ESL

from connectors.freeswitch.asyncio_transport import EslLink
from connectors.freeswitch.codec import EslProtocolError, Frame
from connectors.freeswitch.event import BODY, Event
from connectors.freeswitch.gate import Gate
from connectors.freeswitch.handover import MOST, Handover
from connectors.freeswitch.transport import Ears, Link

FORMAT = "plain"  # 23 µs an event; as JSON, which it takes apart by another way, 32
WAIT = 1_000  # ms
TYPICAL = MOST // 64  # bytes that an event is counted as: how long one is, it does not tell
CONNECTED = b"Content-Type: command/reply\nReply-Text: +OK\n\n"  # ESLconnection(fd) asks first

ESL.eslSetLogLevel(0)


async def connect(host: str, port: int, log_in: str, ears: Ears) -> Link:
    """Connect and log in. Raises `OSError`, `EslProtocolError` or `NotLetIn`."""
    loop = asyncio.get_running_loop()
    _, link = await loop.create_connection(lambda: NativeLink(log_in, ears), host, port)
    try:
        await link.let_in
    except BaseException:
        link.abort()
        raise
    return link


class NativeLink(EslLink):
    """See `Link`. What arrives goes through the thread, and comes back in frames and events."""

    def __init__(self, log_in: str, ears: Ears) -> None:
        super().__init__(log_in, ears)
        self._loop = asyncio.get_running_loop()
        self._gate = Gate()
        self._unread: deque[bytes] = deque()  # packets for which the pair has no room
        self._over = False
        room = threading.Event()
        self._handover = Handover(self._loop, room.set)
        self._pipe, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._pipe.setblocking(False)
        self._pipe.send(CONNECTED)
        threading.Thread(
            target=self._read, args=(theirs.detach(), room), name="python-esl", daemon=True
        ).start()

    def abort(self) -> None:
        super().abort()
        self._handover.close()
        self._close_pipe()

    def data_received(self, data: bytes) -> None:
        try:
            self._unread += self._gate.feed(data)
        except EslProtocolError as error:
            self._fail(error)
        else:
            self._pass_on()

    def connection_lost(self, error: Exception | None) -> None:
        """What arrived before is told before, and then `_ended`; unless we gave the link up."""
        if self._handover.closed:
            super().connection_lost(error)
            return
        self._transport = None
        self._why = f"the connection broke: {error}" if error else ""
        self._over = True
        self._pass_on()

    def _pass_on(self) -> None:
        if self._pipe.fileno() < 0:
            return
        try:
            while self._unread:
                self._pipe.send(self._unread[0])
                self._unread.popleft()
        except BlockingIOError:
            self._wait_for_room()
        except OSError:
            self._close_pipe()  # the thread has seen the end
        else:
            self._go_on()

    def _wait_for_room(self) -> None:
        if self._transport is not None:
            self._transport.pause_reading()
        self._loop.add_writer(self._pipe, self._pass_on)

    def _go_on(self) -> None:
        self._loop.remove_writer(self._pipe)
        if self._over:
            self._pipe.shutdown(socket.SHUT_WR)
        elif self._transport is not None:
            self._transport.resume_reading()

    def _close_pipe(self) -> None:
        if self._pipe.fileno() >= 0:
            self._loop.remove_writer(self._pipe)
            self._pipe.close()

    def _ended(self, _: None) -> None:
        """The thread is at its end, and has told everything."""
        self.abort()
        if self._over:
            super().connection_lost(None)

    def _heard(self, heard: Any) -> None:
        if heard.getHeader("Event-Name") != "SOCKET_DATA":
            self._ears.event(Event(Native(heard)))
            return
        names = ("Content-Type", "Reply-Text")
        told = {name: value for name in names if (value := heard.getHeader(name)) is not None}
        self._hear(Frame(told, (heard.getBody() or "").encode("utf-8", "surrogateescape")))

    def _read(self, descriptor: int, room: threading.Event) -> None:
        """The thread. It looks into nothing: each call into C may cost it its turn."""
        connection = ESL.ESLconnection(descriptor)
        while not self._handover.closed:
            heard = connection.recvEventTimed(WAIT)
            if heard is not None:
                room.clear()
                if not self._handover.put(self._heard, heard, TYPICAL):
                    room.wait()
            elif not connection.connected():
                break
        connection.disconnect()
        self._handover.put(self._ended, None)


class Native:
    """The headers of an event, where python-ESL has them."""

    __slots__ = ("_event",)

    def __init__(self, event: Any) -> None:
        self._event = event

    def get(self, key: str, default: str, /) -> str:
        value = self._event.getBody() if key == BODY else self._event.getHeader(key)
        if value is None:
            return default
        return value if value.isascii() else _clean(value)


def _clean(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
