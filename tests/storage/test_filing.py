"""What an agent files a call under: it replaces the first disposition, and the retry with it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from campaigns.effects import (
    AttemptDisposed,
    AttemptEnded,
)
from campaigns.leads import Attempt
from campaigns.spec.campaign import Campaign
from storage import attempts, dnc, outbox
from storage.candidates import candidates
from storage.engine import Store
from storage.history import history
from storage.leases import Lease
from storage.record import Recorded
from storage.tables.people import Customer, Lead, LeadState

Ended = Callable[..., AttemptEnded]


def messages(store: Store) -> list[tuple[str, dict[str, Any]]]:
    return [(taken.kind, taken.payload) for taken in outbox.untold(store)]


def whats(store: Store, attempt_id: UUID) -> list[str]:
    return [event.what for event in history(store, attempt_id)]


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
