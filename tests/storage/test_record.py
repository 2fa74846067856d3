"""Results: each attempt has one, and with it moves its lead, its customer and the outbox."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from campaigns.effects import (
    AttemptDisposed,
    AttemptEnded,
    AttemptNoted,
    Effect,
    PacingDecided,
    Refill,
    StateChanged,
)
from campaigns.leads import Attempt, Candidate, OpenAttempt
from campaigns.outcomes import Outcome
from campaigns.spec import Campaign
from connectors.calls import EndReason
from storage import attempts, campaigns, dnc, leads, outbox, pacing
from storage.candidates import candidates
from storage.dbtime import db_time
from storage.engine import Store
from storage.errors import LeaseLost, NotThere
from storage.history import history
from storage.ids import new_id
from storage.leases import Lease, acquire
from storage.record import Recorded, record
from storage.tables.campaigns import LEASES
from storage.tables.people import Customer, Lead, LeadState

Ended = Callable[..., AttemptEnded]


@pytest.fixture
def attempt(
    lease: Lease,
    campaign: Campaign,
    fill: Callable[..., list[Candidate]],
    place: Callable[..., list[Attempt]],
) -> Attempt:
    """A live attempt of the campaign `autumn`."""
    [placed] = place(lease, campaign, fill(campaign, external_ref="CRM/1"))
    return placed


@pytest.fixture
def tell(store: Store, lease: Lease, campaign: Campaign) -> Callable[..., Recorded]:
    return lambda *effects: record(store, lease, campaign, effects)


@pytest.fixture
def lead_of(store: Store) -> Callable[[Attempt], Lead]:
    return lambda attempt: leads.show(store, attempt.order.candidate.lead_id)


@pytest.fixture
def customer_of(store: Store) -> Callable[[Attempt], Customer]:
    def look_up(attempt: Attempt) -> Customer:
        found = leads.customer(store, attempt.order.candidate.number)
        assert found
        return found

    return look_up


def messages(store: Store) -> list[tuple[str, dict[str, Any]]]:
    return [(taken.kind, taken.payload) for taken in outbox.take(store, hidden=0)]


def whats(store: Store, attempt_id: UUID) -> list[str]:
    return [event.what for event in history(store, attempt_id)]


def test_a_result_closes_its_attempt(
    store: Store, attempt: Attempt, talked: Ended, tell: Callable[..., Recorded]
) -> None:
    result = talked(attempt, cause="Ünïcode \x00 16", party="human")
    assert tell(result) == Recorded(ended=1)
    kept = attempts.show(store, attempt.attempt_id)
    assert (kept.outcome, kept.disposition, kept.reason) == ("connected", "sale", "hung_up")
    assert (kept.cause, kept.party, kept.agent) == ("Ünïcode \ufffd 16", "human", "ann")
    assert (kept.placed_at, kept.ended_at) == (attempt.placed_at, result.ended_at)
    assert (kept.ringing_at, kept.answered_at) == (result.ringing_at, result.answered_at)
    assert (kept.classified_at, kept.connected_at) == (None, result.connected_at)
    assert kept.state == "ended"
    assert whats(store, attempt.attempt_id) == ["placed", "ended"]


def test_a_lead_to_be_tried_again_is_ready_and_due_by_its_rule(
    store: Store,
    lease: Lease,
    campaign: Campaign,
    attempt: Attempt,
    ended: Ended,
    tell: Callable[..., Recorded],
    place: Callable[..., list[Attempt]],
    lead_of: Callable[[Attempt], Lead],
) -> None:
    first = ended(attempt, Outcome.BUSY)
    tell(first)
    lead = lead_of(attempt)
    assert (lead.state, lead.tries, lead.attempts_total) == (LeadState.READY, {"busy": 1}, 1)
    assert lead.next_at == first.ended_at + timedelta(minutes=10)
    assert (lead.last_outcome, lead.last_disposition) == ("busy", "busy")
    [again] = candidates(store, campaign, 9, frozenset(), lead.next_at)
    [second] = place(lease, campaign, [again], lead.next_at)
    result = ended(second, Outcome.BUSY)
    tell(result)
    lead = lead_of(attempt)
    assert (lead.tries, lead.attempts_total) == ({"busy": 2}, 2)
    assert lead.next_at == result.ended_at + timedelta(minutes=20)


def test_a_final_result_ends_the_lead_and_is_a_contact(
    attempt: Attempt,
    talked: Ended,
    tell: Callable[..., Recorded],
    lead_of: Callable[[Attempt], Lead],
    customer_of: Callable[[Attempt], Customer],
) -> None:
    result = talked(attempt)
    tell(result)
    assert lead_of(attempt).state == LeadState.DONE
    customer = customer_of(attempt)
    assert (customer.contacts, customer.last_contact_at) == (1, result.connected_at)
    assert (customer.last_outcome, customer.last_disposition) == ("connected", "sale")
    assert (customer.last_attempt_at, customer.do_not_call) == (attempt.placed_at, False)


def test_nobody_answered_is_no_contact(
    attempt: Attempt,
    ended: Ended,
    tell: Callable[..., Recorded],
    customer_of: Callable[[Attempt], Customer],
) -> None:
    tell(ended(attempt))
    customer = customer_of(attempt)
    assert (customer.contacts, customer.last_contact_at) == (0, None)
    assert customer.last_outcome == "no_answer"


def test_a_disposition_that_forbids_further_calls_does_so_everywhere(
    store: Store,
    attempt: Attempt,
    talked: Ended,
    tell: Callable[..., Recorded],
    lead_of: Callable[[Attempt], Lead],
    customer_of: Callable[[Attempt], Customer],
) -> None:
    tell(talked(attempt, "never"))
    assert lead_of(attempt).state == LeadState.SUPPRESSED
    assert customer_of(attempt).do_not_call
    [entry] = dnc.check(store, attempt.order.candidate.number)
    assert (entry.scope, entry.source) == ("*", "disposition never of campaign autumn")
    assert entry.expires_at is None


def test_a_second_result_is_counted_and_changes_nothing(
    store: Store,
    attempt: Attempt,
    talked: Ended,
    ended: Ended,
    tell: Callable[..., Recorded],
    lead_of: Callable[[Attempt], Lead],
    customer_of: Callable[[Attempt], Customer],
) -> None:
    tell(talked(attempt))
    before = (lead_of(attempt), customer_of(attempt), attempts.show(store, attempt.attempt_id))
    assert tell(talked(attempt)) == Recorded(repeated=1)
    assert tell(ended(attempt, Outcome.LOST)) == Recorded(repeated=1)
    after = (lead_of(attempt), customer_of(attempt), attempts.show(store, attempt.attempt_id))
    assert after == before
    assert len(messages(store)) == 1
    assert whats(store, attempt.attempt_id) == ["placed", "ended"]


def test_a_result_twice_in_one_batch(
    store: Store,
    attempt: Attempt,
    ended: Ended,
    tell: Callable[..., Recorded],
    lead_of: Callable[[Attempt], Lead],
) -> None:
    both = ended(attempt, Outcome.BUSY), ended(attempt, Outcome.NO_ANSWER)
    assert tell(*both) == Recorded(ended=1, repeated=1)
    assert lead_of(attempt).tries == {"busy": 1}
    assert len(messages(store)) == 1


def test_a_result_without_an_attempt_is_counted(
    attempt: Attempt, ended: Ended, tell: Callable[..., Recorded]
) -> None:
    ghost = replace(ended(attempt), attempt_id=new_id())
    filed = AttemptDisposed(new_id(), ghost.lead_id, ghost.ended_at, "ann", "sale")
    assert tell(ghost, filed, ended(attempt)) == Recorded(ended=1, unknown=2)


def test_an_agents_disposition_replaces_the_first_and_decides_anew(
    store: Store,
    attempt: Attempt,
    talked: Ended,
    tell: Callable[..., Recorded],
    lead_of: Callable[[Attempt], Lead],
    customer_of: Callable[[Attempt], Customer],
) -> None:
    result = talked(attempt, "connected")
    tell(result)
    at = result.ended_at + timedelta(seconds=20)
    filed = AttemptDisposed(attempt.attempt_id, result.lead_id, at, "ann", "later", "nächste Woche")
    assert tell(filed) == Recorded(disposed=1)
    kept = attempts.show(store, attempt.attempt_id)
    assert (kept.disposition, kept.note, kept.disposed_at) == ("later", "nächste Woche", at)
    assert (kept.outcome, kept.agent) == ("connected", "ann")
    lead = lead_of(attempt)
    assert (lead.state, lead.next_at) == (LeadState.READY, at + timedelta(hours=2))
    assert (lead.tries, lead.last_disposition) == ({"connected": 1, "later": 1}, "later")
    assert (customer_of(attempt).contacts, customer_of(attempt).last_disposition) == (1, "later")
    assert [kind for kind, _ in messages(store)] == ["attempt.ended", "attempt.disposed"]

    assert tell(filed) == Recorded(repeated=1)
    correction = replace(filed, at=at + timedelta(seconds=5), disposition="sale", note="doch")
    assert tell(correction) == Recorded(disposed=1)
    lead = lead_of(attempt)
    assert (lead.state, lead.tries) == (LeadState.DONE, {"connected": 1, "sale": 1})
    assert tell(filed, correction) == Recorded(repeated=2)
    assert len(messages(store)) == 3
    assert whats(store, attempt.attempt_id) == ["placed", "ended", "disposed", "disposed"]


def test_a_filing_in_the_batch_of_its_result(
    store: Store,
    attempt: Attempt,
    talked: Ended,
    tell: Callable[..., Recorded],
    lead_of: Callable[[Attempt], Lead],
) -> None:
    result = talked(attempt, "connected")
    at = result.ended_at + timedelta(seconds=1)
    filed = AttemptDisposed(attempt.attempt_id, result.lead_id, at, "ann", "never")
    assert tell(filed, result) == Recorded(ended=1, disposed=1)
    assert attempts.show(store, attempt.attempt_id).disposition == "never"
    assert lead_of(attempt).state == LeadState.SUPPRESSED
    assert dnc.check(store, attempt.order.candidate.number)


def test_a_filing_before_the_result_is_not_overwritten_by_it(
    store: Store,
    attempt: Attempt,
    talked: Ended,
    tell: Callable[..., Recorded],
    lead_of: Callable[[Attempt], Lead],
) -> None:
    result = talked(attempt, "connected")
    at = result.ended_at - timedelta(seconds=1)
    filed = AttemptDisposed(attempt.attempt_id, result.lead_id, at, "ann", "later", "ruft zurück")
    assert tell(filed) == Recorded(disposed=1)
    assert lead_of(attempt).state == LeadState.DIALLING
    tell(result)
    kept = attempts.show(store, attempt.attempt_id)
    assert (kept.disposition, kept.note) == ("later", "ruft zurück")
    assert lead_of(attempt).next_at == result.ended_at + timedelta(hours=2)


def test_a_late_filing_leaves_a_lead_alone_that_is_being_dialled_again(
    store: Store,
    lease: Lease,
    campaign: Campaign,
    attempt: Attempt,
    talked: Ended,
    tell: Callable[..., Recorded],
    place: Callable[..., list[Attempt]],
    lead_of: Callable[[Attempt], Lead],
) -> None:
    tell(talked(attempt, "later"))
    due = lead_of(attempt).next_at
    [second] = place(lease, campaign, candidates(store, campaign, 9, frozenset(), due), due)
    filed = AttemptDisposed(
        attempt.attempt_id, attempt.order.candidate.lead_id, due, "ann", "never"
    )
    tell(filed)
    lead = lead_of(attempt)
    assert (lead.state, lead.last_attempt_id) == (LeadState.DIALLING, second.attempt_id)
    assert dnc.check(store, attempt.order.candidate.number)  # but it is obeyed from now on


def test_the_outbox_tells_the_whole_result_once(
    store: Store, attempt: Attempt, talked: Ended, tell: Callable[..., Recorded]
) -> None:
    tell(talked(attempt, "later"))
    [(kind, payload)] = messages(store)
    assert kind == "attempt.ended"
    assert payload == {
        "attempt_id": str(attempt.attempt_id),
        "campaign": "autumn",
        "lead_id": str(attempt.order.candidate.lead_id),
        "customer_id": payload["customer_id"],
        "number": "+493010000001",
        "list": "first",
        "external_ref": "CRM/1",
        "outcome": "connected",
        "disposition": "later",
        "reason": "hung_up",
        "cause": "16",
        "party": "",
        "agent": "ann",
        "note": "",
        "recording": None,
        "placed_at": "2026-11-20T10:00:00.123457+00:00",
        "ringing_at": "2026-11-20T10:00:01.123457+00:00",
        "answered_at": "2026-11-20T10:00:04.123457+00:00",
        "connected_at": "2026-11-20T10:00:04.423457+00:00",
        "ended_at": "2026-11-20T10:00:10.123457+00:00",
        "talk_seconds": 5.7,
        "lead_state": "ready",
        "attempts_total": 1,
        "final": False,
        "success": False,
        "do_not_call": False,
        "next_at": "2026-11-20T12:00:10.123457+00:00",
    }
    json.dumps(payload)


def test_notes_say_how_far_an_attempt_has_got(
    store: Store,
    campaign: Campaign,
    attempt: Attempt,
    talked: Ended,
    tell: Callable[..., Recorded],
) -> None:
    at = attempt.placed_at
    answered, talking = at + timedelta(seconds=4), at + timedelta(seconds=5)
    assert attempts.open_attempts(store, campaign.name) == [OpenAttempt(attempt)]
    tell(AttemptNoted(attempt.attempt_id, answered, "waiting"))
    tell(AttemptNoted(attempt.attempt_id, talking, "talking", "ann", "2026/11/20/x"))
    tell(AttemptNoted(attempt.attempt_id, talking + timedelta(seconds=1), "talking"))
    [found] = attempts.open_attempts(store, campaign.name)
    assert (found.answered_at, found.connected_at, found.agent) == (answered, talking, "ann")
    assert found.attempt.attempt_id == attempt.attempt_id
    tell(talked(attempt), AttemptNoted(attempt.attempt_id, talking, "waiting", "bob"))
    assert attempts.open_attempts(store, campaign.name) == []
    kept = attempts.show(store, attempt.attempt_id)
    assert (kept.recording, kept.agent, kept.state) == ("2026/11/20/x", "ann", "ended")
    tell(AttemptNoted(attempt.attempt_id, talking, "waiting", "bob"))
    assert attempts.show(store, attempt.attempt_id) == kept


def test_whoever_was_taken_over_stores_nothing(
    store: Store,
    lease: Lease,
    campaign: Campaign,
    attempt: Attempt,
    ended: Ended,
    lead_of: Callable[[Attempt], Lead],
) -> None:
    with store.writing() as connection:
        connection.execute(update(LEASES).values(expires_at=db_time()))
    # lapsed, but nobody wanted it: results may still be told
    record(store, lease, campaign, [AttemptNoted(attempt.attempt_id, attempt.placed_at, "ringing")])
    successor = acquire(store, campaign.name, "successor")
    assert successor
    with pytest.raises(LeaseLost):
        record(store, lease, campaign, [ended(attempt)])
    assert lead_of(attempt).state == LeadState.DIALLING
    lost = ended(attempt, Outcome.LOST, reason=EndReason.PBX_LOST)
    assert record(store, successor, campaign, [lost]) == Recorded(ended=1)
    assert [event.token for event in history(store, attempt.attempt_id)] == [1, 1, 2]


def test_a_batch_is_stored_whole_or_not_at_all(
    store: Store,
    lease: Lease,
    campaign: Campaign,
    attempt: Attempt,
    ended: Ended,
    lead_of: Callable[[Attempt], Lead],
) -> None:
    broken = StateChanged(attempt.placed_at, "no such state")
    with pytest.raises(ValueError, match="no such state"):
        record(store, lease, campaign, [ended(attempt), broken])
    assert lead_of(attempt).state == LeadState.DIALLING
    assert attempts.show(store, attempt.attempt_id).ended_at is None
    assert messages(store) == []


def test_everything_else_that_a_campaign_tells(
    store: Store, campaign: Campaign, attempt: Attempt, tell: Callable[..., Recorded], now: datetime
) -> None:
    effects: list[Effect] = [
        Refill(5, frozenset()),
        PacingDecided(now, 3, "3 free agents", {"free": 3.0, "limit": float("inf")}),
        PacingDecided(now, 0, "no line left\x00"),
        StateChanged(now, "paused", "by ann"),
    ]
    assert tell(*effects) == Recorded()
    newest, oldest = pacing.latest(store, campaign.name)
    assert (oldest.calls, oldest.why) == (3, "3 free agents")
    assert oldest.view == {"free": 3.0, "limit": None}
    assert newest.why == "no line left\ufffd"
    stored = campaigns.get(store, campaign.name)
    assert (stored.wanted, stored.actual, stored.why) == ("running", "paused", "by ann")


def test_a_finished_campaign_is_wanted_no_more_unless_somebody_says_so(
    store: Store, campaign: Campaign, lease: Lease, now: datetime
) -> None:
    record(store, lease, campaign, [StateChanged(now, "finished", "every lead is done")])
    stored = campaigns.get(store, campaign.name)
    assert (stored.wanted, stored.actual) == ("finished", "finished")


def test_attempts_are_found_again(
    store: Store, attempt: Attempt, ended: Ended, tell: Callable[..., Recorded]
) -> None:
    tell(ended(attempt, Outcome.BUSY))
    [found] = attempts.page(store)
    assert found.id == attempt.attempt_id
    assert attempts.page(store, "autumn", number="+493010000001", outcome=Outcome.BUSY)
    assert not attempts.page(store, "winter")
    assert not attempts.page(store, outcome=Outcome.CONNECTED)
    with pytest.raises(NotThere):
        attempts.show(store, new_id())


def test_the_guards_tally_is_found_again_after_a_takeover(
    store: Store,
    lease: Lease,
    campaign: Campaign,
    fill: Callable[..., list[Candidate]],
    place: Callable[..., list[Attempt]],
    ended: Ended,
    talked: Ended,
    now: datetime,
) -> None:
    soon, late, lost, unanswered = place(lease, campaign, fill(campaign, 4))
    answered = now + timedelta(seconds=4)
    record(
        store,
        lease,
        campaign,
        [
            talked(soon),
            talked(late, connected_at=answered + timedelta(seconds=2.1)),
            ended(lost, Outcome.ABANDONED, answered_at=answered),
            ended(unanswered),
        ],
    )
    [tally] = attempts.tallies(store, campaign, now)
    assert (tally.day, tally.connected, tally.late, tally.abandoned) == ("2026-11-20", 1, 1, 1)
    assert attempts.tallies(store, campaign, now + timedelta(seconds=1)) == []


def test_many_results_of_many_leads_in_one_batch(
    store: Store,
    lease: Lease,
    campaign: Campaign,
    fill: Callable[..., list[Candidate]],
    place: Callable[..., list[Attempt]],
    ended: Ended,
) -> None:
    placed = place(lease, campaign, fill(campaign, 250))
    assert record(store, lease, campaign, [ended(a) for a in placed]) == Recorded(ended=250)
    assert leads.counts(store, "first")[LeadState.READY] == 250
    assert outbox.backlog(store).waiting == 250
