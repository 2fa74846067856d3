"""Results: each attempt has one, and with it moves its lead, its customer and the outbox."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from campaigns.effects import (
    AttemptDisposed,
    AttemptEnded,
    StateChanged,
)
from campaigns.leads import Attempt, Candidate
from campaigns.outcomes import Outcome
from campaigns.spec.campaign import Campaign
from storage import attempts, dnc, leads, outbox
from storage.candidates import candidates
from storage.dbtime import read_db_time
from storage.engine import Store
from storage.history import history
from storage.ids import new_id
from storage.leases import Lease
from storage.record import Recorded, record
from storage.tables.people import Customer, Lead, LeadState

Ended = Callable[..., AttemptEnded]


def messages(store: Store) -> list[tuple[str, dict[str, Any]]]:
    return [(taken.kind, taken.payload) for taken in outbox.untold(store)]


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
    with store.reading() as connection:
        assert entry.stored_at
        assert entry.stored_at <= read_db_time(connection)  # it can be seen by now


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


def test_the_outbox_tells_the_whole_result_once(
    store: Store, attempt: Attempt, talked: Ended, tell: Callable[..., Recorded]
) -> None:
    tell(talked(attempt, "later"))
    [(kind, payload)] = messages(store)
    assert kind == "attempt.ended"
    assert payload == {
        "attempt_id": str(attempt.attempt_id),
        "campaign": "autumn",
        "direction": "outbound",
        "lead_id": str(attempt.order.candidate.lead_id),
        "customer_id": payload["customer_id"],
        "number": "+493010000001",
        "list": "first",
        "external_ref": "CRM/1",
        "outcome": "connected",
        "disposition": "later",
        "intent": None,
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
