"""The rules of dialling as the claim asks them: do-not-call, windows, caps, gaps, live calls."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from campaigns.effects import AttemptEnded
from campaigns.leads import Attempt, Candidate, DialOrder
from campaigns.rules import rule_of
from campaigns.spec.campaign import Campaign
from storage import dnc
from storage.candidates import candidates
from storage.claims import Claimed, claim
from storage.engine import Store
from storage.leads import facts, show
from storage.leases import Lease
from storage.record import record
from storage.tables.people import LEADS

Fill = Callable[..., list[Candidate]]
OrderFor = Callable[[Candidate], DialOrder]
Place = Callable[..., list[Attempt]]
OFFICE_HOURS = {"timezone": "customer", "hours": [{"from": "09:00", "to": "20:00"}]}


def refused(claimed: Claimed) -> list[str]:
    assert not claimed.attempts
    return [rule_of(refusal.why) for refusal in claimed.refusals]


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


def test_a_live_call_shows_in_the_facts(
    store: Store, lease: Lease, campaign: Campaign, fill: Fill, place: Place, now: datetime
) -> None:
    [candidate] = fill(campaign)
    assert not facts(store, campaign, candidate.lead_id, now).live_elsewhere
    place(lease, campaign, [candidate])
    told = facts(store, campaign, candidate.lead_id, now)
    assert told.live_elsewhere
    assert (told.state, told.attempts_total, told.placed) == ("dialling", 1, (now,))
    assert told.last_attempt_at == now
