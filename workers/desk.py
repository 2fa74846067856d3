"""What a dialling worker asks of the database, for one campaign under one lease.

Every method blocks, and is called in a thread. Each raises `StorageError` in words.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from campaigns.arrivals import Arrival, OpenInbound
from campaigns.effects import Effect, PacingLearned, Refill
from campaigns.flow.needs import Needs
from campaigns.guard import Tally
from campaigns.leads import Candidate, DialOrder, OpenAttempt
from campaigns.links import KnownAgent
from campaigns.orders import CampaignState, Order
from campaigns.periods import day_of, days, period_of, shifted
from campaigns.spec.campaign import Campaign
from storage import (
    admissions,
    agent_states,
    attempts,
    campaigns,
    candidates,
    claims,
    inbound,
    memories,
    orders,
    record,
    tallies,
)
from storage.admissions import Admissions
from storage.claims import Claimed
from storage.engine import Store
from storage.errors import NotThere
from storage.leases import Lease
from storage.walking import Walk


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """What an earlier worker left: for `Dialler.adopt`."""

    attempts: list[OpenAttempt]
    agents: list[KnownAgent]
    tallies: list[Tally]
    learned: PacingLearned | None  # by pacing
    callers: list[OpenInbound]
    callers_today: Mapping[str, int]  # what the day's others came to


@dataclass(frozen=True, slots=True)
class Desk:
    """The database as one campaign's worker sees it."""

    store: Store
    lease: Lease
    campaign: Campaign
    version: int
    needs: Needs | None = None  # of the campaign's flow
    inbound_needs: Needs | None = None  # of the callers'
    walk: Walk = field(default_factory=Walk, compare=False)  # along the campaign's lists

    def claim(self, wanted: Sequence[DialOrder], now: datetime) -> Claimed:
        """Commit an attempt for each order, or say why not."""
        return claims.claim(
            self.store, self.lease, self.campaign, self.version, wanted, now, self.needs
        )

    def admit(self, arrivals: Sequence[Arrival]) -> Admissions:
        """Commit a row for each call that has come in, or say that another campaign has it."""
        return admissions.admit(
            self.store, self.lease, self.campaign, self.version, arrivals, self.inbound_needs
        )

    def refill(self, refill: Refill, now: datetime) -> tuple[list[Candidate], datetime | None]:
        """More leads for the hopper, and when the next one is due."""
        found = candidates.candidates(
            self.store, self.campaign, refill.count, refill.held, now, refill.plenty, self.walk
        )
        if found or not self.walk.is_through:
            return found, now
        return found, self._next_due(refill, now)

    def _next_due(self, refill: Refill, now: datetime) -> datetime | None:
        known = self.walk.known_due(self.campaign, now)
        if known is not None:
            return known
        began = time.monotonic()
        due = candidates.next_due(self.store, self.campaign, now, refill.held)
        took = timedelta(seconds=time.monotonic() - began)
        self.walk.read_due(self.campaign, due, now, took)
        return due

    def record(self, effects: Sequence[Effect]) -> None:
        """Store what has happened, in one transaction."""
        record.record(self.store, self.lease, self.campaign, effects)

    def left_behind(self, now: datetime) -> LeftBehind:
        """What is open from before: attempts, agents, the abandonment so far."""
        name = self.campaign.name
        return LeftBehind(
            attempts.open_attempts(self.store, name, self.needs),
            agent_states.known_agents(self.store, name),
            tallies.tallies(self.store, self.campaign, _counted(self.campaign, now)),
            memories.memory_of(self.store, name),
            inbound.open_inbound(self.store, name, self.inbound_needs),
            inbound.callers_today(self.store, self.campaign, now),
        )

    def open_attempts(self) -> list[OpenAttempt]:
        """Those that were claimed under this lease, and whose end is not stored. Another worker
        may have taken over unnoticed: what that one has claimed is its own, and may be ringing."""
        return attempts.open_attempts(self.store, self.campaign.name, token=self.lease.token)

    def take_orders(self) -> list[tuple[UUID, Order]]:
        """What people have ordered since the last look."""
        return orders.take_orders(self.store, self.lease)

    def refuse_order(self, order_id: UUID, why: str, absent: str) -> None:
        """Tell whoever gave the order why it cannot be carried out; who is `absent` therefore."""
        orders.refuse_order(self.store, order_id, why, absent)

    def wanted(self) -> tuple[CampaignState, int]:
        """What people want of the campaign, and its newest version; one that is gone is to stop."""
        try:
            return campaigns.wanted(self.store, self.campaign.name)
        except NotThere:
            return CampaignState.STOPPED, self.version


def _counted(campaign: Campaign, now: datetime) -> list[str]:
    """The days that the guard may look at: from the first of yesterday's period, whose calls may
    be in flight yet, until tomorrow, where an earlier worker's clock may already have been."""
    today = day_of(campaign.windows, now)
    first = period_of(campaign.abandonment, shifted(today, -1)).first
    return days(first, shifted(today, 1))
