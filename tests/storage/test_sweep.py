"""What the sweeper looks for."""

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import update

from campaigns.effects import AttemptEnded
from campaigns.leads import Attempt, Candidate
from campaigns.orders import CampaignState
from campaigns.spec.campaign import Campaign
from storage import campaigns, sweep
from storage.dbtime import db_time
from storage.deliveries import overdue
from storage.engine import Store
from storage.leases import Lease, acquire, release
from storage.record import record
from storage.spreading import spread
from storage.tables.campaigns import LEASES
from storage.tables.deliveries import DELIVERIES


def lapse(store: Store) -> None:
    with store.writing() as connection:
        connection.execute(update(LEASES).values(expires_at=db_time()))


def test_a_campaign_that_is_to_run_and_has_no_worker(
    store: Store, campaign: Campaign, now: datetime
) -> None:
    campaigns.apply(store, campaign, "", now)
    assert sweep.without_worker(store) == []  # a draft
    campaigns.set_wanted(store, "autumn", CampaignState.RUNNING, now)
    assert sweep.without_worker(store) == ["autumn"]
    lease = acquire(store, "autumn", "worker")
    assert lease
    assert sweep.without_worker(store) == []
    lapse(store)
    assert sweep.without_worker(store) == ["autumn"]


@pytest.mark.parametrize("state", [CampaignState.STOPPED, CampaignState.FINISHED])
def test_a_campaign_that_is_over_needs_none(
    store: Store, campaign: Campaign, lease: Lease, now: datetime, state: CampaignState
) -> None:
    if state is CampaignState.STOPPED:
        campaigns.set_wanted(store, "autumn", state, now)
    campaigns.note_actual(store, "autumn", state, now)
    release(store, lease)
    assert sweep.without_worker(store) == []


def test_a_worker_that_died_while_stopping_is_replaced(
    store: Store, campaign: Campaign, lease: Lease, now: datetime
) -> None:
    campaigns.note_actual(store, "autumn", CampaignState.RUNNING, now)
    campaigns.set_wanted(store, "autumn", CampaignState.STOPPED, now)
    lapse(store)
    assert sweep.without_worker(store) == ["autumn"]


def test_open_attempts_need_somebody_to_find_their_end(
    store: Store,
    campaign: Campaign,
    lease: Lease,
    fill: Callable[..., list[Candidate]],
    place: Callable[..., list[Attempt]],
    ended: Callable[..., AttemptEnded],
    now: datetime,
) -> None:
    [attempt] = place(lease, campaign, fill(campaign))
    campaigns.set_wanted(store, "autumn", CampaignState.STOPPED, now)
    lapse(store)
    assert sweep.without_worker(store) == ["autumn"]
    record(store, lease, campaign, [ended(attempt)])
    assert sweep.without_worker(store) == []


def test_messages_that_nobody_delivers(
    store: Store,
    campaign: Campaign,
    lease: Lease,
    fill: Callable[..., list[Candidate]],
    place: Callable[..., list[Attempt]],
    ended: Callable[..., AttemptEnded],
) -> None:
    assert overdue(store, ["crm"]) == 0
    record(store, lease, campaign, [ended(a) for a in place(lease, campaign, fill(campaign, 3))])
    assert overdue(store, []) == 3  # nobody has looked whose they are
    assert overdue(store, ["crm"], seconds=60) == 0
    spread(store, lambda message: ["crm"])
    with store.writing() as connection:
        connection.execute(update(DELIVERIES).values(next_at=db_time(-61)))
    assert overdue(store, ["crm"], seconds=60) == 3
    assert overdue(store, ["another"]) == 0
