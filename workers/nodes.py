"""The PBX nodes of one campaign: opened, kept at, closed, or handed on to its next version.

One that is not there does not keep the others from dialling: it is tried again, later and later.

What a node tells is held back from when nobody listens until it has been asked what it holds, and
then told in the order of `connectors.gaps`.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from campaigns.flow.flow import Flow
from connectors.calls import Event, LinkBack, LinkEvent, LiveCall
from connectors.clock import Clock, RunningClock
from connectors.gaps import in_order
from connectors.pbx import Pbx, PbxError, PbxRefused, open_pbx
from workers.flow_player import FlowPlayer
from workers.settings import Settings, SettingsError

log = logging.getLogger(__name__)

FIRST_RETRY = 1.0
LAST_RETRY = 15.0
REFUSED_RETRY = 30.0  # a wrong password is not guessed at; some servers ban who tries often

OnEvent = Callable[[str, Event], None]


class Nodes:
    """Opens nodes and tells their events; `trouble` says which are not there, and why.

    `pbxs` and `clock` are known once they are named.
    """

    def __init__(self) -> None:
        self.pbxs: dict[str, Pbx] = {}
        self.clock: Clock = RunningClock()
        self.trouble: dict[str, str] = {}
        self._open: set[str] = set()
        self._held: dict[str, list[Event]] = {}  # not there: what a node tells is passed on
        self._gone: list[Pbx] = []  # named before, and not any more
        self._on_event: OnEvent | None = None

    def name(self, settings: Settings, names: Iterable[str]) -> None:
        """These are the nodes from now on; one that is open already stays so.

        Raises `PbxError` and `SettingsError`.
        """
        known = self.pbxs
        self.pbxs = {
            name: known.get(name) or open_pbx(name, settings.pbx_url(name)) for name in names
        }
        self.clock = _clock_of(self.pbxs)
        self._gone = [pbx for name, pbx in known.items() if name not in self.pbxs]
        self.hold_back()

    def play(self, flows: Mapping[str, Flow]) -> None:
        """A fake PBX needs no dialplan: it plays these flows, and has no others."""
        for pbx in self.pbxs.values():
            exchange = getattr(pbx, "exchange", None)
            if exchange is not None:
                exchange.plays(FlowPlayer(flows))

    def keep(self, settings: Settings, names: Iterable[str]) -> list[str]:
        """Nodes that are named no more, and hold calls from before: they are heard to the end.

        Returns those that the settings do not know either: nobody can be asked about them.
        """
        unknown: list[str] = []
        for name in sorted(set(names) - self.pbxs.keys()):
            try:
                self.pbxs[name] = self._named_before(name) or open_pbx(name, settings.pbx_url(name))
            except (PbxError, SettingsError) as gone:
                log.warning("calls of before on a PBX that cannot be asked are lost: %s", gone)
                unknown.append(name)
        self.hold_back()
        return unknown

    def _named_before(self, name: str) -> Pbx | None:
        gone = next((pbx for pbx in self._gone if pbx.name == name), None)
        self._gone = [pbx for pbx in self._gone if pbx is not gone]
        return gone

    def hold_back(self) -> None:
        """Nobody listens: what happens from now on is kept for who opens the nodes next."""
        self._on_event = None
        for name in self.pbxs:
            self._held.setdefault(name, [])

    async def open_all(self, on_event: OnEvent) -> None:
        """Open every node, however long it takes. Ends when all are open."""
        self._on_event = on_event
        await _close(self._gone)
        await asyncio.gather(*(self._keep_trying(name) for name in self.pbxs))

    async def close(self) -> None:
        """Leave every node, and forget it; calls in progress go on there."""
        left, self.pbxs = self.pbxs, {}
        self._open.clear()
        self._held.clear()
        await _close(left.values())

    async def _keep_trying(self, name: str) -> None:
        wait = FIRST_RETRY
        while (failed := await self._try(name)) is not None:
            if self.trouble.get(name) != str(failed):
                log.error("%s", failed, extra={"node": name})
            self.trouble[name] = str(failed)
            await asyncio.sleep(REFUSED_RETRY if isinstance(failed, PbxRefused) else wait)
            wait = min(wait * 2, LAST_RETRY)
        self.trouble.pop(name, None)

    async def _try(self, name: str) -> PbxError | None:
        pbx = self.pbxs[name]
        try:
            if name not in self._open:
                await pbx.open(partial(self._told, name))
                self._open.add(name)
            live = await pbx.live_calls()
        except PbxError as failed:
            self._open.discard(name)
            await pbx.close()
            self._forget_link(name)
            return failed
        self._found(name, live)
        return None

    def _forget_link(self, name: str) -> None:
        """What was told of a link that is closed is not true of the next one."""
        held = self._held.get(name, [])
        self._held[name] = [event for event in held if not isinstance(event, LinkEvent)]

    def _told(self, name: str, event: Event) -> None:
        if name in self._held:
            self._held[name].append(event)
        elif self._on_event is not None:
            self._on_event(name, event)

    def _found(self, name: str, live: tuple[LiveCall, ...]) -> None:
        held = self._held.pop(name, [])
        for event in in_order(held, LinkBack(self.clock.now(), live)):
            self._told(name, event)


def _clock_of(pbxs: Mapping[str, Pbx]) -> Clock:
    """A fake PBX that runs faster than the wall brings the clock that it stamps its events by."""
    own = (getattr(pbx, "clock", None) for pbx in pbxs.values())
    return next((clock for clock in own if isinstance(clock, RunningClock)), RunningClock())


async def _close(pbxs: Iterable[Pbx]) -> None:
    await asyncio.gather(*(pbx.close() for pbx in pbxs))
