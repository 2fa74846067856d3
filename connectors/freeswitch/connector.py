"""FreeSWITCH as a PBX: one link kept up, commands out, events of the vocabulary in.

The link is the only thing that is retried, never a command. While it is down, `send` refuses;
when it is back, the channels that FreeSWITCH holds decide what has become of each call.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar
from uuid import UUID

from connectors.calls import (
    AgentLegDown,
    Command,
    Ended,
    Event,
    LinkBack,
    LinkLost,
    LiveCall,
    Monitor,
    Originate,
    PlayMessage,
    RingAgent,
)
from connectors.clock import Clock
from connectors.freeswitch import url as urls
from connectors.freeswitch.actions import Dialling, actions
from connectors.freeswitch.channels import Channel
from connectors.freeswitch.codec import Action
from connectors.freeswitch.event import Event as Heard
from connectors.freeswitch.login import log_in
from connectors.freeswitch.session import Session
from connectors.freeswitch.translate import Translator
from connectors.freeswitch.transports import load
from connectors.freeswitch.url import Address
from connectors.pbx import LinkDown, OnEvent, Pbx, PbxError, PbxRefused

log = logging.getLogger(__name__)

T = TypeVar("T")

FIRST_RETRY, LAST_RETRY = 0.2, 5.0  # seconds; doubled each time, and then 50 to 100 % of that
REFUSED_RETRY = 30.0  # after a wrong password: a FreeSWITCH behind fail2ban would lock us out
LOOK = 0.25  # seconds between two looks at what is overdue


def open_url(name: str, url: str, clock: Clock) -> Pbx:
    """The FreeSWITCH at `url`, not yet opened. Raises `PbxError` with a sentence on a wrong URL."""
    try:
        address = urls.read(url)
        load(address.scheme)
        return FreeSwitchPbx(name, address, clock)
    except PbxError as error:
        raise PbxError(f"PBX '{name}': {error}") from None


class FreeSwitchPbx:
    """See `connectors.pbx.Pbx`. `clock` stamps events; it must run at the wall's pace."""

    def __init__(self, name: str, address: Address, clock: Clock) -> None:
        self.name = name
        self._address = address
        self._clock = clock
        self._calls = self._new_calls()
        self._session: Session | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._on_event: OnEvent | None = None
        self._held_back: list[Event] | None = None

    async def open(self, on_event: OnEvent) -> None:
        if self._keeper is not None:
            raise PbxError(f"PBX '{self.name}' is open already")
        self._calls = self._new_calls()  # who calls in meanwhile is heard
        session = self._new_session()
        channels = await log_in(self.name, self._address, session, self._known)
        self._calls.reconcile(channels, self._clock.now())
        self._on_event, self._held_back, self._session = on_event, None, session
        self._keeper = asyncio.create_task(self._keep(), name=f"pbx-{self.name}")
        self._carry_out()

    async def close(self) -> None:
        keeper, self._keeper, self._on_event = self._keeper, None, None
        if keeper is not None:
            keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keeper
        session, self._session = self._session, None
        if session is not None:
            await session.leave()

    def send(self, command: Command) -> None:
        todo = actions(command, self._dialling(command))
        if self._is_placed(command):
            log.info("PBX '%s': %s lives already, and is not dialled again", self.name, todo[0].id)
            return
        try:
            self._up().write(*todo)
        except LinkDown as down:
            raise LinkDown(f"PBX '{self.name}': {down}; nothing was sent") from None
        self._calls.told(command, self._clock.now())
        self._carry_out()

    def _is_placed(self, command: Command) -> bool:
        """FreeSWITCH would dial under another UUID."""
        match command:
            case Originate():
                return self._calls.holds(command.call_id)
            case RingAgent() | Monitor():
                return self._calls.holds(command.leg_id)
        return False

    async def live_calls(self) -> tuple[LiveCall, ...]:
        found = await self._ask(lambda session: session.channels(self._calls.ids))
        return tuple(one.live for one in found)

    async def ping(self) -> float:
        return await self._ask(Session.ping)

    async def _ask(self, question: Callable[[Session], Awaitable[T]]) -> T:
        try:
            return await question(self._up())
        except (LinkDown, TimeoutError) as error:
            raise LinkDown(f"PBX '{self.name}': {str(error) or 'no answer in time'}") from None

    def _new_calls(self) -> Translator:
        return Translator(self.name, plus=self._address.dialling.plus)

    def _new_session(self) -> Session:
        ears = (self._hear, self._answered, self._awaits, self._lost)
        return Session(*ears, self._address.lines, plus=self._address.dialling.plus)

    def _awaits(self) -> bool:
        return self._calls.awaits()

    def _known(self) -> list[UUID]:
        return self._calls.ids

    def _dialling(self, command: Command) -> Dialling:
        """As the URL says, as far as the PBX can, and as befits the call."""
        dialling, session = self._address.dialling, self._session
        match command:
            case Originate(amd=True) if session is not None and not session.hears_beeps:
                return replace(dialling, listen=0)
            case PlayMessage() if self._calls.came_in(command.call_id):
                return replace(dialling, music=True)
        return dialling

    def _up(self) -> Session:
        if self._session is None:
            raise LinkDown("the link is down")
        return self._session

    # --- what arrives ------------------------------------------------------------------------

    def _hear(self, heard: Heard) -> None:
        for event in self._calls.event(heard, self._clock.now()):
            self._tell(event)
        self._carry_out()

    def _answered(self, action: Action, text: str) -> None:
        for event in self._calls.answer(action, text, self._clock.now()):
            self._tell(event)
        if text.startswith("-"):
            log.info("PBX '%s': %s: %a", self.name, action.id, text[:80])
        self._carry_out()

    def _lost(self, session: Session, why: str) -> None:
        if session is self._session:
            self._session = None
            about = {"node": self.name}
            log.warning("PBX '%s': the link is lost: %s", self.name, why, extra=about)
            self._tell(LinkLost(self._clock.now(), why))
            self._held_back = []  # what is seen before the calls are compared is told after

    def _tell(self, event: Event) -> None:
        if self._held_back is not None:
            self._held_back.append(event)
        elif self._on_event is not None:
            try:
                self._on_event(event)
            except Exception:
                kind = type(event).__name__  # the event itself may hold a number
                log.exception(
                    "PBX '%s': an event's receiver failed on %s",
                    self.name,
                    kind,
                    extra={"node": self.name},
                )

    def _carry_out(self) -> None:
        """Send what events have made necessary."""
        while self._calls.orders and self._session is not None:
            try:
                self._session.write(self._calls.orders[0])
            except LinkDown:
                return
            del self._calls.orders[0]
        if self._session is not None:
            self._session.hurry()

    # --- the link ----------------------------------------------------------------------------

    async def _keep(self) -> None:
        while True:
            try:
                if self._session is not None:
                    await self._watch(self._session)
                await self._come_back()
            except Exception:
                log.exception("PBX '%s': the keeper of the link stumbled", self.name)
                await asyncio.sleep(LAST_RETRY)

    async def _watch(self, session: Session) -> None:
        """Until the link is lost: give signs of life, and ask about calls not heard of."""
        beat = time.monotonic() + self._address.ping
        while not session.over.is_set():
            with contextlib.suppress(TimeoutError):
                # not wait_for: in Python 3.11 it swallows a `close` that comes with the loss
                async with asyncio.timeout(min(LOOK, self._address.ping)):
                    await session.over.wait()
            try:
                if overdue := self._calls.overdue(self._clock.now()):
                    await self._settle(session, overdue)
                if time.monotonic() >= beat:
                    await session.ping(self._address.silence)
                    beat = time.monotonic() + self._address.ping
            except (LinkDown, TimeoutError) as error:
                session.abort(str(error) or f"no answer for {self._address.silence:g} s")

    async def _settle(self, session: Session, overdue: list[UUID]) -> None:
        for event in self._calls.settle(await session.look(overdue), self._clock.now()):
            self._tell(event)
        self._carry_out()

    async def _come_back(self) -> None:
        """Log in again, however long it takes, and tell what has become of the calls."""
        pause = FIRST_RETRY
        while self._session is None:
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))
            self._calls.begin_again()
            session = self._new_session()
            try:
                channels = await log_in(self.name, self._address, session, self._known)
            except PbxError as error:
                refused = isinstance(error, PbxRefused)
                pause = REFUSED_RETRY if refused else min(2 * pause, LAST_RETRY)
                log.warning("%s; the next try is in at most %g s", error, pause)
            else:
                self._is_back(session, channels)

    def _is_back(self, session: Session, channels: list[Channel]) -> None:
        if session.over.is_set():
            return
        now = self._clock.now()
        self._session = session
        seen, self._held_back = self._held_back or [], None
        live = tuple(found.live for found in channels)
        # an end that was heard while we logged in comes first: it is better than "not there"
        ended = [event for event in seen if isinstance(event, Ended | AgentLegDown)]
        others = [event for event in seen if event not in ended]
        settled = self._calls.reconcile(channels, now)
        for event in (*ended, LinkBack(now, live), *others, *settled):
            self._tell(event)
        self._carry_out()
