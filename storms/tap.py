"""Listens on the wire between a dialler and its PBX: when was each call to a customer sent?"""

import asyncio
import threading
import time
from types import TracebackType
from typing import Self

from faults.proxy import Proxy
from faults.toxics import Piece, Way

CUSTOMER = b"@carrier\r\n"  # the end of the channel that an AMI originate names


class Tap:
    """A proxy in a thread of its own; `sent` are seconds since the epoch, one for each call."""

    def __init__(self, host: str, port: int) -> None:
        self.sent: list[float] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._proxy = Proxy(host, port)
        self._proxy.on_piece = self._hear

    @property
    def address(self) -> str:
        """To connect to instead of the PBX."""
        return f"127.0.0.1:{self._proxy.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._proxy.open(), self._loop).result(10)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._proxy.close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _hear(self, piece: Piece) -> None:
        if piece.way is Way.UP:
            at = piece.at - time.monotonic() + time.time()
            self.sent += [at] * piece.data.count(CUSTOMER)
