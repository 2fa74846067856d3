"""When a worker leaves off dialling a campaign, and how: it begins nothing new before it does.

A claim that is under way is waited for, since whoever asked for an attempt must also send it: one
that is committed as nobody listens any more would have to be filed as lost.
"""

import contextlib
import time

from campaigns.dialler import Dialler, OrderRefused
from campaigns.effects import AgentState
from campaigns.orders import CampaignState, SetState
from connectors.clock import Clock
from workers.loop import Loop
from workers.orders import Orders
from workers.time_check import has_jumped

CLAIM_SECONDS = 8.0  # longer than a database that does not answer is waited for
OVER = (CampaignState.STOPPED, CampaignState.FINISHED, CampaignState.DRAFT)
BUSY = (AgentState.TALKING, AgentState.WRAP_UP)
NEW_VERSION = "a new version has been applied, and is taken up"
CLOCK_JUMPED = "the machine's clock has jumped, or slept; it starts again by the new time"
ANEW = (NEW_VERSION, CLOCK_JUMPED)


class Leaving:
    """Says `why` it is over. `begun`: no call is begun any more, whatever people want."""

    def __init__(
        self, dialler: Dialler, loop: Loop, orders: Orders, clock: Clock, drain_seconds: float
    ) -> None:
        self.begun = False
        self.draining = False
        self._run = dialler.run
        self._loop = loop
        self._orders = orders
        self._clock = clock
        self._version = orders.version
        self._drain_seconds = drain_seconds
        self._until = 0.0

    def drain(self) -> None:
        """Calls in progress have a while to end here; what is left then ends elsewhere."""
        self.draining = True
        self._begin(self._drain_seconds)

    def hasten(self) -> None:
        """Calls in progress are no longer waited for; what has been claimed still is, briefly."""
        self._until = min(self._until, time.monotonic())

    def why(self) -> str:
        """Why it is over now; empty: it is not."""
        calls = len(self._run.calls) + self._run.claiming + len(self._run.inbound)
        if self.draining:
            over = not calls or (self._is_late() and not self._waits_for_claims())
            return f"handed over with {calls} calls in progress" if over else ""
        if anew := self._why_anew():
            if not self.begun:
                self._begin(CLAIM_SECONDS)
            return anew if self._is_late() or not self._run.claiming else ""
        busy = any(self._run.floor.count(state) for state in BUSY)
        return "" if self._run.state not in OVER or calls or busy else f"{self._run.state.value}"

    def _begin(self, seconds: float) -> None:
        self.begun = self._orders.draining = True
        self._until = time.monotonic() + seconds
        with contextlib.suppress(OrderRefused):
            self._loop.order(SetState(CampaignState.PAUSED))

    def _why_anew(self) -> str:
        if self._orders.version != self._version:
            return NEW_VERSION
        return CLOCK_JUMPED if has_jumped(self._clock) else ""

    def _waits_for_claims(self) -> bool:
        return bool(self._run.claiming) and time.monotonic() < self._until + CLAIM_SECONDS

    def _is_late(self) -> bool:
        return time.monotonic() >= self._until
