"""Has events told without delay.

mod_event_socket looks every 20 ms whether there is an event to be told, and whenever it is sent
something. So while an event is awaited, the event connection is sent something: an unknown command,
which is answered, and nothing else.
"""

import asyncio
from collections.abc import Callable

from connectors.freeswitch.codec import line
from connectors.freeswitch.wire import Wire
from connectors.pbx import LinkDown

POKE = line("noop")
SECONDS = 0.005  # halves the delay twice over, for 200 short commands a second
MOST = 20  # without an answer: then the PBX has other worries


class Poke:
    """Pokes `wire` for as long as `awaits` says that an event is expected."""

    def __init__(self, wire: Wire, awaits: Callable[[], bool]) -> None:
        self._wire = wire
        self._awaits = awaits
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Something has been ordered, or has happened. Does nothing where it pokes already."""
        if self._timer is None and self._awaits():
            try:
                if self._wire.unanswered < MOST:
                    self._wire.write(POKE, lambda _: None)
            except LinkDown:
                return
            self._timer = asyncio.get_running_loop().call_later(SECONDS, self._again)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _again(self) -> None:
        self._timer = None
        self.begin()
