"""A campaign with a filter goes along its list step by step, and misses nobody on the way."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_mock_engine, delete, update

from campaigns.leads import Candidate
from campaigns.spec.campaign import Campaign
from storage import walking
from storage.candidates import candidates
from storage.engine import Store
from storage.imports import import_leads
from storage.lead_rows import NewLead
from storage.tables.people import CUSTOMERS, LEADS, LeadState
from storage.walking import PASS, Place, Walk, between

HIGH = 'stage = "high-intent"'
FIRST = "+4930100000"
A_MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def short_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "STEP", 3)


def lead(number: int, **more: Any) -> NewLead:
    return NewLead(f"{FIRST}{number:02}", zones=("Europe/Berlin",), **more)


def put(store: Store, now: datetime, count: int, *, first: int = 0, priority: int = 0) -> None:
    new = [lead(n, priority=priority) for n in range(first, first + count)]
    import_leads(store, "first", new, now)


def mean(store: Store, *numbers: int, at: datetime, stage: str = "high-intent") -> None:
    """As the one place does where customers change."""
    with store.writing() as connection:
        these = update(CUSTOMERS).where(CUSTOMERS.c.number.in_([f"{FIRST}{n:02}" for n in numbers]))
        connection.execute(these.values(stage=stage, updated_at=at))


def fall_due(store: Store, number: int, at: datetime) -> None:
    with store.writing() as connection:
        this = update(LEADS).where(LEADS.c.number == f"{FIRST}{number:02}")
        connection.execute(this.values(next_at=at))


def dial(store: Store, found: list[Candidate]) -> None:
    ids = [candidate.lead_id for candidate in found]
    with store.writing() as connection:
        done = update(LEADS).where(LEADS.c.id.in_(ids))
        connection.execute(done.values(state=LeadState.DONE.value))


def numbers(found: list[Candidate]) -> list[int]:
    return [int(candidate.number[-2:]) for candidate in found]


@pytest.fixture
def high(make_campaign: Callable[..., Campaign]) -> Campaign:
    return make_campaign(leads={"list": "first", "filter": HIGH, "order": "fifo"})


def ask(store: Store, campaign: Campaign, walk: Walk, now: datetime, limit: int = 2) -> list[int]:
    found = candidates(store, campaign, limit, frozenset(), now, walk=walk)
    dial(store, found)
    return numbers(found)


@pytest.mark.parametrize("order", ["fifo", "lifo", "priority", "score", "newest"])
def test_it_goes_on_where_it_stopped_in_the_campaigns_order(
    store: Store, make_campaign: Callable[..., Campaign], now: datetime, order: str
) -> None:
    put(store, now, 20)
    meant = (1, 2, 3, 11, 19)
    mean(store, *meant, at=now - A_MINUTE)
    campaign = make_campaign(leads={"list": "first", "filter": HIGH, "order": order})
    wanted = numbers(candidates(store, campaign, 99, frozenset(), now))
    assert sorted(wanted) == list(meant)
    walk, found = Walk(), list[int]()
    for _ in range(20):
        found += ask(store, campaign, walk, now)
        if walk.is_through:
            break
    assert found == wanted


def test_a_refill_passes_by_no_more_than_its_steps(
    store: Store, high: Campaign, now: datetime
) -> None:
    put(store, now, 20)
    mean(store, 19, at=now - A_MINUTE)
    walk = Walk()
    for _ in range(6):  # three leads each time
        assert ask(store, high, walk, now) == []
        assert not walk.is_through
    assert ask(store, high, walk, now) == [19]
    assert walk.is_through
    assert ask(store, high, walk, now) == []
    assert not walk.is_through


def test_what_it_has_passed_by_is_found_as_soon_as_it_is_meant(
    store: Store, high: Campaign, now: datetime
) -> None:
    put(store, now, 20)
    mean(store, 19, at=now - A_MINUTE)
    fall_due(store, 1, now + A_MINUTE)
    mean(store, 1, at=now - A_MINUTE)
    walk = Walk()
    assert ask(store, high, walk, now) == []
    mean(store, 0, at=now)  # the CRM has moved this one on
    assert ask(store, high, walk, now) == [0]
    later = now + A_MINUTE  # and this one asked to be called then
    assert ask(store, high, walk, later) == [1]
    assert [ask(store, high, walk, later) for _ in range(4)] == [[], [], [], [19]]


def test_what_lies_ahead_does_not_go_before_what_is_next(
    store: Store, make_campaign: Callable[..., Campaign], now: datetime
) -> None:
    """New leads of a low priority wait for their turn."""
    put(store, now, 12, priority=5)
    mean(store, *range(12), at=now - A_MINUTE)
    campaign = make_campaign(leads={"list": "first", "filter": HIGH})
    walk = Walk()
    assert ask(store, campaign, walk, now) == [0, 1]
    put(store, now, 3, first=50)
    mean(store, 50, 51, 52, at=now)
    asked = [ask(store, campaign, walk, now, limit=10) for _ in range(5)]
    assert asked == [[2, 3, 4], [5, 6, 7], [8, 9, 10], [11, 50, 51], [52]]


def test_who_is_left_for_the_next_refill_is_not_passed_by(
    store: Store, make_campaign: Callable[..., Campaign], now: datetime
) -> None:
    """A refill finds as many as it asks for on each list of a mix, and takes few of each; and who
    asked to be called back takes the places of others."""
    long_ago = now - 60 * A_MINUTE
    put(store, long_ago, 12)
    import_leads(store, "second", [lead(n) for n in range(50, 62)], long_ago)
    mean(store, *range(12), *range(50, 62), at=long_ago)
    with store.writing() as connection:
        these = update(LEADS).where(LEADS.c.number.in_([f"{FIRST}10", f"{FIRST}11"]))
        connection.execute(these.values(callback_at=long_ago))
    mix = {"first": "50%", "second": "50%"}
    campaign = make_campaign(leads={"mix": mix, "filter": HIGH, "order": "fifo"})
    walk, found = Walk(), list[int]()
    for _ in range(8):
        found += ask(store, campaign, walk, now, limit=3)
    assert found[:2] == [10, 11]
    assert [n for n in found[2:] if n < 50] == list(range(10))
    assert [n for n in found if n >= 50] == list(range(50, 62))


def test_after_half_an_hour_it_begins_at_the_top(
    store: Store, high: Campaign, now: datetime
) -> None:
    """Nothing tells of what comes to be meant by time alone."""
    put(store, now - 60 * A_MINUTE, 20)
    walk = Walk()
    assert ask(store, high, walk, now) == []
    mean(store, 0, at=now - timedelta(days=1))
    assert ask(store, high, walk, now + A_MINUTE) == []
    assert ask(store, high, walk, now + PASS + A_MINUTE) == [0]


def test_what_was_passed_by_for_its_skills_or_zone_is_met_as_that_changes(
    store: Store, make_campaign: Callable[..., Campaign], now: datetime
) -> None:
    new = [lead(n, skills=("zh",) if n == 0 else ()) for n in range(20)]
    import_leads(store, "first", new, now)
    mean(store, 0, at=now - A_MINUTE)
    campaign = make_campaign(leads={"list": "first", "filter": HIGH, "order": "fifo"})
    walk, chinese = Walk(), frozenset([frozenset(["zh"])])
    assert candidates(store, campaign, 2, frozenset(), now, chinese, walk) == []
    assert numbers(candidates(store, campaign, 2, frozenset(), now, walk=walk)) == [0]
    other = campaign.model_copy(
        update={"leads": campaign.leads.model_copy(update={"order": "lifo"})}
    )
    assert walk.places["first"].setting != (HIGH, "lifo", None)
    assert numbers(candidates(store, other, 2, frozenset(), now, walk=walk)) == []
    assert walk.places["first"].setting[1] == "lifo"  # type: ignore[index]


def test_a_step_is_a_range_of_the_orders_index(now: datetime) -> None:
    order: Any = (LEADS.c.rank, LEADS.c.next_at, LEADS.c.id)
    place = Place((), now, now, after=(0, now, UUID(int=1)))
    sql = str(
        between(order, place, (5, now, UUID(int=2))).compile(
            dialect=create_mock_engine("postgresql+psycopg://", print).dialect
        )
    )
    key = "(leads.rank, leads.next_at, leads.id)"
    assert sql.startswith(f"{key} > (")
    assert f" AND {key} <= (" in sql
    assert "NOT" not in sql


def test_who_is_due_next_is_not_read_again_at_once_where_that_takes_long(now: datetime) -> None:
    walk, quick, long = Walk(), timedelta(milliseconds=2), timedelta(seconds=10)
    assert walk.known_due("spring", now) is None
    walk.read_due("spring", now + 60 * A_MINUTE, now, quick)
    assert walk.known_due("spring", now + timedelta(seconds=1)) is None
    walk.read_due("spring", now + 60 * A_MINUTE, now, long)
    assert walk.known_due("spring", now + A_MINUTE) == now + 60 * A_MINUTE
    assert walk.known_due("changed", now + A_MINUTE) is None
    assert walk.known_due("spring", now + 9 * A_MINUTE) is None
    walk.read_due("spring", now + A_MINUTE, now, long)
    assert walk.known_due("spring", now + A_MINUTE) is None  # who was due may be gone
    walk.read_due("spring", None, now, long)
    assert walk.known_due("spring", now) is None  # nobody is left: that is always read


HAPPENS: dict[str, Callable[[Store, int, datetime], None]] = {
    "mean": lambda store, number, at: mean(store, number, at=at),
    "unmean": lambda store, number, at: mean(store, number, at=at, stage="won"),
    "due": fall_due,
    "later": lambda store, number, at: fall_due(store, number, at + timedelta(seconds=40)),
    "add": lambda store, number, at: put(store, at, 1, first=number),
    "wait": lambda *_: None,
}
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["ask", "ask", *HAPPENS]),
        st.integers(0, 24),
    ),
    max_size=25,
)


@pytest.mark.parametrize("examples", [5, pytest.param(60, marks=pytest.mark.long)])
def test_whatever_happens_on_the_way_nobody_is_missed_and_nobody_else_is_found(
    store: Store, make_campaign: Callable[..., Campaign], now: datetime, examples: int
) -> None:
    @settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(events=EVENTS, order=st.sampled_from(["fifo", "lifo", "priority", "newest"]))
    def whatever_happens(events: list[tuple[str, int]], order: str) -> None:
        leads = {"list": "first", "filter": HIGH, "order": order}
        _happens(store, make_campaign(leads=leads), now, events)

    whatever_happens()


def _happens(
    store: Store, campaign: Campaign, now: datetime, events: list[tuple[str, int]]
) -> None:
    with store.writing() as connection:
        connection.execute(delete(LEADS))
        connection.execute(update(CUSTOMERS).values(stage=None, updated_at=now - A_MINUTE))
    put(store, now, 20)
    mean(store, 3, 17, at=now - A_MINUTE)
    walk, at = Walk(), now
    for what, number in events:
        at += A_MINUTE if what == "wait" else timedelta(seconds=1)
        meant = numbers(candidates(store, campaign, 99, frozenset(), at))
        if what == "ask":
            assert set(ask(store, campaign, walk, at)) <= set(meant)
        else:
            HAPPENS[what](store, number, at)
    at += A_MINUTE
    left = set(numbers(candidates(store, campaign, 99, frozenset(), at)))
    found: set[int] = set()
    for _ in range(40):  # two passes of at most 25 leads, 3 a time, and what was found
        found |= set(ask(store, campaign, walk, at))
    assert found == left
