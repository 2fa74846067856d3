"""A campaign's filter is heeded by the hopper, and asked again by the claim."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text, update

from campaigns.leads import Candidate, DialOrder
from campaigns.spec.campaign import Campaign
from storage.candidates import candidates, count_due, due_leads, next_due
from storage.claims import claim
from storage.engine import Store
from storage.imports import import_leads
from storage.lead_rows import NewLead
from storage.leases import Lease
from storage.sieve import ready
from storage.survey import survey
from storage.tables.people import CUSTOMERS, LEADS
from storage.walking import Place, between, end_of_step, passed_by
from tests.storage.test_candidates import MANY_CUSTOMERS, MANY_LEADS, explained

HIGH = 'stage = "high-intent"'
LATER = timedelta(hours=1)


@pytest.fixture
def high(make_campaign: Callable[..., Campaign]) -> Campaign:
    return make_campaign(leads={"list": "first", "filter": HIGH})


@pytest.fixture
def listed(store: Store, now: datetime) -> None:
    """Five leads; the customers of the second and the fourth are of high intent."""
    new = [NewLead(f"+49301000000{n}", zones=("Europe/Berlin",)) for n in range(1, 6)]
    import_leads(store, "first", new, now)
    set_stage(store, "high-intent", "2", "4")


def set_stage(store: Store, stage: str, *digits: str) -> None:
    numbers = [f"+49301000000{digit}" for digit in digits]
    with store.writing() as connection:
        these = update(CUSTOMERS).where(CUSTOMERS.c.number.in_(numbers))
        connection.execute(these.values(stage=stage))


def digits(found: list[Candidate]) -> str:
    return "".join(candidate.number[-1] for candidate in found)


@pytest.mark.usefixtures("listed")
def test_the_hopper_is_given_those_that_are_meant(
    store: Store, high: Campaign, now: datetime
) -> None:
    found = candidates(store, high, 9, frozenset(), now)
    assert digits(found) == "24"
    assert count_due(store, high, 9, now, LATER) == 2
    held = frozenset(candidate.lead_id for candidate in found)
    assert next_due(store, high, now) == now
    assert next_due(store, high, now, held) is None
    told = survey(store, high, now)
    assert (told.leads, told.callable_now, told.refused) == (5, 2, {"filter": 3})


@pytest.mark.usefixtures("listed")
def test_the_claim_asks_again_who_is_meant(
    store: Store,
    high: Campaign,
    run: Callable[..., Lease],
    order_for: Callable[[Candidate], DialOrder],
    now: datetime,
) -> None:
    """The CRM has moved one on while it waited in the hopper."""
    lease = run(high)
    orders = [order_for(each) for each in candidates(store, high, 9, frozenset(), now)]
    set_stage(store, "won", "4")
    claimed = claim(store, lease, high, 1, orders, now)
    assert [attempt.order.candidate.number[-1] for attempt in claimed.attempts] == ["2"]
    [refusal] = claimed.refusals
    assert refusal.why == "filter: the campaign's filter does not mean the lead"
    set_stage(store, "high-intent", "4")
    assert digits(candidates(store, high, 9, frozenset(), now)) == "4"  # it was not put off


@pytest.mark.usefixtures("listed")
def test_a_campaign_waits_for_whom_its_filter_will_mean(
    store: Store, make_campaign: Callable[..., Campaign], now: datetime
) -> None:
    """Whoever was called is left alone for three days by this filter: it is not over by then."""
    with store.writing() as connection:
        connection.execute(update(CUSTOMERS).values(last_attempt_at=now - LATER))

    def due(filter_: str) -> datetime | None:
        return next_due(store, make_campaign(leads={"list": "first", "filter": filter_}), now)

    assert due("not last_call within 3d") is not None
    assert due(f"{HIGH} and last_call before 3d") is not None
    assert due("last_call within 30m") is None  # nor will it ever be
    assert due('stage = "won" and not last_call within 3d') is None
    campaign = make_campaign(leads={"list": "first", "filter": "not last_call within 3d"})
    turn = now - LATER + timedelta(days=3, microseconds=1)
    assert survey(store, campaign, now).next_at == turn
    assert len(candidates(store, campaign, 9, frozenset(), turn)) == 5


def test_a_filter_reads_along_the_index_of_the_order(
    postgres_store: Store, make_campaign: Callable[..., Campaign], now: datetime
) -> None:
    store = postgres_store
    with store.writing() as connection:
        connection.execute(text("TRUNCATE leads, customers, attempts CASCADE"))
        connection.execute(text(MANY_CUSTOMERS), {"now": now})
        connection.execute(text(MANY_LEADS), {"now": now})
        every_tenth = update(CUSTOMERS).where(CUSTOMERS.c.number.like("%7"))
        connection.execute(every_tenth.values(stage="high-intent"))
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    campaign = make_campaign(
        leads={"list": "first", "filter": f"{HIGH} and not last_attempt within 3d"}
    )
    told = explained(store, due_leads(campaign, "first", now).limit(50), campaign, now)
    assert "ix_leads_by_priority" in told, told
    assert "Seq Scan on leads" not in told, told
    assert "Sort" not in told, told
    assert len(candidates(store, campaign, 50, frozenset(), now)) == 50
    order: Any = (LEADS.c.rank, LEADS.c.next_at, LEADS.c.id)
    place = Place((), now, now + LATER, after=(-2, now, UUID(int=0)))
    query = due_leads(campaign, "first", now).limit(50)
    due, (fallen_due, changed) = ready("first"), passed_by(order, place)
    back = query.where(LEADS.c.callback_at <= now).order_by(None).order_by(LEADS.c.callback_at)
    for asked, index in (  # the other questions of a refill
        (end_of_step(order, due, place), "ix_leads_by_priority"),
        (query.where(between(order, place, (-1, now, UUID(int=0)))), "ix_leads_by_priority"),
        (query.where(changed), "ix_customers_updated_at"),
        (query.where(fallen_due), "ix_leads_by_"),
        (back, "ix_leads_called_back"),
    ):
        told = explained(store, asked, campaign, now)
        assert index in told, told
        assert "Seq Scan on leads" not in told, told
        assert "Seq Scan on customers" not in told, told
    with store.writing() as connection:
        connection.execute(LEADS.delete())
