"""The seam between a session and what carries it: one connection to an event socket.

A transport is a module with `connect`, which logs in, too. A link is never reused and never
reconnects by itself; what was written to it and not read by the PBX dies with it. That is what
`abort` is careful about: a plain close would leave the kernel delivering old originates for
minutes, to a PBX that becomes reachable again.
"""

import asyncio
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from connectors.freeswitch.event import Event

MAX_BACKLOG = 1_048_576  # bytes that the PBX has not taken; about 1,500 originates
RESET = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 s: drop what is unsent, and say so


class NotLetIn(Exception):
    """The event socket answers and turns us away; the text is the server's own."""


class Link(Protocol):
    """What the session needs of a connection that is logged in."""

    def write(self, command: bytes) -> None:
        """Send a command now: what `codec.encode` or `codec.line` gave."""

    def backlog(self) -> int:
        """Bytes written that have not gone out."""

    def abort(self) -> None:
        """Be rid of the connection at once, and of everything unsent. Safe to call twice."""


@dataclass(frozen=True, slots=True)
class Ears:
    """Who is told what arrives.

    `answer`: the text of the answer to a command, one for each, in their order. `lost` is called
    once at the most, with a reason for people.
    """

    answer: Callable[[str], None]
    event: Callable[[Event], None]
    lost: Callable[[str], None]


class Connect(Protocol):
    """Connect, and log in with the command `log_in`.

    Raises `OSError`, `EslProtocolError` or `NotLetIn`.
    """

    async def __call__(self, host: str, port: int, log_in: str, ears: Ears) -> Link: ...


def reset(transport: asyncio.Transport) -> None:
    """Abort a connection so that neither side's kernel keeps any of it."""
    raw = transport.get_extra_info("socket")
    if raw is not None and raw.fileno() >= 0:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    transport.abort()
