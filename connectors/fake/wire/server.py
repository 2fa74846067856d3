"""A door of the fake PBX: connections taken, bounded and dropped; what is said on them is not ours.

What a peer can make us hold is bounded: connections, the bytes of a command that is not all there
(by each codec), and the bytes that it does not read. Who does not log in is let go of.
"""

import asyncio
import hmac
import logging
from collections.abc import Callable
from typing import Protocol, Self, cast

log = logging.getLogger(__name__)

MAX_LINES = 500  # connections at one time
MAX_UNREAD = 16_777_216  # bytes that a peer may leave unread; ten minutes of a busy campaign
STRANGERS = 65_536  # the same of one who has not logged in
LOGIN_SECONDS = 25.0


class Talk(Protocol):
    """One connection's side of a protocol. None of these may raise, whatever the bytes are."""

    known: bool  # has logged in

    def begin(self) -> None:
        """The connection is there: greet."""

    def hear(self, data: bytes) -> None:
        """What the peer sent."""

    def end(self) -> None:
        """The connection is gone."""


class Line(asyncio.Protocol):
    """A connection. Its `talk` is made by `answer`, and writes and closes by it."""

    def __init__(self, answer: Callable[["Line"], Talk], lines: set["Line"]) -> None:
        self._talk = answer(self)
        self._lines = lines
        self._transport: asyncio.Transport | None = None
        self._patience: asyncio.TimerHandle | None = None

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def write(self, data: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        most = MAX_UNREAD if self._talk.known else STRANGERS
        if self._transport.get_write_buffer_size() + len(data) > most:
            log.warning("a connection is dropped: its peer leaves more than %d bytes unread", most)
            self._transport.abort()
            return
        self._transport.write(data)

    def pause(self) -> None:
        """Read nothing until `resume`."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def close(self) -> None:
        """When what was written has gone out, or soon after that it should have."""
        if self._transport is not None:
            self._transport.close()
            self._patience_ends(1.0, self.abort)

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if len(self._lines) >= MAX_LINES:
            self._transport.abort()
            return
        self._lines.add(self)
        self._patience_ends(LOGIN_SECONDS, self._lose_patience)
        self._talk.begin()

    def data_received(self, data: bytes) -> None:
        if self.is_open:
            self._talk.hear(data)

    def connection_lost(self, _: Exception | None) -> None:
        self._transport = None
        self._lines.discard(self)
        if self._patience is not None:
            self._patience.cancel()
        self._talk.end()

    def _patience_ends(self, seconds: float, what: Callable[[], None]) -> None:
        if self._patience is not None:
            self._patience.cancel()
        self._patience = asyncio.get_running_loop().call_later(seconds, what)

    def _lose_patience(self) -> None:
        if not self._talk.known:
            self.close()


class Door:
    """Listens on one address."""

    def __init__(self, answer: Callable[[Line], Talk]) -> None:
        self.host = ""
        self.port = 0
        self._answer = answer
        self._lines: set[Line] = set()
        self._server: asyncio.Server | None = None

    @property
    def address(self) -> str:
        """`host:port`, as it stands in a URL."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    async def open(self, host: str, port: int) -> Self:
        """Raises `OSError` where the address cannot be had; port 0 takes a free one."""
        loop = asyncio.get_running_loop()
        make = lambda: Line(self._answer, self._lines)  # noqa: E731 - a factory
        self._server = await loop.create_server(make, host, port)
        self.host, self.port = self._server.sockets[0].getsockname()[:2]
        return self

    def cut(self) -> None:
        """Break all connections."""
        for line in tuple(self._lines):
            line.abort()

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self.cut()
        await asyncio.sleep(0)


def same(given: str, expected: str) -> bool:
    """Whether a secret is right, in a time that does not tell how much of it was."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())
