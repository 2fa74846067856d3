"""The PBX nodes of one campaign: opened, kept at, closed.

One that is not there does not keep the others from dialling: it is tried again, later and later.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping

from connectors.calls import Event, LinkBack
from connectors.clock import Clock
from connectors.pbx import Pbx, PbxError, PbxRefused

log = logging.getLogger(__name__)

FIRST_RETRY = 1.0
LAST_RETRY = 15.0
REFUSED_RETRY = 30.0  # a wrong password is not guessed at; some servers ban who tries often

OnEvent = Callable[[str, Event], None]


class Nodes:
    """Opens each node and tells its events; `trouble` says which are not there, and why."""

    def __init__(self, nodes: Mapping[str, Pbx], clock: Clock, on_event: OnEvent) -> None:
        self.trouble: dict[str, str] = {}
        self._nodes = nodes
        self._clock = clock
        self._on_event = on_event

    async def open_all(self) -> None:
        """Open every node, however long it takes. Ends when all are open."""
        await asyncio.gather(*(self._open(name) for name in self._nodes))

    async def close(self) -> None:
        """Leave every node; calls in progress go on there."""
        await asyncio.gather(*(pbx.close() for pbx in self._nodes.values()))

    async def _open(self, name: str) -> None:
        wait = FIRST_RETRY
        while (failed := await self._try(name)) is not None:
            if self.trouble.get(name) != str(failed):
                log.error("%s", failed)
            self.trouble[name] = str(failed)
            await asyncio.sleep(REFUSED_RETRY if isinstance(failed, PbxRefused) else wait)
            wait = min(wait * 2, LAST_RETRY)
        self.trouble.pop(name, None)

    async def _try(self, name: str) -> PbxError | None:
        pbx = self._nodes[name]
        try:
            await pbx.open(lambda event: self._on_event(name, event))
            live = await pbx.live_calls()
        except PbxError as failed:
            await pbx.close()
            return failed
        self._on_event(name, LinkBack(self._clock.now(), live))
        return None
