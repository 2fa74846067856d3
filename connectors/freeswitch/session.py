"""A session with a FreeSWITCH: one connection for events, some for commands; over when one is lost.

The commands about one call go over one connection, so that they are read in the order in which
they were given. The event connection carries nothing else, as a command would hold up its events.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from functools import partial
from time import perf_counter
from uuid import UUID

from connectors.freeswitch.actions import HANG_UP
from connectors.freeswitch.channels import Channel, channel, listed
from connectors.freeswitch.codec import Action, encode, line
from connectors.freeswitch.event import Event
from connectors.freeswitch.originates import Originates
from connectors.freeswitch.poke import POKE, Poke
from connectors.freeswitch.wire import Wire
from connectors.linked.patience import ANSWER_SECONDS
from connectors.pbx import LinkDown

log = logging.getLogger(__name__)

AT_ONCE = 100  # channels asked about at a time


class Session:
    """Several connections, from their log-in to the loss of the first. Never reused.

    `hear` gets the events, `answer` what each action was answered; what they raise is logged and
    stops nothing. `awaits` tells whether an event is expected soon: see `hurry`. `lost` is called
    once, with this session and the reason. `plus`: the trunks write E.164 with its `+`.
    """

    def __init__(
        self,
        hear: Callable[[Event], None],
        answer: Callable[[Action, str], None],
        awaits: Callable[[], bool],
        lost: Callable[["Session", str], None],
        lines: int = 1,
        *,
        plus: bool = False,
    ) -> None:
        self.over = asyncio.Event()
        self.hears_beeps = False  # whether the PBX can listen for those of a machine
        self.events = Wire(self._event, self._lost)
        self.lines = [Wire(self._event, self._lost) for _ in range(lines)]
        self._hear, self._tell_answer, self._tell_lost = hear, answer, lost
        self._plus = plus
        self._originates = Originates(self._send, self._answered)
        self._poke = Poke(self.events, awaits)

    def write(self, *actions: Action) -> None:
        """Send actions now. Raises `CommandRefused`, or `LinkDown` with nothing sent.

        Originates that the PBX is not ready for wait a while, and are then answered as not sent.
        """
        if self.over.is_set():
            raise LinkDown("the link to the PBX is down")
        room = all(self._line(action).has_room for action in actions)
        if not (room and self._originates.has_room):
            raise LinkDown("the PBX does not take what it is sent")
        for action in actions:
            encode(action)
            if action.background:
                self._originates.add(action)
            elif not (action.verb == HANG_UP and self._originates.take_back(action.call_id)):
                self._send(action, partial(self._answered, action))

    def hurry(self) -> None:
        """Have events told without delay, for as long as any is awaited."""
        if not self.over.is_set():
            self._poke.begin()

    async def ask(self, command: str, seconds: float = ANSWER_SECONDS) -> str:
        """The answer to an API command. Raises `LinkDown` or `TimeoutError`."""
        return await self.lines[0].ask(line(f"api {command}"), seconds)

    async def subscribe(self, command: bytes, seconds: float = ANSWER_SECONDS) -> str:
        """The answer to a command on the event connection."""
        return await self.events.ask(command, seconds)

    async def ping(self, seconds: float = ANSWER_SECONDS) -> float:
        """Seconds for one round trip on the slowest line. Raises `LinkDown` or `TimeoutError`."""
        start = perf_counter()
        asked = (wire.sign_of_life(POKE, seconds) for wire in (self.events, *self.lines))
        await asyncio.gather(*asked)
        return perf_counter() - start

    async def channels(self, known: Iterable[UUID] = ()) -> list[Channel]:
        """All channels of ours, with those `known`. Raises `LinkDown` or `TimeoutError`.

        The list is up to a second late, so it only tells what to ask about.
        """
        ids = {*listed(await self.ask("show channels as json")), *known}
        return await self.look(ids)

    async def look(self, ids: Iterable[UUID]) -> list[Channel]:
        """Those of these channels that the PBX holds. Raises `LinkDown` or `TimeoutError`."""
        todo, found = list(ids), []
        for start in range(0, len(todo), AT_ONCE):
            asked = (self.ask(f"uuid_dump {one} json") for one in todo[start : start + AT_ONCE])
            found += [channel(text, plus=self._plus) for text in await asyncio.gather(*asked)]
        return [one for one in found if one is not None]

    def take_back(self) -> None:
        """Have originates that wait answered as taken back."""
        self._originates.take_all_back()

    async def leave(self) -> None:
        """See that what was sent before is read, and be gone within a second."""
        self.take_back()
        try:
            await self.ping(1.0)
        except (LinkDown, TimeoutError):
            log.debug("the PBX did not say goodbye")
        self.abort("closed")

    def abort(self, why: str) -> None:
        """Be rid of the connections at once, and of all that is unsent."""
        self._lost(why)

    # --- sending -----------------------------------------------------------------------------

    def _line(self, action: Action) -> Wire:
        return self.lines[action.call_id.int % len(self.lines)]

    def _send(self, action: Action, answer: Callable[[str], None]) -> None:
        self._line(action).write(encode(action), answer)

    # --- what arrives ------------------------------------------------------------------------

    def _event(self, event: Event) -> None:
        try:
            self._hear(event)
        except Exception:
            log.exception("an event could not be handled: %s", event.name)

    def _answered(self, action: Action, text: str) -> None:
        try:
            self._tell_answer(action, text)
        except Exception:
            log.exception("the answer to %s could not be handled", action.id)

    def _lost(self, why: str) -> None:
        if self.over.is_set():
            return
        self.over.set()
        self._poke.stop()
        for wire in (self.events, *self.lines):
            wire.abort(why)
        self._originates.forget()
        self._tell_lost(self, why)
