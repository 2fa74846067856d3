"""Calls on the timeline of their customer, and what came of them as a CRM tells it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from campaigns.effects import AttemptEnded, Effect
from campaigns.leads import Attempt, Candidate
from campaigns.outcomes import Outcome
from campaigns.spec.campaign import Campaign
from connectors.calls import EndReason
from storage import attempts, dnc, leads
from storage.customers import changes, look, timeline
from storage.customers.calls import CallResult, NotOver, put_result
from storage.customers.given import GivenCustomer
from storage.engine import Store
from storage.errors import NotThere, Refused
from storage.invariants.check import broken
from storage.leases import Lease
from storage.record import record
from storage.tables.inbound import INBOUND_CALLS
from storage.tables.people import Lead, LeadState
from storage.tables.records import OUTBOX
from tests.storage.customers.conftest import BY, Told

MINUTE = timedelta(minutes=1)


@pytest.fixture
def ended(
    site: Store,
    lease: Lease,
    campaign: Campaign,
    attempt: Attempt,
    talked: Callable[..., AttemptEnded],
) -> Attempt:
    """A conversation that nobody has filed."""
    record(site, lease, campaign, [talked(attempt, "later")])
    return attempt


def lead_of(site: Store, attempt: Attempt) -> Lead:
    return leads.show(site, attempt.order.candidate.lead_id)


def messages(site: Store) -> list[Any]:
    with site.reading() as connection:
        return list(connection.execute(select(OUTBOX).order_by(OUTBOX.c.id)))


def result(attempt: Attempt, at: datetime, **parts: Any) -> CallResult:
    return CallResult(attempt.attempt_id, at, **parts)


def test_a_result_is_filed_as_an_agents_and_told(
    site: Store, ended: Attempt, now: datetime
) -> None:
    told = result(
        ended, now + MINUTE, disposition="sale", intent="A", note="客户要合同", agent="ann"
    )
    assert put_result(site, told, BY)
    row = attempts.show(site, ended.attempt_id)
    assert (row.disposition, row.intent, row.note, row.disposed_at) == (
        "sale", "A", "客户要合同", now + MINUTE,
    )  # fmt: skip
    assert lead_of(site, ended).state == LeadState.DONE
    last = messages(site)[-1]
    assert (last.kind, last.payload["intent"], last.payload["disposition"]) == (
        "attempt.disposed", "A", "sale",
    )  # fmt: skip
    found = look.get(site, lead_of(site, ended).customer_id)
    assert (found["intent"], found["last_disposition"]) == ("A", "sale")
    intent, filed = changes.of_customer(site, found["id"])
    assert (intent.change.what, intent.change.new, intent.by) == ("intent", "A", BY)
    assert (filed.change.what, filed.by) == ("call_result", BY)
    assert filed.change.old is None, "nobody had filed it"
    its = {"attempt_id": str(ended.attempt_id), "campaign": "autumn"}
    assert filed.change.new == {**its, "disposition": "sale", "intent": "A"}
    assert broken(site) == {}


def test_a_result_that_comes_again_or_late_changes_nothing(
    site: Store, ended: Attempt, now: datetime
) -> None:
    told = result(ended, now + MINUTE, disposition="sale", intent="A")
    assert put_result(site, told, BY)
    before = messages(site)
    assert not put_result(site, told, BY)
    assert not put_result(site, result(ended, now + 2 * MINUTE, disposition="sale"), BY)
    assert not put_result(site, result(ended, now, disposition="later", intent="C"), BY)
    assert messages(site) == before
    assert put_result(site, result(ended, now + 2 * MINUTE, intent="B"), BY)
    assert put_result(site, result(ended, now + 3 * MINUTE, agent="bob"), BY)
    assert not put_result(site, result(ended, now + 4 * MINUTE, agent="bob"), BY)
    row = attempts.show(site, ended.attempt_id)
    assert (row.disposition, row.intent, row.agent) == ("sale", "B", "bob")


def test_who_must_not_be_called_any_more_is_listed(
    site: Store, ended: Attempt, now: datetime
) -> None:
    put_result(site, result(ended, now + MINUTE, disposition="never"), BY)
    assert dnc.check(site, ended.order.candidate.number)
    assert lead_of(site, ended).state == LeadState.SUPPRESSED
    customer = lead_of(site, ended).customer_id
    assert look.get(site, customer)["do_not_call"]
    assert "do_not_call" in [c.change.what for c in changes.of_customer(site, customer)]


def test_what_the_site_does_not_know_is_refused(site: Store, ended: Attempt, now: datetime) -> None:
    for parts, why in (
        ({"disposition": "sold"}, "expected one of the campaign's: sale, later, never"),
        ({"intent": "Z"}, "intent: expected one of A, B, C"),
    ):
        with pytest.raises(Refused, match=why):
            put_result(site, result(ended, now + MINUTE, **parts), BY)
    with pytest.raises(NotThere):
        put_result(site, CallResult(uuid4(), now, "sale"), BY)


def test_a_call_that_is_not_over_has_no_result(
    site: Store, attempt: Attempt, now: datetime
) -> None:
    with pytest.raises(NotOver):
        put_result(site, result(attempt, now, disposition="sale"), BY)


def test_calls_out_and_in_are_on_the_timeline_in_one_order(
    site: Store, ended: Attempt, now: datetime, tell: Told
) -> None:
    number = ended.order.candidate.number
    customer = lead_of(site, ended).customer_id
    tell(GivenCustomer("C-1", numbers=(number,), stage="potential"), at=now + 5 * MINUTE)
    row = {
        "id": uuid4(), "campaign": "autumn", "campaign_version": 1, "node": "main", "line": "in",
        "caller": number, "token": 1, "state": "ended", "arrived_at": now + 3 * MINUTE,
        "outcome": "answered", "disposition": "sale", "reason": "", "cause": "", "note": "回电",
    }  # fmt: skip
    with site.writing() as connection:
        connection.execute(INBOUND_CALLS.insert(), row)
    found = timeline.page(site, customer)
    assert [entry.kind for entry in found] == ["stage", "inbound_call", "call"]
    assert found[1].facts["note"] == "回电"
    call = found[2].facts
    assert (call["disposition"], call["agent"], call["number"]) == ("later", "ann", number)
    assert found[2].id == ended.attempt_id


def test_a_conversation_counts_as_a_follow_up(site: Store, ended: Attempt, now: datetime) -> None:
    found = look.get(site, lead_of(site, ended).customer_id)
    row = attempts.show(site, ended.attempt_id)
    assert found["last_follow_up_at"] == found["idle_since"] == row.connected_at


def test_who_listens_hears_of_results(
    site: Store,
    lease: Lease,
    campaign: Campaign,
    attempt: Attempt,
    ended_as: Callable[..., Effect],
) -> None:
    heard = list[set[UUID]]()
    site.listeners.append(lambda customers: heard.append(set(customers)))
    record(site, lease, campaign, [ended_as(attempt, Outcome.BUSY)])
    site.listeners.clear()
    assert heard == [{lead_of(site, attempt).customer_id}]


@pytest.fixture
def ended_as() -> Callable[..., AttemptEnded]:
    """The result of an attempt, ten seconds after it was placed."""

    def end(attempt: Attempt, outcome: Outcome) -> AttemptEnded:
        candidate: Candidate = attempt.order.candidate
        return AttemptEnded(
            attempt.attempt_id, candidate.lead_id, candidate.number, outcome, str(outcome),
            EndReason.BUSY, "17", "", attempt.placed_at, attempt.placed_at + MINUTE,
        )  # fmt: skip

    return end
