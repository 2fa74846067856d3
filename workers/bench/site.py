"""A campaign with leads in a database, ready to be dialled."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import lab.postgres
from campaigns.effects import AttemptEnded
from campaigns.leads import Attempt, Candidate, DialOrder
from campaigns.orders import CampaignState
from campaigns.outcomes import Outcome
from campaigns.spec.campaign import Campaign
from connectors.calls import EndReason
from lab.postgres import Postgres
from storage import campaigns
from storage.candidates import candidates
from storage.claims import claim
from storage.engine import Store, open_store
from storage.imports import import_leads
from storage.lead_rows import NewLead
from storage.leases import TTL, Lease, acquire
from storage.migrate import create_or_upgrade
from storage.record import record
from workers.bench.rounds import BenchFailed

LEASED = 600.0  # seconds, where nobody renews it


@dataclass(frozen=True)
class Site:
    """A database, and the right to dial its one campaign."""

    store: Store
    lease: Lease
    campaign: Campaign

    def candidates(self, count: int) -> list[Candidate]:
        """The next `count` leads to dial."""
        return candidates(self.store, self.campaign, count, frozenset(), datetime.now(UTC))

    def claim(self, leads: list[Candidate], at_once: int) -> list[Attempt]:
        """Commit attempts for `leads`, in transactions of `at_once`."""
        plan = self.campaign
        line = (plan.pbx[0], plan.trunks[0].name, plan.caller_ids[0])
        attempts: list[Attempt] = []
        for first in range(0, len(leads), at_once):
            orders = [DialOrder(lead, *line) for lead in leads[first : first + at_once]]
            attempts += claim(self.store, self.lease, plan, 1, orders, datetime.now(UTC)).attempts
        return attempts


def converse(site: Site, count: int) -> None:
    """So many conversations of today, on record."""
    now = datetime.now(UTC)
    attempts = site.claim(site.candidates(count), at_once=100)
    results = [
        AttemptEnded(
            attempt_id=attempt.attempt_id,
            lead_id=attempt.order.candidate.lead_id,
            number=attempt.order.candidate.number,
            outcome=Outcome.CONNECTED,
            disposition="sale",
            reason=EndReason.HUNG_UP,
            cause="16",
            party="",
            placed_at=attempt.placed_at,
            ended_at=now,
            answered_at=attempt.placed_at,
            connected_at=attempt.placed_at,
        )
        for attempt in attempts
    ]
    record(site.store, site.lease, site.campaign, results)


def filled(store: Store, plan: Campaign, leads: int) -> Site:
    """Make the tables, import so many leads, start the campaign and take its lease."""
    fill(store, plan, leads)
    return Site(store, take_lease(store, plan.name, LEASED), plan)


def fill(store: Store, plan: Campaign, leads: int) -> None:
    """Make the tables, import so many leads and start the campaign."""
    now = datetime.now(UTC)
    create_or_upgrade(store)
    campaigns.apply(store, plan, f"name: {plan.name}", now)
    campaigns.set_wanted(store, plan.name, CampaignState.RUNNING, now)
    numbers = (NewLead(number=f"+1212{n:07}") for n in range(leads))
    import_leads(store, plan.leads.lists[0], numbers, now)


def take_lease(store: Store, campaign: str, ttl: float = TTL) -> Lease:
    """The right to dial, of a campaign that nobody else dials."""
    lease = acquire(store, campaign, "bench", ttl)
    if lease is None:
        raise BenchFailed(f"somebody else dials the bench's campaign '{campaign}'")
    return lease


@contextmanager
def postgresql() -> Iterator[Postgres]:
    """A server that is started for this, with fsync on as in production."""
    with lab.postgres.start(durable=True) as server:
        yield server


@contextmanager
def opened(url: str) -> Iterator[Store]:
    """An open database."""
    store = open_store(url)
    try:
        yield store
    finally:
        store.close()
