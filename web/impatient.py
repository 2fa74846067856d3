"""Connections that take their time are closed, so that nobody can keep others out with them.

uvicorn bounds how long a connection may idle once it has been answered; not how long it may say
nothing at first, send a request byte by byte, or leave an answer unread. Here a request and its
answer have so many seconds together. And where there are many connections, a new one is let in for
the one that has waited longest without a request: who opens them by the hundred finds that each
of theirs goes before somebody's that is just about to ask.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

EXCHANGE_SECONDS = 20.0  # Prometheus waits for ten
MOST = 256  # connections; a process may have 1024 files open on most machines


class Impatient(H11Protocol):
    """One connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._limit: asyncio.TimerHandle | None = None
        self._since = 0.0  # by the loop's clock

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._begin()
        if len(self.connections) > MOST:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        self._begin()
        super().on_response_complete()

    def _begin(self) -> None:
        """The next request and its answer."""
        self._forget()
        self._since = self.loop.time()
        self._limit = self.loop.call_later(EXCHANGE_SECONDS, self.transport.abort)

    def _forget(self) -> None:
        if self._limit is not None:
            self._limit.cancel()

    def _make_room(self) -> None:
        """Requests in hand are let be: each is bounded by itself, and by who may send it."""
        others = [one for one in self.connections if isinstance(one, Impatient) and one is not self]
        idle = [one for one in others if one.cycle is None or one.cycle.response_complete]
        if idle:
            min(idle, key=lambda one: one._since).transport.abort()
