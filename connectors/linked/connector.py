"""A PBX at the far end of a link: the link kept up, commands out, events of the vocabulary in.

The link is the only thing that is retried, never a command. While it is down, `send` refuses;
when it is back, the channels that the PBX holds decide what has become of each call.
"""

import asyncio
import contextlib
import logging
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar
from uuid import UUID

from connectors.calls import Command, Event, LinkBack, LinkHeard, LinkLost, LinkSilent, LiveCall
from connectors.clock import Clock
from connectors.gaps import in_order
from connectors.linked.channels import Channel
from connectors.linked.keeper import Keeper, S
from connectors.linked.patience import Patience
from connectors.linked.telling import Teller
from connectors.linked.translate import Translator
from connectors.pbx import LinkDown, OnEvent, PbxError, PbxUnreachable

log = logging.getLogger(__name__)


C = TypeVar("C", bound=Translator[Any, Any, Any])
T = TypeVar("T")


class LinkedPbx(ABC, Generic[S, C]):
    """See `connectors.pbx.Pbx`. `clock` stamps events; it must run at the wall's pace.

    `new_calls` makes the book of calls that each `open` begins with. `patience`: see `Patience`.
    """

    def __init__(
        self, name: str, clock: Clock, new_calls: Callable[[], C], patience: Patience
    ) -> None:
        self.name = name
        self._clock = clock
        self._new_calls = new_calls
        self._calls = new_calls()
        self._teller = Teller(name)
        self._session: S | None = None
        self._keeper = Keeper(
            name, lambda: self._session, self._come_back, self._settle, self._heard, patience
        )
        self._keeping: asyncio.Task[None] | None = None

    async def open(self, on_event: OnEvent) -> None:
        if self._keeping is not None:
            raise PbxError(f"PBX '{self.name}' is open already")
        self._calls = self._new_calls()  # who calls in meanwhile is heard
        session, channels = await self._enter()
        self._calls.reconcile(channels, self._clock.now())
        self._teller.begin(on_event)
        self._session = session
        self._keeping = asyncio.create_task(self._keeper.keep(), name=f"pbx-{self.name}")
        self._carry_out()

    async def close(self) -> None:
        keeping, self._keeping = self._keeping, None
        self._teller.stop()
        if keeping is not None:
            keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keeping
        session, self._session = self._session, None
        if session is not None:
            await session.leave()

    async def live_calls(self) -> tuple[LiveCall, ...]:
        return tuple(found.live for found in await self._ask(self._channels))

    async def ping(self) -> float:
        return await self._ask(lambda session: session.ping())

    # --- what each PBX does in its own way ---------------------------------------------------

    @abstractmethod
    def send(self, command: Command) -> None:
        """See `connectors.pbx.Pbx`; by way of `_send`."""

    @abstractmethod
    def _new_session(self) -> S:
        """One that tells of its end to `_lost`."""

    @abstractmethod
    async def _log_in(self, session: S) -> Sequence[Channel]:
        """Make it one that can dial; the channels of ours that the PBX holds. Raises `PbxError`."""

    @abstractmethod
    async def _channels(self, session: S) -> Sequence[Channel]:
        """All channels of ours. Raises `LinkDown` or `TimeoutError`."""

    @abstractmethod
    async def _look(self, session: S, ids: Sequence[UUID]) -> Sequence[Channel]:
        """Those of these that the PBX holds, and maybe others. Raises as `_channels` does."""

    # --- what is sent and asked --------------------------------------------------------------

    def _send(self, command: Command, todo: Iterable[Any]) -> None:
        """`todo`: the actions that carry out the command. Raises `LinkDown`."""
        try:
            self._up().write(*map(self._calls.addressed, todo))
        except LinkDown as down:
            raise LinkDown(f"PBX '{self.name}': {down}; nothing was sent") from None
        self._calls.told(command, self._clock.now())
        self._carry_out()

    def _carry_out(self) -> None:
        """Send what events have made necessary."""
        while self._calls.orders and self._session is not None:
            try:
                self._session.write(self._calls.addressed(self._calls.orders[0]))
            except LinkDown:
                return
            del self._calls.orders[0]

    async def _ask(self, question: Callable[[S], Awaitable[T]]) -> T:
        try:
            return await question(self._up())
        except (LinkDown, TimeoutError) as error:
            raise LinkDown(f"PBX '{self.name}': {str(error) or 'no answer in time'}") from None

    def _up(self) -> S:
        if self._session is None:
            raise LinkDown("the link is down")
        return self._session

    # --- what arrives ------------------------------------------------------------------------

    def _tell(self, events: Iterable[Event]) -> None:
        self._teller.tell(*events)
        self._carry_out()

    def _heard(self, again: bool) -> None:
        what = "answers again" if again else "does not answer, and gets no new calls until it does"
        log.warning("PBX '%s' %s", self.name, what)
        self._tell([(LinkHeard if again else LinkSilent)(self._clock.now())])

    async def _settle(self, session: S) -> None:
        """Ask about the calls that should have been heard of."""
        if overdue := self._calls.overdue(self._clock.now()):
            live = await self._look(session, overdue)
            self._tell(self._calls.settle(live, self._clock.now()))

    def _lost(self, session: S, why: str) -> None:
        if session is self._session:
            self._session = None
            about = {"node": self.name}
            log.warning("PBX '%s': the link is lost: %s", self.name, why, extra=about)
            self._teller.lost(LinkLost(self._clock.now(), why))

    async def _come_back(self) -> None:
        """Try to log in again, and then tell what has become of the calls. Raises `PbxError`."""
        self._calls.begin_again()
        session, channels = await self._enter()
        now, self._session = self._clock.now(), session
        seen, link = self._teller.resume(), LinkBack(now, tuple(one.live for one in channels))
        self._tell(in_order(seen, link, self._calls.reconcile(channels, now)))

    async def _enter(self) -> tuple[S, Sequence[Channel]]:
        """A new session that can dial, and what the PBX holds. Raises `PbxError`."""
        session = self._new_session()
        channels = await self._log_in(session)
        if session.over.is_set():  # of which `_lost` was no news, as it was not yet ours
            raise PbxUnreachable(f"PBX '{self.name}' went away as soon as it had let us in")
        return session, channels
