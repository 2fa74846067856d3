"""Each toxic over real sockets."""

import asyncio
import time
from typing import Any

import pytest

from faults.proxy import Proxy
from faults.told import ami
from faults.toxics import (
    Bandwidth,
    BlackHole,
    CutAfter,
    Duplicate,
    HalfClose,
    Latency,
    Piece,
    Reset,
    Slicer,
    Way,
)


async def test_without_a_fault_everything_passes(client: Any, server: Any) -> None:
    words = b"x" * 1_000_000
    assert await client.ask(words) == words.upper()
    assert server.heard == b"hello" + words


async def test_a_goodbye_passes_too(client: Any, server: Any) -> None:
    server.writers[0].write_eof()
    assert await client.reader.read() == b""


async def test_a_reset_breaks_the_line_and_the_word_never_arrives(
    proxy: Proxy, client: Any, server: Any
) -> None:
    proxy.poison(Reset())
    with pytest.raises(ConnectionResetError):
        await client.ask(b"lost")
    assert server.heard == b"hello"


async def test_new_lines_break_too_until_all_is_well(proxy: Proxy) -> None:
    proxy.poison(Reset())
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(b"again")
    with pytest.raises(ConnectionResetError):
        await reader.readexactly(5)
    proxy.heal()
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(b"again")
    assert await reader.readexactly(5) == b"AGAIN"
    writer.close()


async def test_a_black_hole_says_nothing_and_the_line_is_broken_once_it_is_over(
    proxy: Proxy, client: Any, server: Any
) -> None:
    proxy.poison(BlackHole())
    client.writer.write(b"lost")
    assert await client.is_silent()
    assert server.heard == b"hello"
    proxy.heal()
    with pytest.raises(ConnectionResetError):
        await client.reader.readexactly(1)


async def test_half_closed_the_server_still_hears(proxy: Proxy, client: Any, server: Any) -> None:
    proxy.poison(HalfClose())
    assert await client.ask(b"heard") == b""
    client.writer.write(b" twice")
    async with asyncio.timeout(5):
        while server.heard != b"helloheard twice":  # noqa: ASYNC110 - the server changes it
            await asyncio.sleep(0.01)


async def test_latency_is_late_once_however_many_pieces(proxy: Proxy, client: Any) -> None:
    proxy.poison(Latency(0.3))
    begun = time.monotonic()
    for _ in range(10):
        client.writer.write(b"late ")
        await asyncio.sleep(0.005)
    assert await client.reader.readexactly(50) == b"LATE " * 10
    assert 0.6 <= time.monotonic() - begun < 2.0  # there and back


async def test_bandwidth_is_bytes_a_second(proxy: Proxy, client: Any) -> None:
    proxy.poison(Bandwidth(rate=1000))
    begun = time.monotonic()
    assert await client.ask(b"b" * 300) == b"B" * 300
    assert 0.3 <= time.monotonic() - begun < 3.0


async def test_a_slicer_loses_nothing(proxy: Proxy, client: Any) -> None:
    pieces: list[int] = []
    proxy.poison(Slicer(3))
    proxy.on_piece = lambda piece: pieces.append(len(piece.data))
    assert await client.ask(b"sliced to the bone") == b"SLICED TO THE BONE"
    assert len(pieces) > 2


async def test_events_are_told_twice_and_answers_once(
    proxy: Proxy, client: Any, server: Any
) -> None:
    event = b"Event: Hangup\r\nUniqueid: 1\r\n\r\n"
    answer = b"Response: Success\r\nActionID: 1\r\n\r\n"
    proxy.poison(Duplicate(ami))
    server.writers[0].write(event + answer)
    assert await client.reader.readexactly(len(event * 2 + answer)) == event * 2 + answer
    assert await client.is_silent()


async def test_a_line_is_cut_in_the_middle_of_a_word(
    proxy: Proxy, client: Any, server: Any
) -> None:
    proxy.poison(CutAfter(4))
    client.writer.write(b"originate")
    with pytest.raises(ConnectionResetError):
        await client.reader.readexactly(9)
    assert server.heard in {b"hello", b"helloorig"}  # a reset may overtake what was sent


async def test_a_fault_strikes_at_a_word(proxy: Proxy, client: Any, server: Any) -> None:
    def watch(piece: Piece) -> None:
        if piece.way is Way.UP and b"originate" in piece.data:
            proxy.poison(BlackHole())

    proxy.on_piece = watch
    assert await client.ask(b"ping") == b"PING"
    client.writer.write(b"originate")
    assert await client.is_silent()
    assert server.heard == b"helloping"


async def test_where_the_server_is_gone_the_line_breaks(proxy: Proxy, server: Any) -> None:
    await server.close()
    reader, _ = await asyncio.open_connection("127.0.0.1", proxy.port)
    with pytest.raises(ConnectionResetError):
        await reader.readexactly(1)
