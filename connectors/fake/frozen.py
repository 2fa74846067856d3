"""A link of the fake PBX that nothing crosses: what waits at its ends, and when it is given up."""

import asyncio
import contextlib
from collections.abc import Callable

from connectors.calls import Command, Event
from connectors.clock import Clock
from connectors.linked.patience import Patience

PATIENCE = Patience()


class FrozenLink:
    """From the freezing on. `fell_silent` and `gave_up` are called as the connectors' links are.

    `commands` and `events` are what waits to cross, either way.
    """

    def __init__(
        self, clock: Clock, fell_silent: Callable[[], None], gave_up: Callable[[], None]
    ) -> None:
        self.commands: list[Command] = []
        self.events: list[Event] = []
        self.is_silent = False
        self._clock, self._fell_silent, self._gave_up = clock, fell_silent, gave_up
        self._watching = asyncio.get_running_loop().create_task(self._watch())

    async def end(self) -> None:
        """Watch no longer."""
        self.stop()
        with contextlib.suppress(asyncio.CancelledError):
            await self._watching

    def stop(self) -> None:
        self._watching.cancel()

    async def _watch(self) -> None:
        await self._clock.sleep(PATIENCE.silence)
        self.is_silent = True
        self._fell_silent()
        await self._clock.sleep(PATIENCE.give_up - PATIENCE.silence)
        self._gave_up()
