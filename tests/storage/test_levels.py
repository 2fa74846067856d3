"""Levels of intent that a campaign reads from what its calls are filed under."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from campaigns.effects import AttemptDisposed, AttemptEnded, Effect
from campaigns.leads import Attempt
from campaigns.outcomes import Outcome
from campaigns.spec.campaign import Campaign
from storage import attempts, leads
from storage.customers import changes, look
from storage.customers.calls import CallResult, put_result
from storage.customers.changes import By
from storage.engine import Store
from storage.record import Recorded
from storage.tables.records import OUTBOX

BY = By("api:crm", "crm")
MINUTE = timedelta(minutes=1)
FILED = [
    {"name": "sale", "success": True, "intent": "A"},
    {"name": "later", "final": False, "intent": "C", "retry": {"attempts": 3, "delay": "2h"}},
    {"name": "busy-now"},
]


@pytest.fixture
def campaign(make_campaign: Callable[..., Campaign]) -> Campaign:
    return make_campaign(dispositions=FILED)


def filed(attempt: Attempt, disposition: str, at: datetime, note: str = "") -> AttemptDisposed:
    lead = attempt.order.candidate.lead_id
    return AttemptDisposed(attempt.attempt_id, lead, at, "ann", disposition, note)


def levels(store: Store, attempt: Attempt) -> tuple[str | None, str | None]:
    """Of the call, and of the customer."""
    lead = leads.show(store, attempt.order.candidate.lead_id)
    assert lead.customer_id is not None
    told = look.get(store, lead.customer_id)["intent"]
    return attempts.show(store, attempt.attempt_id).intent, told


def noted(store: Store, attempt: Attempt) -> list[tuple[str, Any, Any]]:
    lead = leads.show(store, attempt.order.candidate.lead_id)
    assert lead.customer_id is not None
    found = changes.of_customer(store, lead.customer_id)
    return [
        (each.change.what, each.change.old, each.change.new)
        for each in reversed(found)
        if each.change.what in ("intent", "call_result")
    ]


def told(store: Store) -> list[tuple[str, str | None]]:
    with store.reading() as connection:
        query = select(OUTBOX.c.payload).order_by(OUTBOX.c.id)
        return [(p["disposition"], p["intent"]) for p in connection.execute(query).scalars()]


@pytest.mark.parametrize("when", ["during the call", "after it"])
def test_an_agents_disposition_tells_the_level(
    store: Store,
    attempt: Attempt,
    tell: Callable[..., Recorded],
    talked: Callable[..., AttemptEnded],
    when: str,
) -> None:
    over = talked(attempt, "later")
    word = filed(attempt, "sale", over.ended_at - timedelta(seconds=3), "客户要合同")
    effects = [word, over] if when == "during the call" else [over, word]
    for each in effects:
        tell(each)
    assert levels(store, attempt) == ("A", "A")
    assert told(store)[-1] == ("sale", "A")
    intent, result = noted(store, attempt)
    assert intent == ("intent", None, "A")
    assert (result[2]["disposition"], result[2]["intent"]) == ("sale", "A")


def test_what_nobody_has_filed_tells_none(
    store: Store,
    attempt: Attempt,
    tell: Callable[..., Recorded],
    talked: Callable[..., AttemptEnded],
) -> None:
    tell(talked(attempt, "later"))
    assert levels(store, attempt) == (None, None)


def test_a_flows_disposition_tells_the_level_with_the_result(
    store: Store,
    attempt: Attempt,
    tell: Callable[..., Recorded],
    ended: Callable[..., Effect],
) -> None:
    tell(ended(attempt, Outcome.HEARD, disposition="sale"))
    assert levels(store, attempt) == ("A", "A")
    assert told(store) == [("sale", "A")]
    assert [what for what, _, _ in noted(store, attempt)] == ["intent", "call_result"]


def test_so_does_one_that_replaces_a_result_which_knew_of_no_answer(
    store: Store,
    attempt: Attempt,
    tell: Callable[..., Recorded],
    ended: Callable[..., Effect],
) -> None:
    tell(ended(attempt, Outcome.NO_ANSWER))
    heard = {"disposition": "sale", "answered_at": attempt.placed_at + timedelta(seconds=4)}
    for _ in range(2):
        tell(ended(attempt, Outcome.HEARD, **heard))
    assert levels(store, attempt) == ("A", "A")
    assert told(store) == [("sale", "A")]
    assert [what for what, _, _ in noted(store, attempt)] == ["intent", "call_result"]


def test_the_last_word_counts_and_one_that_tells_none_leaves_the_level(
    store: Store,
    attempt: Attempt,
    tell: Callable[..., Recorded],
    talked: Callable[..., AttemptEnded],
    now: datetime,
) -> None:
    tell(talked(attempt, "later"))
    tell(filed(attempt, "sale", now + MINUTE), filed(attempt, "later", now + 2 * MINUTE))
    assert levels(store, attempt) == ("C", "C")
    tell(filed(attempt, "busy-now", now + 3 * MINUTE))
    assert levels(store, attempt) == ("C", "C")
    assert [old for what, old, _ in noted(store, attempt) if what == "intent"] == [None, "A"]


def test_a_level_that_is_told_itself_stands_above_the_dispositions(
    store: Store,
    attempt: Attempt,
    tell: Callable[..., Recorded],
    talked: Callable[..., AttemptEnded],
    now: datetime,
) -> None:
    tell(talked(attempt, "later"))
    by_crm = CallResult(attempt.attempt_id, now + MINUTE, disposition="sale", intent="B")
    assert put_result(store, by_crm, BY)
    assert levels(store, attempt) == ("B", "B")
    assert put_result(store, CallResult(attempt.attempt_id, now + 2 * MINUTE, note="再谈"), BY)
    assert levels(store, attempt) == ("B", "B"), "a note alone is no new disposition"
    assert put_result(store, CallResult(attempt.attempt_id, now + 3 * MINUTE, "later"), BY)
    assert levels(store, attempt) == ("C", "C")
