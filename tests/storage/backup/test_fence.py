"""After a restore nobody is called who may have been called since the backup."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, update

from campaigns.leads import Attempt, Candidate
from campaigns.orders import CampaignState, Ready
from campaigns.spec.campaign import Campaign
from storage import campaigns, dnc, leases, orders
from storage.backup.fence import LEAP, SOURCE, STALE_ORDER
from storage.backup.folder import Chain
from storage.backup.keys import Identity, Recipient
from storage.backup.restore import Restored, restore
from storage.backup.take import take
from storage.candidates import candidates
from storage.claims import claim
from storage.engine import Store
from storage.errors import LeaseLost
from storage.invariants.check import broken
from storage.leases import Lease
from storage.sweep import without_worker
from storage.tables.agents import AGENT_ORDERS
from storage.tables.lists import DO_NOT_CALL
from storage.tables.people import LEADS
from storage.tables.records import META
from tests.storage.backup.conftest import EACH_ONCE

pytestmark = EACH_ONCE
Go = Callable[..., Restored]
DAY = timedelta(hours=24)


@pytest.fixture
def go(
    store: Store,
    target: Store,
    tmp_path: Path,
    recipients: list[Recipient],
    identities: Sequence[Identity],
) -> Go:
    """Back up, and restore into `target`."""

    def both(hold: float = 24.0) -> Restored:
        path = take(store, tmp_path / "b.age", recipients).path
        return restore(target, Chain(path), identities, hold)

    return both


def test_a_campaign_that_ran_is_paused_and_says_why(
    target: Store, go: Go, lease: Lease, campaign: Campaign
) -> None:
    assert go().fenced.paused == (campaign.name,)
    stored = campaigns.get(target, campaign.name)
    assert stored.wanted is CampaignState.PAUSED
    assert "restored from a backup of 20" in stored.why
    assert without_worker(target) == [campaign.name]


@pytest.mark.parametrize("state", [CampaignState.STOPPED, CampaignState.PAUSED])
def test_one_that_did_not_run_stays_as_it_was(
    store: Store, target: Store, go: Go, lease: Lease, campaign: Campaign, state: CampaignState
) -> None:
    campaigns.set_wanted(store, campaign.name, state, datetime.now(UTC))
    assert go().fenced.paused == ()
    assert campaigns.get(target, campaign.name).wanted is state


def test_a_worker_from_before_can_never_write_again(
    store: Store,
    target: Store,
    go: Go,
    lease: Lease,
    campaign: Campaign,
    fill: Callable[..., list[Candidate]],
    order_for: Callable[[Candidate], object],
    now: datetime,
) -> None:
    """Not even when as many have taken over since the restore as had since the backup."""
    [candidate] = fill(campaign)
    go(hold=0)
    leases.release(store, lease)
    later = leases.acquire(store, campaign.name, "of the lost database", ttl=60)
    assert later
    new = leases.acquire(target, campaign.name, "new")
    assert new
    assert new.token == lease.token + LEAP + 1
    for old in (lease, later):
        assert not leases.renew(target, old)
        with pytest.raises(LeaseLost):
            claim(target, old, campaign, 1, [order_for(candidate)], now)  # type: ignore[list-item]


def test_nor_can_one_whose_campaign_was_first_dialled_after_the_backup(
    store: Store, target: Store, go: Go, campaign: Campaign
) -> None:
    now = datetime.now(UTC)
    campaigns.apply(store, campaign, "", now)
    go()
    old = leases.acquire(store, campaign.name, "of the lost database")
    new = leases.acquire(target, campaign.name, "new")
    assert old
    assert new
    assert new.token == LEAP + 2
    assert not leases.renew(target, old)


def test_nor_can_one_whose_campaign_is_lost_and_made_anew(
    store: Store, target: Store, go: Go, campaign: Campaign
) -> None:
    """Its calls may be known elsewhere by its tokens: no new one is among them."""
    now = datetime.now(UTC)
    go()
    campaigns.apply(store, campaign, "", now)
    old = leases.acquire(store, campaign.name, "of the lost database")
    campaigns.apply(target, campaign, "", now)
    new = leases.acquire(target, campaign.name, "new")
    assert old
    assert new
    assert (old.token, new.token) == (1, LEAP + 1)
    assert not leases.renew(target, old)


def test_a_restore_of_what_was_restored_leaps_once_more(
    store: Store, target: Store, go: Go, campaign: Campaign
) -> None:
    with store.writing() as connection:
        connection.execute(insert(META), {"key": leases.BASE, "value": str(LEAP)})
    try:
        go()
    finally:
        with store.writing() as connection:
            connection.execute(delete(META).where(META.c.key == leases.BASE))
    campaigns.apply(target, campaign, "", datetime.now(UTC))
    new = leases.acquire(target, campaign.name, "new")
    assert new
    assert new.token == 2 * LEAP + 1


def test_a_number_that_was_due_rests_on_every_list(
    store: Store,
    target: Store,
    go: Go,
    lease: Lease,
    campaign: Campaign,
    fill: Callable[..., list[Candidate]],
    now: datetime,
) -> None:
    due, same, much_later = fill(campaign, 3)
    times = {due.lead_id: -DAY, same.lead_id: DAY / 8, much_later.lead_id: 2 * DAY}
    begun = datetime.now(UTC)
    with store.writing() as connection:
        for lead, after in times.items():
            given = {"list_name": str(lead), "number": due.number, "next_at": begun + after}
            connection.execute(update(LEADS).where(LEADS.c.id == lead).values(given))
    assert go().fenced.held == 2
    with target.reading() as connection:
        at = {r.id: r.next_at for r in connection.execute(select(LEADS.c.id, LEADS.c.next_at))}
    assert min(at[due.lead_id], at[same.lead_id]) >= begun + DAY
    assert at[much_later.lead_id] == begun + 2 * DAY


def test_who_was_due_is_held_and_who_was_not_keeps_the_time(
    store: Store,
    target: Store,
    go: Go,
    lease: Lease,
    campaign: Campaign,
    fill: Callable[..., list[Candidate]],
    now: datetime,
) -> None:
    due, later = fill(campaign, 2)
    tomorrow = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=3)
    with store.writing() as connection:
        connection.execute(update(LEADS).values(next_at=now - DAY))
        moved = update(LEADS).where(LEADS.c.id == later.lead_id)
        connection.execute(moved.values(next_at=tomorrow))
    begun = datetime.now(UTC)
    assert go().fenced.held == 1
    with target.reading() as connection:
        at = {r.id: r.next_at for r in connection.execute(select(LEADS.c.id, LEADS.c.next_at))}
    assert at[later.lead_id] == tomorrow
    assert at[due.lead_id] >= begun + DAY
    assert candidates(target, campaign, 9, frozenset(), datetime.now(UTC)) == []
    later_on = candidates(target, campaign, 9, frozenset(), datetime.now(UTC) + DAY)
    assert {c.lead_id for c in later_on} == {due.lead_id, later.lead_id}


def test_without_a_hold_they_are_due_as_they_were(
    store: Store,
    target: Store,
    go: Go,
    lease: Lease,
    campaign: Campaign,
    fill: Callable[..., list[Candidate]],
) -> None:
    fill(campaign, 2)
    with store.writing() as connection:
        connection.execute(update(LEADS).values(next_at=datetime.now(UTC) - DAY))
    assert go(hold=0).fenced.held == 0
    assert len(candidates(target, campaign, 9, frozenset(), datetime.now(UTC))) == 2


def test_who_was_on_a_call_is_not_called_again_at_once(
    target: Store, go: Go, attempt: Attempt
) -> None:
    """The attempt is settled by whoever takes over; its number rests, whatever the retry says."""
    begun = datetime.now(UTC)
    assert go().fenced.open == 1
    with target.reading() as connection:
        entry = connection.execute(select(DO_NOT_CALL)).one()
    assert (entry.number, entry.source) == (attempt.order.candidate.number, SOURCE)
    assert entry.expires_at >= begun + DAY
    assert without_worker(target) == ["autumn"]
    assert broken(target) == {}


def test_an_entry_that_ends_before_the_hold_does_not_cut_it_short(
    store: Store, target: Store, go: Go, attempt: Attempt
) -> None:
    begun = datetime.now(UTC)
    number = attempt.order.candidate.number
    dnc.add(store, [number], begun, "asked for", expires_at=begun + DAY / 24)
    go()
    [entry] = dnc.check(target, number)
    assert entry.expires_at
    assert entry.expires_at >= begun + DAY


def test_orders_from_before_are_not_carried_out(
    store: Store, target: Store, go: Go, lease: Lease, campaign: Campaign
) -> None:
    orders.put_order(store, campaign.name, Ready("ann"))
    go()
    with target.reading() as connection:
        assert connection.execute(select(AGENT_ORDERS.c.refused)).scalar_one() == STALE_ORDER
    new = leases.acquire(target, campaign.name, "new")
    assert new
    assert orders.take_orders(target, new) == []
