"""Keeps a link up: watches it while it is there, and has it made anew once it is lost."""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from connectors.linked.patience import Patience
from connectors.pbx import LinkDown, PbxError, PbxRefused

log = logging.getLogger(__name__)

FIRST_RETRY, LAST_RETRY = 0.2, 5.0  # seconds; doubled each time, and then 50 to 100 % of that
REFUSED_RETRY = 30.0  # after a wrong password: a PBX behind fail2ban would lock us out
LOOK = 0.25  # seconds between two looks at what is overdue
STALL = 0.3  # seconds by which a time-out that is late was ours: the answer may lie there unread


class Session(Protocol):
    """What is kept: one connection or more, from the log-in to the loss. Never reused."""

    over: asyncio.Event

    def write(self, *actions: Any) -> None:
        """Send actions now. Raises `CommandRefused`, or `LinkDown` with nothing sent."""

    async def ping(self, seconds: float = ...) -> float:
        """Seconds for one round trip. Raises `LinkDown` or `TimeoutError`."""

    async def leave(self) -> None:
        """See that what was sent before is read, and be gone within a second."""

    def abort(self, why: str) -> None:
        """Be rid of the link at once, and of all that is unsent."""


S = TypeVar("S", bound=Session)


@dataclass(frozen=True, slots=True)
class Keeper(Generic[S]):
    """Of the link to the PBX `name`.

    `session` is the one there is, if any. `log_in` tries for another one, once; it raises
    `PbxError`. `look_after` is called again and again on a link that is up, and raises `LinkDown`
    or `TimeoutError`. `heard` is told that the PBX has gone silent, and that it answers again.
    """

    name: str
    session: Callable[[], S | None]
    log_in: Callable[[], Awaitable[None]]
    look_after: Callable[[S], Awaitable[None]]
    heard: Callable[[bool], None]
    patience: Patience

    async def keep(self) -> None:
        """Until it is cancelled."""
        while True:
            try:
                if (session := self._up()) is not None:
                    await self._watch(session)
                await self._come_back()
            except Exception:
                log.exception("PBX '%s': the keeper of the link stumbled", self.name)
                await asyncio.sleep(LAST_RETRY)

    async def _watch(self, session: S) -> None:
        """Until the link is lost: give signs of life, and ask about calls not heard of."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._again(session, self._sign_of_life, self.patience.ping))
            tasks.create_task(self._again(session, self._look, LOOK))

    async def _again(self, session: S, do: Callable[[S], Awaitable[None]], every: float) -> None:
        while not session.over.is_set():
            with contextlib.suppress(TimeoutError):
                # not wait_for: in Python 3.11 it swallows a `close` that comes with the loss
                async with asyncio.timeout(every):
                    await session.over.wait()
            try:
                await do(session)
            except (LinkDown, TimeoutError) as error:
                session.abort(str(error) or f"no answer for {self.patience.give_up:g} s")

    async def _look(self, session: S) -> None:
        """Raises `LinkDown`. Whether a link that is slow to answer is lost, signs of life tell."""
        with contextlib.suppress(TimeoutError):
            await self.look_after(session)

    async def _sign_of_life(self, session: S) -> None:
        """Raises `LinkDown` or `TimeoutError`; not where it is we who have stood still."""
        began = time.monotonic()
        try:
            await session.ping(self.patience.silence)
        except TimeoutError:
            if time.monotonic() - began > self.patience.silence + STALL:
                log.warning("PBX '%s': this process stood still, and asks again", self.name)
            elif not session.over.is_set():  # lost as its time was over: it is told of already
                await self._wait_on(session)

    async def _wait_on(self, session: S) -> None:
        """For one that is silent. Raises `LinkDown` or `TimeoutError`."""
        self.heard(False)
        await session.ping(max(0.0, self.patience.give_up - self.patience.silence))
        self.heard(True)

    async def _come_back(self) -> None:
        """Log in again, however long it takes."""
        pause = FIRST_RETRY
        while self._up() is None:
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))
            try:
                await self.log_in()
            except PbxError as error:
                refused = isinstance(error, PbxRefused)
                pause = REFUSED_RETRY if refused else min(2 * pause, LAST_RETRY)
                log.warning("%s; the next try is in at most %g s", error, pause)

    def _up(self) -> S | None:
        """The session, unless it is over: with one that is, `keep` would never let others run."""
        session = self.session()
        return session if session is not None and not session.over.is_set() else None
