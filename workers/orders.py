"""What people want of a running campaign: looked for four times a second, at once when nudged."""

import asyncio
import contextlib
import logging
from concurrent.futures import Executor
from uuid import UUID

from campaigns.dialler import OrderRefused
from campaigns.orders import CampaignState, LogIn, Order, SetState
from storage.errors import LeaseLost, StorageError
from workers.desk import Desk
from workers.loop import Loop

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.25
GIVEN = (CampaignState.RUNNING, CampaignState.PAUSED, CampaignState.STOPPED)


class Orders:
    """Takes orders from the database and gives them to the loop."""

    def __init__(self, desk: Desk, loop: Loop, executor: Executor) -> None:
        self._desk = desk
        self._loop = loop
        self._executor = executor
        self._wanted: CampaignState | None = None  # as it was seen last
        self._nudged = asyncio.Event()
        self._refused: dict[UUID, tuple[str, str]] = {}  # not stored yet: why, who is absent
        self._trouble = ""
        self.version = desk.version  # the newest one
        self.draining = False  # whether to run, pause or stop is the next worker's to hear

    async def start(self) -> CampaignState:
        """What is wanted as the campaign is taken over; from then on each change is an order."""
        loop = asyncio.get_running_loop()
        wanted, _ = await loop.run_in_executor(self._executor, self._desk.wanted)
        self._wanted = wanted
        return wanted

    def nudge(self) -> None:
        """Look now."""
        self._nudged.set()

    async def keep_looking(self) -> None:
        """Until cancelled. Raises `LeaseLost`."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                wanted, self.version = await loop.run_in_executor(self._executor, self._desk.wanted)
                self._want(wanted)
                await self._take()
                self._tell("")
            except LeaseLost:
                raise
            except StorageError as away:
                self._tell(str(away))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._nudged.wait()
            self._nudged.clear()

    def _want(self, wanted: CampaignState) -> None:
        """Only a change counts: a campaign that has finished by itself is not started again."""
        if wanted is not self._wanted and wanted in GIVEN and not self.draining:
            self._loop.order(SetState(wanted))
        self._wanted = wanted

    async def _take(self) -> None:
        """Orders are given out once: each is given on, before anything else may fail."""
        loop = asyncio.get_running_loop()
        for order_id, order in await loop.run_in_executor(self._executor, self._desk.take_orders):
            try:
                self._give(order)
            except OrderRefused as refused:
                log.info("an order was refused: %s", refused)
                self._refused[order_id] = str(refused), self._absent(order)
        await self._answer()

    async def _answer(self) -> None:
        """Store the refusals; those that cannot be stored now are at the next look."""
        loop = asyncio.get_running_loop()
        for order_id, (why, absent) in list(self._refused.items()):
            refuse = self._desk.refuse_order
            await loop.run_in_executor(self._executor, refuse, order_id, why, absent)
            del self._refused[order_id]

    def _absent(self, order: Order) -> str:
        """The agent of a refused login, who is not here and so may log in elsewhere."""
        if isinstance(order, LogIn) and self._loop.dialler.run.floor.get(order.agent) is None:
            return order.agent
        return ""

    def _tell(self, trouble: str) -> None:
        """Once, not at every look."""
        if trouble and trouble != self._trouble:
            log.warning("orders cannot be read or answered: %s", trouble)
        self._trouble = trouble

    def _give(self, order: Order) -> None:
        if self.draining and isinstance(order, SetState):
            raise OrderRefused("this worker is handing the campaign over; give the order again")
        self._loop.order(order)
