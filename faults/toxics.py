"""What can go wrong on a wire, one small class each.

A toxic is asked of every piece of bytes, in the order in which they arrived, what of it goes on:
it may make pieces smaller, wait, keep them back, or break the line. It holds no socket. A line
whose bytes were kept back is broken when the fault is over (`breaks`): TCP loses nothing in the
middle of a stream, so a stream with a gap is one that no peer can have seen.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class Way(Enum):
    """Whose words a piece of bytes is."""

    UP = "to the server"
    DOWN = "from the server"


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes as they were read; `at` by the monotonic clock."""

    way: Way
    data: bytes
    at: float


class Line(Protocol):
    """One connection through the proxy, as a toxic may touch it."""

    passed: int  # bytes that have gone on under the present fault, both ways together

    def reset(self) -> None:
        """Break it, both sides, with a TCP reset."""

    def end(self, way: Way) -> None:
        """Say to the receiver of `way` that nothing more comes; the other way goes on."""


class Toxic(Protocol):
    """What is done to each piece while the fault lasts."""

    @property
    def breaks(self) -> bool:
        """Whether a line that it was on cannot go on."""

    def through(self, piece: Piece, line: Line) -> AsyncIterator[bytes]: ...


@dataclass(frozen=True, slots=True)
class Reset:
    """The line breaks as soon as anybody says something."""

    breaks: bool = True

    async def through(self, piece: Piece, line: Line) -> AsyncIterator[bytes]:
        line.reset()
        return
        yield b""


@dataclass(frozen=True, slots=True)
class BlackHole:
    """Nothing arrives any more, and nobody is told."""

    breaks: bool = True

    async def through(self, piece: Piece, line: Line) -> AsyncIterator[bytes]:
        return
        yield b""


@dataclass(frozen=True, slots=True)
class HalfClose:
    """The server seems to have said its last; what is said to it still arrives."""

    breaks: bool = True

    async def through(self, piece: Piece, line: Line) -> AsyncIterator[bytes]:
        line.end(Way.DOWN)
        if piece.way is Way.UP:
            yield piece.data


@dataclass(frozen=True, slots=True)
class Latency:
    """Everything arrives so many seconds late."""

    seconds: float = 1.0
    breaks: bool = False

    async def through(self, piece: Piece, line: Line) -> AsyncIterator[bytes]:
        await asyncio.sleep(max(0.0, piece.at + self.seconds - time.monotonic()))
        yield piece.data


@dataclass(frozen=True, slots=True)
class Bandwidth:
    """No more than so many bytes a second, each way."""

    rate: int = 2_000
    breaks: bool = False

    async def through(self, piece: Piece, line: Line) -> AsyncIterator[bytes]:
        step = max(1, self.rate // 20)
        for at in range(0, len(piece.data), step):
            part = piece.data[at : at + step]
            await asyncio.sleep(len(part) / self.rate)
            yield part


@dataclass(frozen=True, slots=True)
class Slicer:
    """Everything arrives in crumbs, so that no message is read whole."""

    size: int = 7
    breaks: bool = False

    async def through(self, piece: Piece, line: Line) -> AsyncIterator[bytes]:
        for at in range(0, len(piece.data), self.size):
            yield piece.data[at : at + self.size]
            await asyncio.sleep(0)


@dataclass(frozen=True, slots=True)
class Duplicate:
    """What the server tells of its own accord is told `times` times.

    `told` cuts a piece into messages, and says of each whether it may be told again: an answer
    to a question may not, or it would be the answer to the next one.
    """

    told: Callable[[bytes], list[tuple[bytes, bool]]]
    times: int = 2
    breaks: bool = False

    async def through(self, piece: Piece, line: Line) -> AsyncIterator[bytes]:
        if piece.way is Way.UP:
            yield piece.data
            return
        for message, again in self.told(piece.data):
            yield message * (self.times if again else 1)


@dataclass(frozen=True, slots=True)
class CutAfter:
    """So many bytes go on, both ways together; then the line breaks, in the middle of a word."""

    count: int = 40
    breaks: bool = True

    async def through(self, piece: Piece, line: Line) -> AsyncIterator[bytes]:
        left = self.count - line.passed
        if left > 0:
            yield piece.data[:left]
        if len(piece.data) >= left:
            line.reset()
