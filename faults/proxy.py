"""A TCP proxy whose wire can be poisoned while it is in use, and healed again.

`on_piece` sees each piece before it goes on, and may poison the wire there and then: so a fault
strikes at a given word of a conversation, not at a given time.
"""

import asyncio
import contextlib
import socket
import struct
import time
from collections.abc import Callable
from typing import Self

from faults.toxics import Piece, Toxic, Way

PIECES = 256  # that may wait in a line, each way; then the sender waits too
LINGER_NOT = struct.pack("ii", 1, 0)
OnPiece = Callable[[Piece], None]


class Proxy:
    """Listens on a free port of 127.0.0.1 and passes on to `host`:`port`."""

    def __init__(self, host: str, port: int) -> None:
        self.port = 0
        self.on_piece: OnPiece = lambda _: None
        self.toxic: Toxic | None = None
        self.opened = 0  # connections, ever
        self._target = (host, port)
        self._server: asyncio.Server | None = None
        self._lines: set[_Line] = set()

    async def open(self) -> Self:
        self._server = await asyncio.start_server(self._plug, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def poison(self, toxic: Toxic) -> None:
        """From the next piece on. Connections made meanwhile are poisoned too."""
        self.toxic = toxic
        for line in self._lines:
            line.passed = 0

    def heal(self) -> None:
        """All is well again; lines that have lost something are broken."""
        broken, self.toxic = self.toxic is not None and self.toxic.breaks, None
        if broken:
            self.cut()

    def cut(self) -> None:
        """Break every connection; new ones are taken."""
        for line in tuple(self._lines):
            line.reset()

    async def close(self) -> None:
        """Break every connection and take no new one. Safe to call twice."""
        if self._server is not None:
            self._server.close()
        lines = tuple(self._lines)
        self.cut()
        await asyncio.gather(*(line.over() for line in lines))

    async def _plug(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        try:
            there, back = await asyncio.open_connection(*self._target)
        except OSError:
            _reset(writer)
            return
        line = _Line(self, {Way.UP: back, Way.DOWN: writer})
        self._lines.add(line)
        line.run({Way.UP: reader, Way.DOWN: there}, lambda: self._lines.discard(line))


class _Line:
    """One connection: two ways, each read by one task and written by another."""

    def __init__(self, proxy: Proxy, writers: dict[Way, asyncio.StreamWriter]) -> None:
        self.passed = 0
        self._gone: Callable[[], None] = lambda: None
        self._proxy = proxy
        self._writers = writers
        self._ended: set[Way] = set()
        self._tasks: list[asyncio.Task[None]] = []

    def run(self, readers: dict[Way, asyncio.StreamReader], gone: Callable[[], None]) -> None:
        self._gone = gone
        for way, reader in readers.items():
            pieces: asyncio.Queue[Piece | None] = asyncio.Queue(PIECES)
            self._tasks += [
                asyncio.create_task(self._read(way, reader, pieces)),
                asyncio.create_task(self._write(way, pieces)),
            ]

    def reset(self) -> None:
        for writer in self._writers.values():
            _reset(writer)
        for task in self._tasks:
            task.cancel()
        self._gone()

    def end(self, way: Way) -> None:
        if way not in self._ended:
            self._ended.add(way)
            with contextlib.suppress(OSError):  # it has gone already
                self._writers[way].write_eof()

    async def over(self) -> None:
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _read(
        self, way: Way, reader: asyncio.StreamReader, pieces: "asyncio.Queue[Piece | None]"
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                await pieces.put(Piece(way, data, time.monotonic()))
        await pieces.put(None)

    async def _write(self, way: Way, pieces: "asyncio.Queue[Piece | None]") -> None:
        while (piece := await pieces.get()) is not None:
            self._proxy.on_piece(piece)
            try:
                await self._pass_on(piece)
            except OSError:
                break
        if self._proxy.toxic is None or not self._proxy.toxic.breaks:
            self.end(way)
            if len(self._ended) == len(Way):
                self.reset()

    async def _pass_on(self, piece: Piece) -> None:
        writer, toxic = self._writers[piece.way], self._proxy.toxic
        if toxic is None:
            writer.write(piece.data)
            await writer.drain()
            return
        async for part in toxic.through(piece, self):
            if part and piece.way not in self._ended:
                self.passed += len(part)
                writer.write(part)
                await writer.drain()


def _reset(writer: asyncio.StreamWriter) -> None:
    """With a reset, not a goodbye: what the other side has sent may be lost."""
    sock: socket.socket | None = writer.get_extra_info("socket")
    if sock is not None and not writer.transport.is_closing():
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
    writer.transport.abort()
