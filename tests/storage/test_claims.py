"""The decision to call: every rule is asked again, inside the transaction that writes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection, func, select, text, update

from campaigns.leads import Attempt, Candidate, DialOrder
from campaigns.orders import CampaignState
from campaigns.rules import rule_of
from campaigns.spec.campaign import Campaign
from storage import campaigns, facts
from storage.candidates import candidates
from storage.claims import NOT_FREE, Claimed, claim
from storage.dbtime import db_time, read_db_time
from storage.engine import Store
from storage.errors import LeaseLapsed, LeaseLost
from storage.facts import Known
from storage.history import history
from storage.imports import import_leads
from storage.lead_rows import NewLead
from storage.leads import show
from storage.leases import Lease, acquire
from storage.tables.attempts import ATTEMPTS
from storage.tables.campaigns import LEASES
from storage.tables.people import LeadState

Fill = Callable[..., list[Candidate]]
OrderFor = Callable[[Candidate], DialOrder]
Place = Callable[..., list[Attempt]]
OFFICE_HOURS = {"timezone": "customer", "hours": [{"from": "09:00", "to": "20:00"}]}


def count_attempts(store: Store) -> int:
    with store.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(ATTEMPTS)).scalar_one())


def refused(claimed: Claimed) -> list[str]:
    assert not claimed.attempts
    return [rule_of(refusal.why) for refusal in claimed.refusals]


def test_an_attempt_is_committed_with_everything_that_belongs_to_it(
    store: Store, lease: Lease, campaign: Campaign, fill: Fill, order_for: OrderFor, now: datetime
) -> None:
    [candidate] = fill(campaign)
    order = replace(order_for(candidate), agent="ann")
    claimed = claim(store, lease, campaign, 7, [order], now)
    [attempt] = claimed.attempts
    assert attempt == Attempt(attempt.attempt_id, order, now)
    assert attempt.attempt_id.version == 7
    with store.reading() as connection:
        row = connection.execute(select(ATTEMPTS)).one()
    assert (row.id, row.campaign, row.campaign_version) == (attempt.attempt_id, "autumn", 7)
    assert (row.lead_id, row.number) == (candidate.lead_id, "+493010000001")
    assert (row.node, row.trunk, row.caller_id) == ("main", "carrier", order.caller_id)
    assert (row.agent, row.token, row.state) == ("ann", lease.token, "placed")
    assert row.placed_at == now
    assert row.ended_at is None
    lead = show(store, candidate.lead_id)
    assert (lead.state, lead.attempts_total) == (LeadState.DIALLING, 1)
    assert (lead.last_attempt_id, lead.last_attempt_at) == (attempt.attempt_id, now)
    [event] = history(store, attempt.attempt_id)
    assert (event.what, event.token, event.at) == ("placed", lease.token, now)


def test_nothing_to_claim_is_fine(
    store: Store, lease: Lease, campaign: Campaign, now: datetime
) -> None:
    assert claim(store, lease, campaign, 1, [], now) == Claimed([], [])


def test_a_lead_is_given_out_once(
    store: Store, lease: Lease, campaign: Campaign, fill: Fill, order_for: OrderFor, now: datetime
) -> None:
    [candidate] = fill(campaign)
    twice = [order_for(candidate), order_for(candidate)]
    claimed = claim(store, lease, campaign, 1, twice, now)
    assert len(claimed.attempts) == 1
    assert [rule_of(r.why) for r in claimed.refusals] == ["on_a_call"]
    assert refused(claim(store, lease, campaign, 1, twice, now)) == ["state", "state"]
    assert count_attempts(store) == 1


def test_a_stale_token_writes_nothing(
    store: Store, lease: Lease, campaign: Campaign, fill: Fill, order_for: OrderFor, now: datetime
) -> None:
    [candidate] = fill(campaign)
    with store.writing() as connection:
        connection.execute(update(LEASES).values(expires_at=db_time()))
    assert acquire(store, campaign.name, "other")
    with pytest.raises(LeaseLost, match="another worker"):
        claim(store, lease, campaign, 1, [order_for(candidate)], now)
    assert count_attempts(store) == 0
    assert show(store, candidate.lead_id).state == LeadState.READY


def test_a_lapsed_lease_writes_nothing_even_if_nobody_took_it(
    store: Store, lease: Lease, campaign: Campaign, fill: Fill, order_for: OrderFor, now: datetime
) -> None:
    [candidate] = fill(campaign)
    with store.writing() as connection:
        connection.execute(update(LEASES).values(expires_at=db_time()))
    with pytest.raises(LeaseLapsed):
        claim(store, lease, campaign, 1, [order_for(candidate)], now)
    assert count_attempts(store) == 0


@pytest.mark.parametrize("state", [CampaignState.PAUSED, CampaignState.STOPPED])
def test_a_campaign_that_is_not_to_run_places_nothing(
    state: CampaignState,
    store: Store,
    lease: Lease,
    campaign: Campaign,
    fill: Fill,
    order_for: OrderFor,
    now: datetime,
) -> None:
    [candidate] = fill(campaign)
    campaigns.set_wanted(store, campaign.name, state, now)
    claimed = claim(store, lease, campaign, 1, [order_for(candidate)], now)
    assert claimed.refusals[0].why == f"campaign: it is to be '{state}', not running"
    assert count_attempts(store) == 0
    campaigns.set_wanted(store, campaign.name, CampaignState.RUNNING, now)
    assert claim(store, lease, campaign, 1, [order_for(candidate)], now).attempts


def test_a_lead_of_another_list_or_number_is_not_taken_at_its_word(
    store: Store,
    lease: Lease,
    campaign: Campaign,
    make_campaign: Callable[..., Campaign],
    fill: Fill,
    order_for: OrderFor,
    now: datetime,
) -> None:
    [mine] = fill(campaign)
    [foreign] = fill(make_campaign(leads={"list": "second"}))
    forged = replace(mine, number="+493019999999")
    orders = [order_for(foreign), order_for(forged)]
    assert refused(claim(store, lease, campaign, 1, orders, now)) == ["lead", "lead"]
    assert count_attempts(store) == 0


def test_hostile_names_are_data(
    store: Store, lease: Lease, campaign: Campaign, order_for: OrderFor, now: datetime
) -> None:
    hostile = "x\r\nAction: Originate\r\n\r\n'; DROP TABLE leads;-- ${SHELL(id)} 你好 \u202e"
    lead = NewLead(
        number="+493010000001",
        name=hostile,
        zones=("Europe/Berlin",),
        external_ref=hostile,
        fields={hostile: hostile},
    )
    assert import_leads(store, "first", [lead], now).added == 1
    [candidate] = candidates(store, campaign, 5, frozenset(), now)
    assert claim(store, lease, campaign, 1, [order_for(candidate)], now).attempts
    kept = show(store, candidate.lead_id)
    assert (kept.name, kept.external_ref, kept.fields) == (hostile, hostile, {hostile: hostile})


@pytest.mark.parametrize("table", ["leads", "customers"])
@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_what_another_transaction_is_deciding_on_is_refused_at_once(
    store: Store,
    lease: Lease,
    campaign: Campaign,
    fill: Fill,
    order_for: OrderFor,
    now: datetime,
    table: str,
) -> None:
    orders = [order_for(candidate) for candidate in fill(campaign, 2)]
    number = orders[0].candidate.number
    with store.writing() as other:
        query = text(f"SELECT 1 FROM {table} WHERE number = :number FOR UPDATE")  # noqa: S608
        other.execute(query, {"number": number})
        claimed = claim(store, lease, campaign, 1, orders, now)
    assert [attempt.order for attempt in claimed.attempts] == orders[1:]
    assert [(refusal.order, refusal.why) for refusal in claimed.refusals] == [(orders[0], NOT_FREE)]
    assert claim(store, lease, campaign, 1, orders[:1], now).attempts  # not put off


def test_an_attempt_is_dated_by_when_the_rules_had_yet_to_be_asked(
    store: Store,
    lease: Lease,
    campaign: Campaign,
    fill: Fill,
    order_for: OrderFor,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Or a claim that takes its time would seem to pass over what came to do-not-call meanwhile."""
    asked: list[datetime] = []

    def known_of(connection: Connection, *given: Any) -> Known:
        known = facts.known_of(connection, *given)
        asked.append(read_db_time(connection))
        while read_db_time(connection) == asked[0]:
            pass
        return known

    monkeypatch.setattr("storage.claims.known_of", known_of)
    assert claim(store, lease, campaign, 1, [order_for(fill(campaign)[0])], now).attempts
    with store.reading() as connection:
        assert connection.execute(select(ATTEMPTS.c.stored_at)).scalar_one() <= asked[0]
