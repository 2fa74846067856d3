"""A server that answers each line with the same in capitals, and a client, with a proxy between."""

import asyncio
from collections.abc import AsyncIterator
from typing import Self

import pytest

from faults.proxy import Proxy


class Server:
    """Keeps all that it was told, and says `greeting` first."""

    def __init__(self) -> None:
        self.heard = b""
        self.port = 0
        self.writers: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server | None = None

    async def open(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def close(self) -> None:
        if self._server:
            self._server.close()
        for writer in self.writers:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        try:
            while line := await reader.read(65536):
                self.heard += line
                writer.write(line.upper())
        except OSError:
            return


class Client:
    """One connection through the proxy."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def ask(self, words: bytes) -> bytes:
        """As much of an answer as there are words, or less where the line ends."""
        self.writer.write(words)
        try:
            async with asyncio.timeout(5):
                return await self.reader.readexactly(len(words))
        except asyncio.IncompleteReadError as cut:
            return cut.partial

    async def is_silent(self, seconds: float = 0.2) -> bool:
        """Nothing comes, and the line is not at its end."""
        try:
            async with asyncio.timeout(seconds):
                await self.reader.read(1)
        except TimeoutError:
            return True
        return False


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = await Server().open()
    yield server
    await server.close()


@pytest.fixture
async def proxy(server: Server) -> AsyncIterator[Proxy]:
    proxy = await Proxy("127.0.0.1", server.port).open()
    yield proxy
    await proxy.close()


@pytest.fixture
async def client(proxy: Proxy) -> AsyncIterator[Client]:
    client = Client(*await asyncio.open_connection("127.0.0.1", proxy.port))
    assert await client.ask(b"hello") == b"HELLO"
    yield client
    client.writer.close()
