"""Who is silent or slow keeps nobody else out, over real sockets."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import uvicorn
from pydantic import SecretStr

from web.serve import _config
from workers.overview import Lookout
from workers.settings import Settings

REQUEST = b"GET /health HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture
async def port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """Of a server that lets go of eight connections' oldest."""
    monkeypatch.setattr("web.impatient.MOST", 8)
    url = SecretStr(f"sqlite:///{tmp_path / 'none.db'}")
    settings = Settings(home=tmp_path, database_url=url, recordings=tmp_path)
    server = uvicorn.Server(_config(settings, Lookout(settings)))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await serving


async def status(port: int) -> str:
    """What `/health` answers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(REQUEST + b"Connection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()
    return answer.decode().partition("\r\n")[0]


async def ended(reader: asyncio.StreamReader) -> bytes:
    """What came before the server closed the connection."""
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""


async def test_a_hundred_silent_connections_keep_nobody_out(port: int) -> None:
    async with asyncio.timeout(10):
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(100)]
        for _, writer in silent[::2]:
            writer.write(REQUEST)
        assert await status(port) == "HTTP/1.1 200 OK"
        for reader, _ in silent[:90]:
            assert await ended(reader) == b""
        assert not any(reader.at_eof() for reader, _ in silent[-5:])
        for _, writer in silent:
            writer.close()


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET /hea",
        REQUEST,
        REQUEST + b"Content-Length: 9\r\n\r\n1",
        REQUEST + b"\r\n" + REQUEST,
    ],
    ids=["nothing", "half a line", "half a head", "half a body", "a request, and half of one"],
)
async def test_a_connection_that_does_not_come_to_an_end_is_closed(
    port: int, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr("web.impatient.EXCHANGE_SECONDS", 0.1)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    async with asyncio.timeout(5):
        answer = await ended(reader)
    assert (b"200 OK" in answer) is (b"\r\n\r\n" in sent)
    writer.close()
