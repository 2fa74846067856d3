"""The queries that must come back empty find what they look for: here the rows are forged."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from campaigns.effects import AttemptEnded
from campaigns.leads import Attempt, Candidate
from campaigns.outcomes import Outcome
from campaigns.spec.campaign import Campaign
from storage.engine import Store
from storage.invariants import broken
from storage.leases import Lease
from storage.record import record
from storage.reports import report
from storage.tables.attempts import ATTEMPTS
from storage.tables.people import LEADS

DOUBLE = "a number is on one call at a time"


@pytest.fixture
def three(
    store: Store,
    lease: Lease,
    campaign: Campaign,
    fill: Callable[..., list[Candidate]],
    place: Callable[..., list[Attempt]],
    ended: Callable[..., AttemptEnded],
) -> list[Attempt]:
    """Attempts on three numbers at once, each ten seconds long; a fourth is still live."""
    *over, _ = placed = place(lease, campaign, fill(campaign, 4))
    record(store, lease, campaign, [ended(attempt, Outcome.BUSY) for attempt in over])
    return placed[:3]


def forge(store: Store, attempt: Attempt, **values: Any) -> None:
    with store.writing() as connection:
        this = ATTEMPTS.c.id == attempt.attempt_id
        connection.execute(update(ATTEMPTS).where(this).values(**values))


def test_all_is_well(store: Store, three: list[Attempt]) -> None:
    assert len(three) == 3
    assert broken(store) == {}


def test_double_dials(
    store: Store, campaign: Campaign, three: list[Attempt], now: datetime
) -> None:
    first, second, third = three
    number = first.order.candidate.number
    forge(store, second, number=number, placed_at=now + timedelta(seconds=10))
    assert broken(store) == {}  # the first ended at 10: back to back is fine
    forge(store, second, placed_at=now + timedelta(seconds=9.999999))
    assert broken(store) == {DOUBLE: 1}
    forge(store, second, placed_at=now)
    forge(store, third, number=number)
    assert broken(store) == {DOUBLE: 2}
    assert report(store, campaign, now).double_dials == 2
    assert report(store, campaign, now, since=now + timedelta(seconds=1)).double_dials == 0


def test_a_token_that_fell(store: Store, three: list[Attempt]) -> None:
    forge(store, three[1], token=2)
    # the third, and the one that is still live, came after it with the lower token
    assert broken(store) == {"no attempt under a token lower than one already seen": 2}
    forge(store, three[1], campaign="another")
    assert broken(store) == {}


@pytest.mark.parametrize("column", ["outcome", "disposition"])
def test_an_end_without_a_result(store: Store, three: list[Attempt], column: str) -> None:
    forge(store, three[0], **{column: ""})
    assert broken(store) == {"an attempt that has ended has its result": 1}


def test_leads_and_attempts_that_do_not_agree(store: Store, three: list[Attempt]) -> None:
    with store.writing() as connection:
        connection.execute(update(LEADS).values(state="dialling"))
    assert broken(store) == {"a lead that is being dialled has a live attempt": 3}
    with store.writing() as connection:
        connection.execute(update(LEADS).values(state="ready"))
    assert broken(store) == {"the lead of a live attempt is being dialled": 1}


def test_a_result_without_an_end(store: Store, three: list[Attempt]) -> None:
    forge(store, three[0], ended_at=None)
    assert broken(store) == {
        "an attempt that has a result has ended": 1,
        "the lead of a live attempt is being dialled": 1,
    }
