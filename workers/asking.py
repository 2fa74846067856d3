"""What the dialler asks of the database, carried out beside the loop, one thing after another.

While the database is away every claim is answered with a refusal, after a pause: so the dialler
places no call, and keeps asking. A claim whose answer got lost may have been committed all the
same; `doubt` is then set until somebody has compared the open attempts with the dialler's calls.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from datetime import datetime, timedelta

from campaigns.arrivals import Arrival
from campaigns.effects import Refill
from campaigns.leads import Candidate, DialOrder, Refusal
from connectors.clock import Clock
from storage.admissions import Admissions
from storage.claims import NOT_FREE, NOT_RUNNING, Claimed
from storage.errors import DatabaseBusy, LeaseLapsed, LeaseLost, StorageError
from workers.loop import Loop
from workers.writer import Writer

log = logging.getLogger(__name__)

AT_ONCE = 10  # orders in one claim: the first of many are not to wait for the last
PAUSE_SECONDS = 0.5
DOUBT_SECONDS = 1.0
IN_VAIN = (NOT_RUNNING.partition(" ")[0], NOT_FREE)  # asked again at once, they say the same
AWAY = "database: it is away, nothing is dialled"
WHY: tuple[tuple[type[StorageError], str], ...] = (
    (LeaseLapsed, "lease: it had lapsed before it was renewed, nothing is dialled until it is"),
    (DatabaseBusy, "database: it is too busy to answer, nothing is dialled"),
    (StorageError, AWAY),
)

AskClaim = Callable[[list[DialOrder], datetime], Claimed]
Settle = Callable[[], Awaitable[None]]
AskAdmit = Callable[[list[Arrival]], Admissions]
AskRefill = Callable[[Refill, datetime], tuple[list[Candidate], datetime | None]]


class Asking:
    """Serves the claims, refills and admissions of a loop until cancelled. Raises `LeaseLost`."""

    def __init__(self, loop: Loop, clock: Clock, executor: Executor) -> None:
        self.doubt = False
        self._loop = loop
        self._clock = clock
        self._executor = executor
        self._ordered: list[DialOrder] = []

    async def claims(self, ask: AskClaim, settle: Settle) -> None:
        """The orders that have come in since the last claim, ten in a transaction.

        `settle` clears up a doubt. It runs between two claims, so that every attempt that is
        in the database has been told to the dialler, but for those nobody will ever tell.
        """
        while True:
            orders = await self._next_orders()
            try:
                if self.doubt:
                    await settle()
                    self.doubt = False
                await self._claim(ask, orders)
            except LeaseLost:
                raise
            except StorageError as away:
                others, self._ordered = self._ordered, []
                await self._refuse([*orders, *others], away)

    async def refills(self, ask: AskRefill, writer: Writer) -> None:
        """Asked once all results are stored, or a lead that is to be retried would be missed."""
        while True:
            refill = await self._loop.refills.get()
            await writer.flush()
            await self._refill(ask, refill)

    async def admissions(self, ask: AskAdmit) -> None:
        """One transaction for all the calls that have come in since the last one. While the
        database is away they wait; asked again, it says of each what it has said before."""
        while True:
            arrivals = list((await self._loop.arrivals.get()).arrivals)
            while not self._loop.arrivals.empty():
                arrivals += self._loop.arrivals.get_nowait().arrivals
            found = await self._admit(ask, arrivals)
            self._loop.admitted(found.calls, found.others)

    async def _admit(self, ask: AskAdmit, arrivals: list[Arrival]) -> Admissions:
        while True:
            try:
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(self._executor, ask, arrivals)
            except LeaseLost:
                raise
            except StorageError as away:
                log.warning("%d inbound calls get no agent yet: %s", len(arrivals), away)
                await asyncio.sleep(PAUSE_SECONDS)

    async def _next_orders(self) -> list[DialOrder]:
        """The longest ordered of those that wait; none when, in doubt, there is no claim for a
        second."""
        try:
            async with asyncio.timeout(DOUBT_SECONDS if self.doubt else None):
                if not self._ordered:
                    self._ordered += (await self._loop.claims.get()).orders
        except TimeoutError:
            return []
        while not self._loop.claims.empty():
            self._ordered += self._loop.claims.get_nowait().orders
        orders, self._ordered = self._ordered[:AT_ONCE], self._ordered[AT_ONCE:]
        return orders

    async def _claim(self, ask: AskClaim, orders: list[DialOrder]) -> None:
        if orders:
            loop, now = asyncio.get_running_loop(), self._clock.now()
            claimed = await loop.run_in_executor(self._executor, ask, orders, now)
            if not claimed.attempts and any(r.why.startswith(IN_VAIN) for r in claimed.refusals):
                await asyncio.sleep(PAUSE_SECONDS)
            self._loop.claimed(claimed.attempts, claimed.refusals)

    async def _refuse(self, orders: list[DialOrder], away: StorageError) -> None:
        log.warning("%d calls were not placed: %s", len(orders), away)
        self.doubt = True
        await asyncio.sleep(PAUSE_SECONDS)
        why = next(words for kind, words in WHY if isinstance(away, kind))
        self._loop.claimed([], [Refusal(order, why) for order in orders])

    async def _refill(self, ask: AskRefill, refill: Refill) -> None:
        loop, now = asyncio.get_running_loop(), self._clock.now()
        try:
            found, next_due = await loop.run_in_executor(self._executor, ask, refill, now)
        except StorageError as away:
            log.warning("no further leads could be read: %s", away)
            await asyncio.sleep(PAUSE_SECONDS)
            self._loop.refilled([], self._clock.now() + timedelta(seconds=PAUSE_SECONDS))
        else:
            self._loop.refilled(found, next_due)
