"""What the hopper is offered: due leads in the campaign's order, and when there are more."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text, update

from campaigns.effects import AttemptEnded
from campaigns.leads import Attempt, Candidate
from campaigns.outcomes import Outcome
from campaigns.rules import LeadFacts, why_not
from campaigns.spec.campaign import Campaign
from storage import dnc, leads
from storage.candidates import candidates, due_leads, next_due, soonest
from storage.engine import Store
from storage.errors import NotThere
from storage.ids import new_id
from storage.imports import import_leads
from storage.lead_rows import NewLead
from storage.leases import Lease
from storage.record import record
from storage.selection.condition import moments
from storage.tables.people import LEADS, LeadState

MakeCampaign = Callable[..., Campaign]
NONE_HELD: frozenset[Any] = frozenset()
OFFICE_HOURS = {"timezone": "customer", "hours": [{"from": "09:00", "to": "20:00"}]}


def put(store: Store, now: datetime, *given: tuple[int, int], zones: str = "Europe/Berlin") -> None:
    """Leads as (last digit, priority), in this order."""
    these = [NewLead(f"+49301000000{n}", priority=p, zones=(zones,)) for n, p in given]
    import_leads(store, "first", these, now)


def order_of(found: list[Candidate]) -> str:
    return "".join(candidate.number[-1] for candidate in found)


def set_due(store: Store, digit: int, at: datetime) -> None:
    with store.writing() as connection:
        lead = LEADS.c.number == f"+49301000000{digit}"
        connection.execute(update(LEADS).where(lead).values(next_at=at))


@pytest.mark.parametrize(
    ("order", "expected"), [("priority", "31524"), ("fifo", "12345"), ("lifo", "54321")]
)
def test_the_campaigns_order(
    store: Store, make_campaign: MakeCampaign, now: datetime, order: str, expected: str
) -> None:
    put(store, now, (1, 5), (2, 0), (3, 9), (4, -1), (5, 5))
    campaign = make_campaign(leads={"list": "first", "order": order})
    assert order_of(candidates(store, campaign, 9, NONE_HELD, now)) == expected
    assert order_of(candidates(store, campaign, 2, NONE_HELD, now)) == expected[:2]


def test_within_a_priority_who_has_been_due_the_longest(
    store: Store, campaign: Campaign, now: datetime
) -> None:
    put(store, now, (1, 0), (2, 0), (3, 1))
    set_due(store, 2, now - timedelta(hours=1))
    assert order_of(candidates(store, campaign, 9, NONE_HELD, now)) == "321"


def test_a_candidate_carries_what_pacing_and_assignment_need(
    store: Store, campaign: Campaign, now: datetime
) -> None:
    lead = NewLead("+493010000001", priority=4, segment="gold", skills=("zh",), zones=("UTC",))
    import_leads(store, "first", [lead], now)
    [found] = candidates(store, campaign, 9, NONE_HELD, now)
    assert found == Candidate(found.lead_id, "+493010000001", 4, "gold", frozenset({"zh"}))


def test_leads_that_wait_are_due_on_the_dot(
    store: Store, campaign: Campaign, now: datetime
) -> None:
    put(store, now, (1, 0))
    due = now + timedelta(hours=1)
    set_due(store, 1, due)
    assert candidates(store, campaign, 9, NONE_HELD, due - timedelta(microseconds=1)) == []
    assert next_due(store, campaign, now) == due
    assert order_of(candidates(store, campaign, 9, NONE_HELD, due)) == "1"


def test_what_the_hopper_holds_is_left_out(store: Store, campaign: Campaign, now: datetime) -> None:
    put(store, now, *[(n, 0) for n in range(1, 8)])
    held = frozenset(c.lead_id for c in candidates(store, campaign, 3, NONE_HELD, now))
    assert order_of(candidates(store, campaign, 3, held, now)) == "456"
    assert next_due(store, campaign, now, held) == now
    everything = frozenset(c.lead_id for c in candidates(store, campaign, 9, NONE_HELD, now))
    assert candidates(store, campaign, 3, everything, now) == []
    assert next_due(store, campaign, now, everything) is None


def test_leads_that_want_skills_of_which_there_are_plenty_are_left_out(
    store: Store, campaign: Campaign, now: datetime
) -> None:
    both, one = ("de", "tr"), ("tr",)
    wanted: list[tuple[str, ...]] = [both, one, ("tr", "de"), ()]
    zones = ("UTC",)
    rows = [NewLead(f"+49301000000{n}", skills=s, zones=zones) for n, s in enumerate(wanted)]
    import_leads(store, "first", rows, now)
    plenty = frozenset({frozenset(both)})
    assert order_of(candidates(store, campaign, 9, NONE_HELD, now, plenty)) == "13"


def test_numbers_not_to_be_called_are_no_candidates(
    store: Store, campaign: Campaign, now: datetime
) -> None:
    put(store, now, (1, 0), (2, 0), (3, 0), (4, 0))
    dnc.add(store, ["+493010000001"], now)
    dnc.add(store, ["+493010000002"], now, scope=campaign.name)
    dnc.add(store, ["+493010000003"], now, scope="another")
    dnc.add(store, ["+493010000004"], now, expires_at=now + timedelta(hours=1))
    assert order_of(candidates(store, campaign, 9, NONE_HELD, now)) == "3"
    later = now + timedelta(hours=1)
    assert order_of(candidates(store, campaign, 9, NONE_HELD, later)) == "34"
    assert dnc.remove(store, "+493010000001")
    assert order_of(candidates(store, campaign, 9, NONE_HELD, later)) == "134"


def test_only_zones_that_are_open_now(
    store: Store, make_campaign: MakeCampaign, now: datetime
) -> None:
    campaign = make_campaign(windows=OFFICE_HOURS)
    put(store, now, (1, 0), zones="Europe/Berlin")  # 11:00
    put(store, now, (2, 9), zones="America/New_York")  # 05:00
    put(store, now, (3, 9), zones="No/Such_Zone")
    import_leads(store, "first", [NewLead("+493010000004")], now)  # no zone is known
    both = NewLead("+493010000005", zones=("Europe/Berlin", "America/New_York"))
    import_leads(store, "first", [both], now)
    assert order_of(candidates(store, campaign, 9, NONE_HELD, now)) == "1"
    afternoon = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)  # 15:00 in Berlin, 09:00 in New York
    assert order_of(candidates(store, campaign, 9, NONE_HELD, afternoon)) == "215"
    night = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
    assert candidates(store, campaign, 9, NONE_HELD, night) == []


def test_the_campaigns_own_zone_stands_for_all(
    store: Store, make_campaign: MakeCampaign, now: datetime
) -> None:
    put(store, now, (1, 0), zones="No/Such_Zone")
    here = {"timezone": "Europe/Berlin", "hours": [{"from": "09:00", "to": "20:00"}]}
    campaign = make_campaign(windows=here)
    assert order_of(candidates(store, campaign, 9, NONE_HELD, now)) == "1"
    evening = datetime(2026, 11, 20, 19, 0, tzinfo=UTC)
    assert candidates(store, campaign, 9, NONE_HELD, evening) == []
    assert next_due(store, campaign, evening) == datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def test_finished_and_waiting_are_not_the_same(
    store: Store, make_campaign: MakeCampaign, now: datetime
) -> None:
    campaign = make_campaign(windows=OFFICE_HOURS)
    assert next_due(store, campaign, now) is None
    put(store, now, (3, 0), zones="No/Such_Zone")
    assert next_due(store, campaign, now) is None  # it would never be called
    put(store, now, (2, 0), zones="America/New_York")
    assert next_due(store, campaign, now) == datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
    put(store, now, (1, 0))
    assert next_due(store, campaign, now) == now
    with store.writing() as connection:
        connection.execute(update(LEADS).values(attempts_total=8))
    assert next_due(store, campaign, now) is None
    with store.writing() as connection:
        connection.execute(update(LEADS).values(attempts_total=0, state=LeadState.DONE.value))
    assert next_due(store, campaign, now) is None


def test_a_lead_that_is_being_dialled_may_come_back(
    store: Store,
    lease: Lease,
    campaign: Campaign,
    fill: Callable[..., list[Candidate]],
    place: Callable[..., list[Attempt]],
    ended: Callable[..., AttemptEnded],
    now: datetime,
) -> None:
    [attempt] = place(lease, campaign, fill(campaign))
    soon = next_due(store, campaign, now)
    assert soon
    assert now < soon <= now + timedelta(seconds=5)
    record(store, lease, campaign, [ended(attempt, Outcome.BUSY)])
    assert next_due(store, campaign, now) == attempt.placed_at + timedelta(seconds=10 + 600)


def test_the_facts_of_a_lead(store: Store, campaign: Campaign, now: datetime) -> None:
    put(store, now, (1, 0))
    dnc.add(store, ["+493010000001"], now)
    [lead] = leads.find(store, "+493010000001")
    facts = leads.facts(store, campaign, lead.id, now)
    assert facts == LeadFacts(
        state="ready",
        next_at=now,
        zones=("Europe/Berlin",),
        do_not_call=True,
        selected=True,
        twin=False,
        attempts_total=0,
        placed=(),
        last_attempt_at=None,
        live_elsewhere=False,
    )
    assert (why_not(facts, campaign, now) or "").startswith("do_not_call: ")
    with pytest.raises(NotThere):
        leads.facts(store, campaign, new_id(), now)


def test_a_hundred_thousand_leads_are_read_along_an_index(
    postgres_store: Store, make_campaign: MakeCampaign, now: datetime
) -> None:
    store = postgres_store
    with store.writing() as connection:
        connection.execute(text("TRUNCATE leads, customers CASCADE"))
        connection.execute(text(MANY_CUSTOMERS), {"now": now})
        connection.execute(text(MANY_LEADS), {"now": now})
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    for order in ("priority", "score", "fifo", "lifo", "newest"):
        campaign = make_campaign(leads={"list": "first", "order": order})
        query = due_leads(campaign, "first", now).limit(50)
        told = explained(store, query, campaign, now)
        assert "ix_leads_by_" in told, told
        assert "Seq Scan on leads" not in told, told
        assert "Sort" not in told, told
        assert len(candidates(store, campaign, 50, NONE_HELD, now)) == 50
    for filter_ in (None, "attempts = 0"):  # who is due next: the first of each zone, not all
        campaign = make_campaign(leads={"list": "first", "filter": filter_})
        query = soonest(campaign, "first", now, NONE_HELD)
        told = explained(store, query, campaign, now)
        assert "ix_leads_by_zones" in told, told
        assert "Seq Scan on leads" not in told, told
        assert "Sort" not in told, told


def explained(store: Store, query: Any, campaign: Campaign, now: datetime) -> str:
    query = query.params(moments(campaign.leads.filter, now))
    with store.reading() as connection:
        sql = query.compile(connection, compile_kwargs={"literal_binds": True})
        return "\n".join(connection.exec_driver_sql(f"EXPLAIN {sql}").scalars())


MANY_CUSTOMERS = """
INSERT INTO customers (id, number, name, external_ref, created_at, updated_at, idle_since,
                       last_outcome, last_disposition, contacts, do_not_call)
SELECT gen_random_uuid(), '+49301' || lpad(n::text, 7, '0'), '', '',
       :now, :now, :now, '', '', 0, false
FROM generate_series(1, 100000) n
"""
MANY_LEADS = """
INSERT INTO leads (id, list_name, customer_id, number, name, rank, segment, skills, zones,
                   external_ref, fields, state, next_at, tries, attempts_total, last_outcome,
                   last_disposition, created_at)
SELECT gen_random_uuid(), 'first', id, number, '', -(random() * 5)::int, '', '[]',
       'Europe/Berlin', '', '{}', 'ready', :now - random() * interval '1 hour', '{}', 0, '', '',
       :now
FROM customers
"""
