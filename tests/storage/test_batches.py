"""Results in batches against a commit for each: the reason for the writer's batches."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

import lab.postgres
from campaigns.effects import AttemptEnded
from campaigns.leads import Attempt, Candidate
from campaigns.orders import CampaignState
from campaigns.spec.campaign import Campaign
from storage import campaigns
from storage.engine import Store, open_store
from storage.leases import Lease, acquire
from storage.migrate import create_or_upgrade
from storage.record import record

SINGLE, BATCHED, BATCH = 120, 1400, 200


@pytest.fixture
def store() -> Iterator[Store]:
    """A PostgreSQL that really writes to the disk at every commit."""
    with lab.postgres.start(durable=True) as server:
        opened = open_store(server.fresh())
        create_or_upgrade(opened)
        yield opened
        opened.close()


@pytest.mark.postgres
@pytest.mark.long  # the bench of the CRM compares the same
def test_batches_store_ten_times_as_many_results_per_second(
    store: Store,
    campaign: Campaign,
    fill: Callable[..., list[Candidate]],
    place: Callable[..., list[Attempt]],
    ended: Callable[..., AttemptEnded],
    now: datetime,
) -> None:
    campaigns.apply(store, campaign, "", now)
    campaigns.set_wanted(store, campaign.name, CampaignState.RUNNING, now)
    lease = acquire(store, campaign.name, "worker", ttl=600)
    assert lease
    results = [ended(a) for a in place(lease, campaign, fill(campaign, SINGLE + BATCHED))]
    warm_up, results = results[:20], results[20:]
    rate(store, lease, campaign, warm_up, 1)
    singly = rate(store, lease, campaign, results[: SINGLE - 20], 1)
    batched = rate(store, lease, campaign, results[SINGLE - 20 :], BATCH)
    print(f"results/s: {singly:.0f} singly, {batched:.0f} in batches: {batched / singly:.1f} x")
    assert batched >= 10 * singly


def rate(
    store: Store, lease: Lease, campaign: Campaign, results: list[AttemptEnded], size: int
) -> float:
    """Results stored per second, in transactions of `size`."""
    began = time.perf_counter()
    stored = sum(
        record(store, lease, campaign, results[k : k + size]).ended
        for k in range(0, len(results), size)
    )
    assert stored == len(results)
    return stored / (time.perf_counter() - began)
