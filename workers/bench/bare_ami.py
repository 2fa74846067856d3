"""A dialler with nothing to it: a socket, Originates written by hand, Hangups counted.

It commits nothing, checks nothing and keeps nothing: the most that an AMI client can get out of
the Asterisk at hand.
"""

import asyncio
import time
from collections.abc import Callable
from uuid import uuid4

LOGIN = "Action: Login\r\nUsername: {user}\r\nSecret: {secret}\r\nEvents: on\r\n\r\n"
ORIGINATE = (
    "Action: Originate\r\nActionID: {id}\r\nChannelId: {id}\r\n"
    "Channel: PJSIP/1212{number:07}@{trunk}\r\n"
    "Context: dialplane-answered\r\nExten: hold\r\nPriority: 1\r\nAsync: true\r\n"
    "Timeout: 25000\r\nCallerID: 12125550100\r\n\r\n"
)
END = b"\r\n\r\n"
BOOTED, HANGUP = b"Event: FullyBooted\r\n", b"Event: Hangup\r\n"


async def ended_at(
    address: tuple[str, int], login: tuple[str, str], trunk: str, calls: int, in_flight: int
) -> list[float]:
    """When each of `calls` calls was over (seconds), with `in_flight` of them at a time."""
    client = _Client(trunk, calls, in_flight)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_connection(lambda: client, *address)
    try:
        user, secret = login
        transport.write(LOGIN.format(user=user, secret=secret).encode())
        await client.over.wait()
    finally:
        transport.abort()
    return client.ended


class _Client(asyncio.Protocol):
    def __init__(self, trunk: str, calls: int, in_flight: int) -> None:
        self.ended: list[float] = []
        self.over = asyncio.Event()
        self._trunk = trunk
        self._calls = calls
        self._in_flight = in_flight
        self._placed = 0
        self._held = b""
        self._write: Callable[[bytes], None]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.WriteTransport):
            self._write = transport.write

    def data_received(self, data: bytes) -> None:
        *messages, self._held = (self._held + data).split(END)
        for message in messages:
            if message.startswith(HANGUP):
                self.ended.append(time.perf_counter())
                self._place(1)
            elif message.startswith(BOOTED):
                self._place(self._in_flight)
        if len(self.ended) >= self._calls:
            self.over.set()

    def connection_lost(self, error: Exception | None) -> None:
        self.over.set()

    def _place(self, calls: int) -> None:
        numbers = range(self._placed, min(self._calls, self._placed + calls))
        self._placed += len(numbers)
        for number in numbers:
            text = ORIGINATE.format(id=uuid4(), number=number, trunk=self._trunk)
            self._write(text.encode())
