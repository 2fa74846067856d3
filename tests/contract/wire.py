"""A TCP wire between a connector and its PBX that can be cut and frozen."""

import asyncio
import contextlib
from typing import Self


class Wire:
    """Listens on a loopback port and passes on to `host`:`port`; keeps what was sent there."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._server: asyncio.Server | None = None
        self._flows: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self.port = 0
        self.sent = b""

    async def open(self) -> Self:
        self._server = await asyncio.start_server(self._plug, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def cut(self) -> None:
        """Break every connection and take no new one."""
        if self._server:
            self._server.close()
        await self._break()

    def freeze(self) -> None:
        """Pass nothing on any more, either way; connections stay open."""
        self._flowing.clear()

    def thaw(self) -> None:
        """Pass on what was held up meanwhile, and all that comes."""
        self._flowing.set()

    async def mend(self) -> None:
        """Break what was frozen, and take connections again."""
        await self.cut()
        self._flowing.set()
        await self.open()

    async def _break(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()
        flows, self._flows = self._flows, set()
        for flow in flows:
            flow.cancel()
        await asyncio.gather(*flows, return_exceptions=True)

    async def _plug(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            there, back = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()
            return
        self._writers.add(back)
        for source, sink, keep in ((reader, back, True), (there, writer, False)):
            flow = asyncio.get_running_loop().create_task(self._flow(source, sink, keep))
            self._flows.add(flow)

    async def _flow(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, keep: bool
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                await self._flowing.wait()
                if keep:
                    self.sent += data
                sink.write(data)
                await sink.drain()
        sink.transport.abort()
