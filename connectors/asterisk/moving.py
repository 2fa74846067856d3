"""Moving calls: a redirect waits until its call stands still.

Asterisk takes a redirect while the call's own thread goes from one step of the dialplan to the
next, and reads where to go in pieces (`__ast_pbx_run` and `ast_async_goto` in its `main/pbx.c`):
one that comes just there can have its first step skipped, or end the call. A call that tells
something is about to take a step, and we would answer within that step. So a call is moved only
when it has told nothing for a moment, in which it comes to where it waits.

Of two redirects before the first is carried out Asterisk drops the second and calls it a success.
Here the later one counts.
"""

import asyncio
from collections.abc import Callable

from connectors.asterisk.codec import Action, Message

STILL = 0.05  # seconds; a step of the dialplan takes less than a thousandth
MOVE = ("Action", "Redirect")
STEP = "UserEvent"  # told by the dialplan itself, in one of its steps


class Moves:
    """The redirects of one link. `write` sends an action; it must not raise."""

    def __init__(self, write: Callable[[Action], None]) -> None:
        self._write = write
        self.told: dict[str, float] = {}  # channel: when it last told a step, the oldest first
        self._waiting: dict[str, Action] = {}

    def heard(self, message: Message) -> None:
        """Any event: does a channel tell a step?"""
        if message.event == STEP:
            channel, now = message["Uniqueid"], asyncio.get_running_loop().time()
            self.told.pop(channel, None)
            self.told[channel] = now
            self._forget(now - STILL)

    def waits(self, action: Action) -> bool:
        """Whether this moves a call that has just told a step: it is sent in a moment."""
        if action[0] != MOVE:
            return False
        channel, loop = dict(action)["Channel"], asyncio.get_running_loop()
        when = self.told.get(channel, -STILL) + STILL
        if when <= loop.time() and channel not in self._waiting:
            return False
        if channel not in self._waiting:
            loop.call_at(when, self._move, channel)
        self._waiting[channel] = action
        return True

    def _move(self, channel: str) -> None:
        self._write(self._waiting.pop(channel))

    def _forget(self, before: float) -> None:
        while next(iter(self.told.values())) <= before:
            del self.told[next(iter(self.told))]
