"""Whatever is sent to a served PBX, it holds little, says no word of its insides, and serves on."""

import asyncio
import logging
import random
import socket
from collections.abc import AsyncIterator

import pytest

from connectors.fake.wire import server
from connectors.fake.wire.ami.pbx import AmiPbx
from connectors.fake.wire.esl.pbx import EslPbx
from connectors.fake.wire.server import Line
from connectors.fake.wire.switch import Switch
from connectors.fake.world import World
from tests.connectors.fake.wire.client import SECRET, AmiClient, EslClient

NOISE = random.Random(7).randbytes(200_000)
NASTY = (
    NOISE,
    NOISE.replace(b"\n", b"\n\n"),
    b"\n" * 100_000,
    b"\r\n\r\n" * 50_000,
    b"\0" * 100_000,
    b"Action: Login\r\nUsername: dialplane\r\n",  # half of one
    b"Action: Ping\r\nX: " + b"y" * 1_048_576 + b"\r\n\r\n",
    b"Action: Ping\r\n" + b"X: y\r\n" * 100_000 + b"\r\n",
    b"Action: Login\r\nAuthType: MD5\r\nKey: \xff\xfe\r\n\r\n" * 1_000,
    b"auth " + b"y" * 1_048_576 + b"\n\n",
    b"auth \xff\xfe\n\n" * 1_000,
    b"event plain ALL\nContent-Length: 999999999999\n\n",
    b"event plain ALL\nContent-Length: -5\n\n",
    b"api originate {" * 10_000 + b"\n\n",
)

PBX = AmiPbx | EslPbx
MUCH = 12_000_000  # bytes


@pytest.fixture(params=[AmiPbx, EslPbx])
async def pbx(request: pytest.FixtureRequest, world: World) -> AsyncIterator[PBX]:
    made: PBX = request.param(Switch(world), SECRET)
    await made.open()
    yield made
    await made.close()


async def serves(pbx: PBX) -> None:
    """Somebody else is let in and answered."""
    if isinstance(pbx, AmiPbx):
        manager = await AmiClient(pbx.door.port).connect()
        await manager.log_in()
        assert (await manager.action("Ping"))["Ping"] == "Pong"
        manager.close()
    else:
        session = await EslClient(pbx.door.port).connect()
        await session.log_in()
        assert await session.api("echo here") == "here"
        session.close()


async def let_in(pbx: PBX) -> AmiClient | EslClient:
    kind = AmiClient if isinstance(pbx, AmiPbx) else EslClient
    client = await kind(pbx.door.port).connect()
    await client.log_in()
    return client


def quiet(caplog: pytest.LogCaptureFixture) -> bool:
    """Nothing was logged but that peers were dropped."""
    return all(r.levelno <= logging.WARNING and not r.exc_info for r in caplog.records)


async def flood(door: socket.socket, data: bytes) -> None:
    while True:
        await asyncio.get_running_loop().sock_sendall(door, data)


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("data", NASTY, ids=range(len(NASTY)))
async def test_nasty_bytes(
    pbx: PBX, data: bytes, known: bool, caplog: pytest.LogCaptureFixture
) -> None:
    if known:
        client = await let_in(pbx)
        client.send(data)
        await asyncio.wait({asyncio.ensure_future(client.writer.drain())}, timeout=1)
        client.close()
    else:
        _, writer = await asyncio.open_connection("127.0.0.1", pbx.door.port)
        writer.write(data)
        await asyncio.wait({asyncio.ensure_future(writer.drain())}, timeout=1)
        writer.transport.abort()
    await serves(pbx)
    assert quiet(caplog)


async def test_a_flood_whose_answers_nobody_reads(
    pbx: PBX, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(server, "MAX_UNREAD", 200_000)
    most = 0
    write = Line.write

    def watched(line: Line, data: bytes) -> None:
        nonlocal most
        write(line, data)
        if line.is_open and line._transport is not None:
            most = max(most, line._transport.get_write_buffer_size())

    monkeypatch.setattr(Line, "write", watched)
    ami = isinstance(pbx, AmiPbx)
    hello = f"Action: Login\r\nUsername: dialplane\r\nSecret: {SECRET}\r\n\r\n"
    hello = hello if ami else f"auth {SECRET}\n\nevent plain ALL\n\n"
    more = b"Action: ListCommands\r\n\r\n" * 100 if ami else b"api status\n\n" * 100
    door = socket.socket()
    door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    door.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(door, ("127.0.0.1", pbx.door.port))
    await loop.sock_sendall(door, hello.encode())
    with pytest.raises(ConnectionError):
        await asyncio.wait_for(flood(door, more), 60)
    door.close()
    assert most <= 200_000
    assert "is dropped" in caplog.text
    assert quiet(caplog)
    await serves(pbx)


async def test_who_does_not_log_in_is_let_go_of(pbx: PBX, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "LOGIN_SECONDS", 0.2)
    reader, writer = await asyncio.open_connection("127.0.0.1", pbx.door.port)
    async with asyncio.timeout(5):
        await reader.read()
    writer.transport.abort()


async def test_who_is_gone_once_all_was_written_is_not_cut_again() -> None:
    """A line that is closed writes out what it holds, and is cut a second later if it has not."""
    told: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, about: told.append(about))
    door = await server.Door(_Talks).open("127.0.0.1", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    async with asyncio.timeout(5):
        assert len(await reader.read(-1)) == MUCH
    await asyncio.sleep(1.2)
    writer.close()
    await door.close()
    assert told == []


class _Talks:
    """Says more than a socket takes at once, and hangs up."""

    known = True

    def __init__(self, line: Line) -> None:
        self._line = line

    def begin(self) -> None:
        self._line.write(b"x" * MUCH)
        self._line.close()

    def hear(self, data: bytes) -> None:
        raise AssertionError(f"nobody speaks here: {data!r}")

    def end(self) -> None:
        """Nothing is left to do."""


async def test_there_is_room_for_so_many_and_no_more(
    pbx: PBX, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MAX_LINES", 3)
    held = [await asyncio.open_connection("127.0.0.1", pbx.door.port) for _ in range(3)]
    for reader, _ in held:
        await reader.readuntil(b"\n")
    reader, writer = await asyncio.open_connection("127.0.0.1", pbx.door.port)
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await reader.readexactly(1)
    for _, one in (*held, (reader, writer)):
        one.transport.abort()


async def test_commands_wait_behind_an_api_that_takes_its_time(esl: EslPbx) -> None:
    client = await EslClient(esl.door.port).connect()
    await client.log_in()
    dial = "originate {originate_timeout=1}sofia/gateway/carrier/4930000004 &park()"
    client.send(f"api {dial}\n\n".encode() + b"api echo after\n\n" * 50_000)
    answers = [await client.read() for _ in range(50_001)]
    assert answers[0]["_body"] == "-ERR NO_ANSWER\n"
    assert {one["_body"] for one in answers[1:]} == {"after"}
    client.close()
