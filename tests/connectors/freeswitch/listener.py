"""One connection of a transport, without a session around it, and all that it tells."""

import asyncio
import gc
import sys
import threading
from collections.abc import Callable
from typing import TypeVar

from connectors.freeswitch.codec import line
from connectors.freeswitch.event import Event
from connectors.freeswitch.transport import Ears, Link
from connectors.freeswitch.transports import load
from tests.connectors.freeswitch.esl_server import PASSWORD

T = TypeVar("T")


class Listener:
    def __init__(self) -> None:
        self.events: list[Event] = []
        self.answers: list[str] = []
        self.lost: list[str] = []
        self.link: Link | None = None
        self._told = asyncio.Event()

    async def connect(self, scheme: str, port: int, password: str = PASSWORD) -> Link:
        ears = Ears(self._keep(self.answers), self._keep(self.events), self._keep(self.lost))
        self.link = await load(scheme).connect("127.0.0.1", port, f"auth {password}", ears)
        return self.link

    async def listen(self, scheme: str, port: int) -> Link:
        """Connect, and ask for events."""
        link = await self.connect(scheme, port)
        link.write(line(f"event {load(scheme).FORMAT} ALL"))
        await self.until(lambda: self.answers)
        return link

    def write(self, command: str) -> None:
        assert self.link is not None
        self.link.write(line(command))

    async def loss(self) -> str:
        """The one reason for which the link is lost; nothing of it is left."""
        await self.until(lambda: self.lost)
        await nothing_left()
        assert len(self.lost) == 1
        return self.lost[0]

    async def until(self, condition: Callable[[], object], seconds: float = 10.0) -> None:
        async with asyncio.timeout(seconds):
            while not condition():
                self._told.clear()
                await self._told.wait()

    def _keep(self, kept: list[T]) -> Callable[[T], None]:
        def keep(what: T) -> None:
            kept.append(what)
            self._told.set()

        return keep


async def nothing_left(seconds: float = 3.0) -> None:
    """Until the threads of python-ESL and the greenlets of greenswitch are at their end."""
    for one in threading.enumerate():
        if one.name == "python-esl":
            await asyncio.to_thread(one.join, seconds)
            assert not one.is_alive(), "a thread goes on"
    async with asyncio.timeout(seconds):
        while greenlets():  # noqa: ASYNC110 - another thread
            await asyncio.sleep(0.01)


def greenlets() -> list[object]:
    """Those that live, where gevent is there."""
    gevent = sys.modules.get("gevent")
    return [
        one
        for one in gc.get_objects()
        if gevent is not None and isinstance(one, gevent.Greenlet) and not one.dead
    ]
