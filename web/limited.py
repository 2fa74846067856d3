"""A request's body, read before anybody looks at it: no longer than allowed, and in time."""

import asyncio
from dataclasses import dataclass

from starlette.types import Message, Receive


@dataclass(frozen=True, slots=True)
class Limits:
    """`longest` in bytes; `seconds` within which all of it has to be there."""

    longest: int
    seconds: float = 10.0


class TooMuch(Exception):
    """A sentence, and the status that it is told with."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


async def whole(receive: Receive, limits: Limits) -> Receive:
    """Gives the same body again, and then what comes after it. Raises `TooMuch`."""
    try:
        async with asyncio.timeout(limits.seconds):
            body = await _read(receive, limits.longest)
    except TimeoutError:
        raise TooMuch(408, f"A body must be here within {limits.seconds:g} s") from None
    told = False

    async def again() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def _read(receive: Receive, longest: int) -> bytes:
    pieces, length = list[bytes](), 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise TooMuch(400, "The body broke off")
        pieces.append(message.get("body", b""))
        length += len(pieces[-1])
        if length > longest:
            raise TooMuch(413, f"A body may have {longest} bytes")
        if not message.get("more_body", False):
            return b"".join(pieces)
