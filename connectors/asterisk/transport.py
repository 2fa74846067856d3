"""One connection to an AMI, from its greeting to its loss: the default transport.

A link is never reused and never reconnects by itself; what was written to it and not read by the
PBX dies with it. That is what `abort` is careful about: a plain close would leave the kernel
delivering old originates for minutes, to a PBX that becomes reachable again.
"""

import asyncio
import socket
import ssl
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol, cast

from connectors.asterisk.codec import Action, AmiProtocolError, Decoder, Message, encode

MAX_BACKLOG = 1_048_576  # bytes that the PBX has not taken; about 2,500 originates
RESET = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 s: drop what is unsent, and say so


class Link(Protocol):
    """What the session needs of a connection."""

    def write(self, action: Action) -> None:
        """Send an action now. Raises `CommandRefused` where a value must not be sent."""

    def backlog(self) -> int:
        """Bytes written that have not gone out."""

    def abort(self) -> None:
        """Be rid of the connection at once, and of everything unsent. Safe to call twice."""


@dataclass(frozen=True, slots=True)
class Ears:
    """Who is told what arrives. `lost` is called once at the most, with a reason for people."""

    message: Callable[[Message], None]
    lost: Callable[[str], None]


async def connect(
    host: str, port: int, wants: Iterable[str], ears: Ears, tls: ssl.SSLContext | None = None
) -> Link:
    """Connect and hear the greeting. Raises `OSError` or `AmiProtocolError`."""
    loop = asyncio.get_running_loop()
    _, link = await loop.create_connection(lambda: AmiLink(wants, ears), host, port, ssl=tls)
    await heard(link.greeted, link)
    return link


async def heard(greeted: "asyncio.Future[None]", link: Link) -> None:
    """Wait for the greeting; without it the connection is given up."""
    try:
        await greeted
    except BaseException:
        link.abort()
        raise


class AmiLink(asyncio.Protocol):
    """See `Link`."""

    def __init__(self, wants: Iterable[str], ears: Ears) -> None:
        self.greeted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._decoder = Decoder(wants)
        self._ears = ears
        self._transport: asyncio.Transport | None = None
        self._why = ""

    def write(self, action: Action) -> None:
        data = encode(action)
        if self._transport is not None:
            self._transport.write(data)

    def backlog(self) -> int:
        return self._transport.get_write_buffer_size() if self._transport else 0

    def abort(self) -> None:
        if self._transport is not None:
            reset(self._transport)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        try:
            messages = self._decoder.feed(data)
        except AmiProtocolError as error:
            self._fail(error)
            return
        if self._decoder.greeting and not self.greeted.done():
            self.greeted.set_result(None)
        for message in messages:
            self._ears.message(message)

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        why = self._why or (f"the connection broke: {error}" if error else "the PBX closed it")
        if self.greeted.done():
            self._ears.lost(why)
        else:
            self.greeted.set_exception(ConnectionResetError(why))

    def _fail(self, error: AmiProtocolError) -> None:
        self._why = str(error)
        if not self.greeted.done():
            self.greeted.set_exception(error)
        self.abort()


def reset(transport: asyncio.Transport) -> None:
    """Abort a connection so that neither side's kernel keeps any of it."""
    raw = transport.get_extra_info("socket")
    if raw is not None and raw.fileno() >= 0:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    transport.abort()
