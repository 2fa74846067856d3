"""A result that was only inferred gives way to the one that was seen, told later."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from campaigns.effects import AttemptDisposed, AttemptEnded, AttemptNoted
from campaigns.leads import Attempt, Candidate
from campaigns.outcomes import Outcome
from campaigns.spec.campaign import Campaign
from connectors.calls import EndReason
from storage import attempts, outbox
from storage.engine import Store
from storage.history import history
from storage.invariants.check import broken
from storage.leases import Lease
from storage.record import Recorded
from storage.spreading import spread
from storage.tables.people import Customer, Lead, LeadState

Ended = Callable[..., AttemptEnded]
Tell = Callable[..., Recorded]


@pytest.fixture
def inferred(attempt: Attempt, ended: Ended) -> AttemptEnded:
    return ended(attempt, Outcome.LOST, reason=EndReason.PBX_LOST)


def out(store: Store) -> dict[str, dict[str, Any]]:
    """The messages that have not arrived, by what their keys end in."""
    taken = outbox.untold(store)
    return {m.idempotency_key.split(":", 1)[1]: m.payload for m in taken}


def test_what_was_seen_replaces_what_was_inferred(
    store: Store,
    attempt: Attempt,
    inferred: AttemptEnded,
    talked: Ended,
    tell: Tell,
    lead_of: Callable[[Attempt], Lead],
    customer_of: Callable[[Attempt], Customer],
) -> None:
    assert tell(inferred) == Recorded(ended=1)
    assert lead_of(attempt).tries == {"lost": 1}

    assert tell(talked(attempt, "later")) == Recorded(corrected=1)
    row, lead, customer = (
        attempts.show(store, attempt.attempt_id),
        lead_of(attempt),
        customer_of(attempt),
    )
    assert (row.outcome, row.disposition, row.reason) == ("connected", "later", "hung_up")
    assert (row.agent, row.connected_at) == ("ann", attempt.placed_at + timedelta(seconds=4.3))
    assert lead.tries == {"connected": 1, "later": 1}
    assert (lead.last_outcome, lead.last_disposition) == ("connected", "later")
    assert lead.next_at == row.ended_at + timedelta(hours=2) if row.ended_at else False
    assert (customer.contacts, customer.last_outcome) == (1, "connected")
    whats = [event.what for event in history(store, attempt.attempt_id)]
    assert whats == ["placed", "ended", "corrected"]
    assert [(key, m["outcome"]) for key, m in out(store).items()] == [("ended", "connected")]

    assert tell(talked(attempt, "sale"), inferred) == Recorded(repeated=2)


@pytest.mark.parametrize(("reason", "later"), [(EndReason.REFUSED, 0), (EndReason.BUSY, 9)])
def test_a_call_that_was_never_sent_ends_no_later_than_it_was_looked_for(
    store: Store,
    attempt: Attempt,
    inferred: AttemptEnded,
    ended: Ended,
    tell: Tell,
    reason: EndReason,
    later: int,
) -> None:
    """Its worker stood still, and found only then that it must not send it: its number may have
    been called again meanwhile."""
    tell(inferred)
    woken = inferred.ended_at + timedelta(seconds=9)
    tell(ended(attempt, Outcome.FAILED, reason=reason, ended_at=woken))
    row = attempts.show(store, attempt.attempt_id)
    assert (row.outcome, row.reason) == ("failed", reason)
    assert row.ended_at == inferred.ended_at + timedelta(seconds=later)


def test_a_filing_counts_after_the_correction(
    attempt: Attempt,
    inferred: AttemptEnded,
    talked: Ended,
    tell: Tell,
    lead_of: Callable[[Attempt], Lead],
) -> None:
    tell(inferred)
    at = attempt.placed_at + timedelta(seconds=20)
    filed = AttemptDisposed(attempt.attempt_id, inferred.lead_id, at, "ann", "sale")
    assert tell(talked(attempt, "no-disposition"), filed) == Recorded(disposed=1, corrected=1)
    lead = lead_of(attempt)
    assert (lead.state, lead.last_disposition) == (LeadState.DONE, "sale")
    assert lead.tries == {"connected": 1, "sale": 1}


def test_a_message_that_may_be_out_is_followed_by_a_further_one(
    store: Store, attempt: Attempt, inferred: AttemptEnded, talked: Ended, tell: Tell
) -> None:
    tell(inferred)
    spread(store, lambda message: ["crm"])
    tell(talked(attempt))
    [(key, payload)] = out(store).items()
    assert (key, payload["outcome"]) == ("ended-corrected", "connected")
    assert payload["attempt_id"] == str(attempt.attempt_id)


def test_both_in_one_batch_leave_one_message(
    store: Store, attempt: Attempt, inferred: AttemptEnded, talked: Ended, tell: Tell
) -> None:
    assert tell(inferred, talked(attempt)) == Recorded(ended=1, corrected=1)
    assert [(key, m["outcome"]) for key, m in out(store).items()] == [("ended", "connected")]


def test_a_lead_that_is_called_again_stays_where_it_is(
    store: Store,
    lease: Lease,
    campaign: Campaign,
    attempt: Attempt,
    inferred: AttemptEnded,
    talked: Ended,
    tell: Tell,
    place: Callable[..., list[Attempt]],
    lead_of: Callable[[Attempt], Lead],
    customer_of: Callable[[Attempt], Customer],
) -> None:
    tell(inferred)
    candidate = Candidate(inferred.lead_id, inferred.number)
    [again] = place(lease, campaign, [candidate], at=attempt.placed_at + timedelta(days=2))
    tell(talked(attempt))
    assert lead_of(again).state == LeadState.DIALLING
    assert lead_of(again).last_attempt_id == again.attempt_id
    assert customer_of(again).contacts == 1
    assert attempts.show(store, attempt.attempt_id).outcome == "connected"


def test_a_conversation_that_is_known_stays_whoever_saw_the_end_without_it(
    store: Store,
    attempt: Attempt,
    ended: Ended,
    talked: Ended,
    tell: Tell,
    lead_of: Callable[[Attempt], Lead],
    customer_of: Callable[[Attempt], Customer],
) -> None:
    """Two workers had the call: one connected it, the other one saw it end and took it for
    abandoned."""
    assert tell(talked(attempt, "later", reason=EndReason.PBX_LOST)) == Recorded(ended=1)
    seen = ended(attempt, Outcome.ABANDONED, ended_at=attempt.placed_at + timedelta(seconds=6))
    assert tell(seen) == Recorded(corrected=1)
    row = attempts.show(store, attempt.attempt_id)
    assert (row.outcome, row.disposition, row.reason) == ("connected", "later", "hung_up")
    assert (row.agent, row.ended_at) == ("ann", seen.ended_at)
    assert lead_of(attempt).tries == {"connected": 1, "later": 1}
    assert customer_of(attempt).contacts == 1
    assert [(key, m["outcome"]) for key, m in out(store).items()] == [("ended", "connected")]


def test_a_conversation_that_was_only_noted_counts_as_well(
    store: Store,
    campaign: Campaign,
    attempt: Attempt,
    ended: Ended,
    tell: Tell,
    customer_of: Callable[[Attempt], Customer],
) -> None:
    at = attempt.placed_at + timedelta(seconds=5)
    tell(AttemptNoted(attempt.attempt_id, at, "talking", "ann"))
    tell(ended(attempt, Outcome.ABANDONED))
    row = attempts.show(store, attempt.attempt_id)
    filed = campaign.default_disposition or "connected"
    assert (row.outcome, row.disposition, row.connected_at) == ("connected", filed, at)
    assert row.agent == "ann"
    assert customer_of(attempt).contacts == 1


@pytest.mark.parametrize("reason", [EndReason.HUNG_UP, EndReason.PBX_LOST])
def test_a_conversation_that_is_told_late_counts(
    store: Store,
    attempt: Attempt,
    ended: Ended,
    talked: Ended,
    tell: Tell,
    lead_of: Callable[[Attempt], Lead],
    customer_of: Callable[[Attempt], Customer],
    reason: EndReason,
) -> None:
    """Its worker stood still until it was over; the next one has seen the end alone."""
    seen = ended(attempt, Outcome.NO_ANSWER, reason=EndReason.HUNG_UP)
    late = talked(attempt, "later", reason=reason, ended_at=seen.ended_at + timedelta(seconds=9))
    assert tell(seen) == Recorded(ended=1)
    assert tell(late) == Recorded(corrected=1)
    row = attempts.show(store, attempt.attempt_id)
    assert (row.outcome, row.disposition, row.reason) == ("connected", "later", "hung_up")
    assert row.ended_at == (late if reason is EndReason.HUNG_UP else seen).ended_at
    assert (row.agent, row.connected_at) == ("ann", late.connected_at)
    assert lead_of(attempt).tries == {"connected": 1, "later": 1}
    assert customer_of(attempt).contacts == 1
    assert tell(late, seen) == Recorded(repeated=2)


def test_so_does_an_answer_that_found_nobody(
    store: Store, attempt: Attempt, ended: Ended, tell: Tell
) -> None:
    """The guard counts what was abandoned."""
    heard = attempt.placed_at + timedelta(seconds=4)
    assert tell(ended(attempt, Outcome.NO_ANSWER, reason=EndReason.HUNG_UP)) == Recorded(ended=1)
    assert tell(ended(attempt, Outcome.ABANDONED, answered_at=heard)) == Recorded(corrected=1)
    assert attempts.show(store, attempt.attempt_id).outcome == "abandoned"


def test_each_correction_is_told(
    store: Store, attempt: Attempt, inferred: AttemptEnded, ended: Ended, talked: Ended, tell: Tell
) -> None:
    told = []
    for result in (inferred, ended(attempt, Outcome.NO_ANSWER), talked(attempt)):
        tell(result)
        told += [(key, payload["outcome"]) for key, payload in out(store).items()]
        spread(store, lambda message: ["crm"])
    assert told == [
        ("ended", "lost"),
        ("ended-corrected", "no_answer"),
        ("ended-corrected-2", "connected"),
    ]
    assert broken(store) == {}


def test_one_that_nobody_has_taken_is_put_right(
    store: Store, attempt: Attempt, inferred: AttemptEnded, ended: Ended, talked: Ended, tell: Tell
) -> None:
    tell(inferred)
    spread(store, lambda message: ["crm"])
    tell(ended(attempt, Outcome.NO_ANSWER))
    tell(talked(attempt))
    assert [(key, m["outcome"]) for key, m in out(store).items()] == [
        ("ended-corrected", "connected")
    ]


def test_what_is_told_last_is_so_whatever_was_filed_before(
    store: Store, attempt: Attempt, ended: Ended, talked: Ended, tell: Tell
) -> None:
    """The filing had told the result as it was then."""
    seen = ended(attempt, Outcome.NO_ANSWER)
    at = seen.ended_at + timedelta(seconds=9)
    tell(seen)
    tell(AttemptDisposed(attempt.attempt_id, seen.lead_id, at, "ann", "sale"))
    tell(talked(attempt))
    *_, (key, payload) = out(store).items()
    assert (key, payload["outcome"], payload["disposition"]) == (
        "ended-corrected",
        "connected",
        "sale",
    )
