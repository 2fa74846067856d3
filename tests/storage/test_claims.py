"""The decision to call: every rule is asked again, inside the transaction that writes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from campaigns.effects import AttemptEnded
from campaigns.leads import Attempt, Candidate, DialOrder
from campaigns.orders import CampaignState
from campaigns.rules import rule_of
from campaigns.spec import Campaign
from storage import campaigns, dnc
from storage.candidates import candidates
from storage.claims import Claimed, claim
from storage.dbtime import db_time
from storage.engine import Store
from storage.errors import LeaseLost
from storage.history import history
from storage.imports import import_leads
from storage.lead_rows import NewLead
from storage.leads import show
from storage.leases import Lease, acquire
from storage.record import record
from storage.tables.attempts import ATTEMPTS
from storage.tables.campaigns import LEASES
from storage.tables.people import LEADS, LeadState

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
    with pytest.raises(LeaseLost, match="lapsed"):
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


def test_do_not_call_is_honoured_although_the_hopper_did_not_know_yet(
    store: Store, lease: Lease, campaign: Campaign, fill: Fill, order_for: OrderFor, now: datetime
) -> None:
    listed, only_here, only_there, expired, free = fill(campaign, 5)
    dnc.add(store, [listed.number], now)
    dnc.add(store, [only_here.number], now, scope=campaign.name)
    dnc.add(store, [only_there.number], now, scope="another")
    dnc.add(store, [expired.number], now, expires_at=now)
    orders = [order_for(c) for c in (listed, only_here, only_there, expired, free)]
    claimed = claim(store, lease, campaign, 1, orders, now)
    assert {r.order.candidate for r in claimed.refusals} == {listed, only_here}
    assert {rule_of(r.why) for r in claimed.refusals} == {"do_not_call"}


def test_a_window_that_has_closed_since_is_closed(
    store: Store,
    run: Callable[..., Lease],
    make_campaign: Callable[..., Campaign],
    fill: Fill,
    order_for: OrderFor,
    now: datetime,
) -> None:
    campaign = make_campaign(windows=OFFICE_HOURS)
    lease = run(campaign)
    [candidate] = fill(campaign)
    evening = datetime(2026, 11, 20, 19, 0, tzinfo=UTC)  # 20:00 in Berlin
    orders = [order_for(candidate)]
    assert refused(claim(store, lease, campaign, 1, orders, evening)) == ["windows"]
    assert candidates(store, campaign, 1, frozenset(), evening) == []
    just_before = evening - timedelta(microseconds=1)
    assert claim(store, lease, campaign, 1, orders, just_before).attempts


def test_the_daily_cap_counts_every_campaign_and_list_by_the_number(
    store: Store,
    run: Callable[..., Lease],
    make_campaign: Callable[..., Campaign],
    fill: Fill,
    place: Place,
    order_for: OrderFor,
    ended: Callable[..., AttemptEnded],
    now: datetime,
) -> None:
    caps = {"per_day": 2, "min_gap": 0}
    first = make_campaign(attempts=caps)
    second = make_campaign(name="winter", leads={"list": "second"}, attempts=caps)
    lease, other = run(first), run(second)
    [one], [two] = fill(first), fill(second)
    [attempt] = place(lease, first, [one])
    record(store, lease, first, [ended(attempt, ended_at=now)])
    [attempt] = place(other, second, [two], now + timedelta(hours=2))
    record(store, other, second, [ended(attempt, ended_at=now + timedelta(hours=2))])

    later = now + timedelta(hours=23)
    assert refused(claim(store, lease, first, 1, [order_for(one)], later)) == ["attempts.per_day"]
    free_again = now + timedelta(hours=24)
    assert show(store, one.lead_id).next_at == free_again  # put off to when one more fits
    assert candidates(store, first, 1, frozenset(), later) == []
    almost = free_again - timedelta(microseconds=1)
    assert refused(claim(store, lease, first, 1, [order_for(one)], almost)) == ["attempts.per_day"]
    assert claim(store, lease, first, 1, [order_for(one)], free_again).attempts


def test_the_gap_after_the_last_attempt_is_kept(
    store: Store,
    run: Callable[..., Lease],
    make_campaign: Callable[..., Campaign],
    fill: Fill,
    place: Place,
    order_for: OrderFor,
    ended: Callable[..., AttemptEnded],
    now: datetime,
) -> None:
    first = make_campaign(attempts={"min_gap": 600})
    second = make_campaign(name="winter", leads={"list": "second"}, attempts={"min_gap": 600})
    lease, other = run(first), run(second)
    [one], [two] = fill(first), fill(second)
    [attempt] = place(lease, first, [one])
    record(store, lease, first, [ended(attempt)])
    soon = now + timedelta(seconds=60)
    assert refused(claim(store, other, second, 1, [order_for(two)], soon)) == ["attempts.min_gap"]
    assert show(store, two.lead_id).next_at == now + timedelta(seconds=600)


def test_a_number_on_a_call_of_another_campaign_is_left_alone(
    store: Store,
    run: Callable[..., Lease],
    make_campaign: Callable[..., Campaign],
    fill: Fill,
    place: Place,
    order_for: OrderFor,
    now: datetime,
) -> None:
    first = make_campaign(attempts={"min_gap": 0})
    second = make_campaign(name="winter", leads={"list": "second"}, attempts={"min_gap": 0})
    lease, other = run(first), run(second)
    [one], [two] = fill(first), fill(second)
    place(lease, first, [one])
    assert refused(claim(store, other, second, 1, [order_for(two)], now)) == ["on_a_call"]
    assert show(store, two.lead_id).next_at == now + timedelta(minutes=1)


def test_a_lead_at_its_cap_is_neither_offered_nor_dialled(
    store: Store,
    run: Callable[..., Lease],
    make_campaign: Callable[..., Campaign],
    fill: Fill,
    order_for: OrderFor,
    now: datetime,
) -> None:
    campaign = make_campaign(attempts={"per_lead": 3})
    lease = run(campaign)
    [candidate] = fill(campaign)
    with store.writing() as connection:
        connection.execute(update(LEADS).values(attempts_total=3))
    assert refused(claim(store, lease, campaign, 1, [order_for(candidate)], now)) == [
        "attempts.per_lead"
    ]
    assert candidates(store, campaign, 1, frozenset(), now) == []


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
