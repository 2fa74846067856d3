"""Every campaign at a glance."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import update

from campaigns.leads import Attempt, Candidate
from campaigns.orders import CampaignState
from campaigns.spec.campaign import Campaign
from storage import campaigns, deliveries, outbox
from storage.dbtime import db_time
from storage.deliveries import NotArrived
from storage.engine import Store
from storage.leases import Lease, release
from storage.messages import Message
from storage.spreading import spread
from storage.standings import left_alone, standings
from storage.tables.campaigns import LEASES
from storage.tables.records import OUTBOX


def test_a_campaign_that_nobody_ever_dialled(
    store: Store, campaign: Campaign, now: datetime
) -> None:
    campaigns.apply(store, campaign, "", now)
    [found] = standings(store)
    assert (found.name, found.wanted, found.actual) == ("autumn", "draft", "draft")
    assert (found.dialled, found.lease_age) == (False, None)


def test_who_dials_and_since_when_the_lease_was_not_renewed(store: Store, lease: Lease) -> None:
    [found] = standings(store)
    assert (found.holder, found.wanted) == ("worker", CampaignState.RUNNING)
    assert found.lease_age is not None
    assert 0 <= found.lease_age < 5
    with store.writing() as connection:
        connection.execute(update(LEASES).values(renewed_at=db_time(-9), expires_at=db_time(-6)))
    [found] = standings(store)
    assert (found.holder, found.dialled) == ("", False)
    assert found.lease_age is not None
    assert 9 <= found.lease_age < 14


def test_calls_are_left_alone_once_nobody_has_the_lease(
    store: Store,
    campaign: Campaign,
    lease: Lease,
    fill: Callable[..., list[Candidate]],
    place: Callable[..., list[Attempt]],
) -> None:
    place(lease, campaign, fill(campaign, 3))
    assert left_alone(store) == {}
    release(store, lease)
    assert left_alone(store) == {"autumn": 3}


def test_what_is_unsent_and_how_old_it_is(store: Store) -> None:
    assert outbox.unsent(store) == (0, 0.0)
    with store.writing() as connection:
        messages = [Message("attempt.ended", key, {}) for key in ("a", "b", "c")]
        outbox.write_messages(connection, messages)
        connection.execute(update(OUTBOX).values(created_at=db_time(-60)))
    spread(store, lambda message: ["crm"])
    batch = deliveries.take(store, "crm", 2)
    deliveries.settle(store, "crm", batch, {batch[1].id: NotArrived("no such path", True)})
    count, oldest = outbox.unsent(store)
    assert count == 1
    assert 60 <= oldest < 65
