"""Calls that come in: who gets them, what they come to, and what a successor finds of them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from campaigns.arrivals import Admitted, Arrival, InboundOutcome, OpenInbound
from campaigns.effects import (
    AgentChanged,
    AgentState,
    Effect,
    InboundDisposed,
    InboundEnded,
    InboundNoted,
)
from campaigns.leads import Candidate
from campaigns.orders import CampaignState
from campaigns.spec.campaign import Campaign
from connectors.calls import EndReason
from storage import agents, campaigns, dnc, leads
from storage.admissions import Admissions, admit
from storage.agent_states import known_agents
from storage.agents import NewAgent
from storage.dbtime import db_time
from storage.engine import Store
from storage.errors import LeaseLapsed, LeaseLost
from storage.ids import new_id
from storage.inbound import Callers, callers_today, open_inbound, page, waiting_calls
from storage.invariants.check import broken
from storage.leases import Lease, acquire
from storage.lines import served_already
from storage.record import record
from storage.reports import report
from storage.sweep import without_worker
from storage.tables.campaigns import LEASES

LINES = {"inbound": {"lines": ["support"]}}
Fill = Callable[..., list[Candidate]]
CALLER = "+49301000001"


@pytest.fixture
def campaign(make_campaign: Callable[..., Campaign]) -> Campaign:
    return make_campaign(**LINES)


@pytest.fixture
def came(now: datetime) -> Callable[..., Arrival]:
    def arrive(caller: str = "", line: str = "support", at: datetime = now) -> Arrival:
        return Arrival(new_id(), "main", line, caller, at)

    return arrive


Came = Callable[..., Arrival]
Tell = Callable[..., Any]


def talking(arrival: Arrival) -> InboundNoted:
    at = arrival.at + timedelta(seconds=5)
    return InboundNoted(arrival.call_id, at, "talking", "ann", "2026/11/20/x")


def over(arrival: Arrival, outcome: InboundOutcome, seconds: float = 60, **parts: Any) -> Effect:
    result: dict[str, Any] = {
        "call_id": arrival.call_id,
        "outcome": outcome,
        "disposition": outcome.value,
        "reason": EndReason.HUNG_UP,
        "cause": "16",
        "ended_at": arrival.at + timedelta(seconds=seconds),
    }
    return InboundEnded(**(result | parts))


def filed(arrival: Arrival, disposition: str, seconds: float = 30) -> InboundDisposed:
    return InboundDisposed(
        arrival.call_id, arrival.at + timedelta(seconds=seconds), "ann", disposition, "nice"
    )


def test_an_arrival_is_committed_with_the_lead_of_its_caller(
    store: Store, lease: Lease, campaign: Campaign, fill: Fill, came: Came
) -> None:
    [lead] = fill(campaign)
    known, unknown = came(lead.number), came("")
    admitted = admit(store, lease, campaign, 1, [known, unknown])
    assert admitted == Admissions([Admitted(known, lead.lead_id), Admitted(unknown)], [])
    assert open_inbound(store, campaign.name) == [
        OpenInbound(Admitted(known, lead.lead_id)),
        OpenInbound(Admitted(unknown)),
    ]


def test_asked_again_the_answer_is_the_same_until_the_call_is_over(
    store: Store, lease: Lease, campaign: Campaign, came: Came, tell: Tell
) -> None:
    arrival = came()
    first = admit(store, lease, campaign, 1, [arrival])
    assert admit(store, lease, campaign, 1, [arrival]) == first
    tell(over(arrival, InboundOutcome.GIVEN_UP))
    assert admit(store, lease, campaign, 1, [arrival]) == Admissions([], [arrival.call_id])
    assert len(page(store, campaign.name)) == 1


def test_of_two_campaigns_exactly_one_gets_each_call(
    store: Store,
    make_campaign: Callable[..., Campaign],
    run: Callable[..., Lease],
    came: Came,
) -> None:
    both = [make_campaign(name=name, **LINES) for name in ("spring", "summer")]
    leases = [run(campaign, campaign.name) for campaign in both]
    arrivals = [came() for _ in range(20)]
    with ThreadPoolExecutor(2) as threads:
        found = threads.map(
            lambda n: [admit(store, leases[n], both[n], 1, [each]) for each in arrivals], (0, 1)
        )
    mine, others = list(found)
    for one, other in zip(mine, others, strict=True):
        assert len(one.calls) + len(other.calls) == 1
        assert len(one.others) + len(other.others) == 1
    assert len(page(store, limit=100)) == 20


def test_who_was_taken_over_admits_nobody(
    store: Store, lease: Lease, campaign: Campaign, came: Came
) -> None:
    with store.writing() as connection:
        connection.execute(update(LEASES).values(expires_at=db_time()))
    with pytest.raises(LeaseLapsed):
        admit(store, lease, campaign, 1, [came()])
    assert acquire(store, campaign.name, "successor")
    with pytest.raises(LeaseLost):
        admit(store, lease, campaign, 1, [came()])
    assert page(store) == []


def test_a_paused_campaign_admits(
    store: Store, lease: Lease, campaign: Campaign, came: Came, now: datetime
) -> None:
    campaigns.set_wanted(store, campaign.name, CampaignState.PAUSED, now)
    assert len(admit(store, lease, campaign, 1, [came()]).calls) == 1


def test_a_call_has_one_result_and_a_successor_finds_the_others(
    store: Store, lease: Lease, campaign: Campaign, came: Came, tell: Tell
) -> None:
    done, going_on, waiting = came(), came(), came()
    admit(store, lease, campaign, 1, [done, going_on, waiting])
    tell(talking(done), talking(going_on))
    answered = over(done, InboundOutcome.ANSWERED, connected_at=talking(done).at, agent="ann")
    tell(answered)
    tell(over(done, InboundOutcome.GIVEN_UP, 90), talking(done))
    kept = next(row for row in page(store) if row.id == done.call_id)
    assert (kept.outcome, kept.state, kept.ended_at) == (
        "answered", "ended", done.at + timedelta(seconds=60)
    )  # fmt: skip
    assert (kept.agent, kept.recording, kept.connected_at) == (
        "ann", "2026/11/20/x", talking(done).at
    )  # fmt: skip
    assert open_inbound(store, campaign.name) == [
        OpenInbound(Admitted(going_on), "talking", talking(going_on).at, "ann", "2026/11/20/x"),
        OpenInbound(Admitted(waiting)),
    ]
    assert waiting_calls(store, campaign.name) == 1
    assert broken(store) == {}


def test_a_result_that_was_seen_replaces_one_that_was_inferred(
    store: Store, lease: Lease, campaign: Campaign, came: Came, tell: Tell
) -> None:
    arrival = came()
    admit(store, lease, campaign, 1, [arrival])
    tell(over(arrival, InboundOutcome.LOST, reason=EndReason.PBX_LOST))
    tell(over(arrival, InboundOutcome.GIVEN_UP, 20))
    tell(over(arrival, InboundOutcome.LOST, reason=EndReason.PBX_LOST))
    [row] = page(store)
    assert (row.outcome, row.reason) == ("given_up", "hung_up")


@pytest.mark.parametrize("reason", [EndReason.HUNG_UP, EndReason.PBX_LOST])
def test_a_conversation_that_is_told_late_counts(
    store: Store,
    lease: Lease,
    campaign: Campaign,
    came: Came,
    tell: Tell,
    now: datetime,
    reason: EndReason,
) -> None:
    """Its worker stood still until it was over; the next one has seen the end alone."""
    arrival, talked = came(), now + timedelta(seconds=5)
    admit(store, lease, campaign, 1, [arrival])
    seen = over(arrival, InboundOutcome.GIVEN_UP, 20)
    tell(seen)
    outcome = InboundOutcome.ANSWERED
    told = over(arrival, outcome, 25, reason=reason, connected_at=talked, agent="ann")
    tell(told)
    tell(seen)
    [row] = page(store)
    assert (row.outcome, row.reason, row.agent) == ("answered", "hung_up", "ann")
    assert (row.connected_at, row.ended_at) == (
        talked,
        now + timedelta(seconds=20 if reason is EndReason.PBX_LOST else 25),
    )
    assert broken(store) == {}


def test_what_an_agent_files_stays_whenever_it_is_told(
    store: Store, lease: Lease, campaign: Campaign, came: Came, tell: Tell
) -> None:
    arrival = came()
    admit(store, lease, campaign, 1, [arrival])
    tell(filed(arrival, "later"))
    tell(over(arrival, InboundOutcome.ANSWERED, disposition="answered"))
    assert page(store)[0].disposition == "later"
    tell(filed(arrival, "sale", 70))
    tell(filed(arrival, "later"))
    [row] = page(store)
    assert (row.disposition, row.note, row.agent) == ("sale", "nice", "ann")


@pytest.mark.parametrize(
    ("disposition", "state"), [("sale", "done"), ("later", "ready"), ("never", "suppressed")]
)
def test_what_is_filed_may_end_the_callers_lead_and_never_dials_it(
    store: Store,
    lease: Lease,
    campaign: Campaign,
    fill: Fill,
    came: Came,
    tell: Tell,
    disposition: str,
    state: str,
) -> None:
    [lead] = fill(campaign)
    arrival = came(lead.number)
    admit(store, lease, campaign, 1, [arrival])
    before = leads.show(store, lead.lead_id)
    tell(filed(arrival, disposition))
    after = leads.show(store, lead.lead_id)
    assert after.state == state
    assert (after.next_at, after.attempts_total) == (before.next_at, before.attempts_total)
    assert bool(dnc.check(store, lead.number)) == (disposition == "never")


def test_who_is_on_the_do_not_call_list_may_call(
    store: Store, lease: Lease, campaign: Campaign, fill: Fill, came: Came, now: datetime
) -> None:
    [lead] = fill(campaign)
    with store.writing() as connection:
        dnc.put(connection, [lead.number], now, "asked")
    assert len(admit(store, lease, campaign, 1, [came(lead.number)]).calls) == 1


def test_figures_of_the_day_and_of_the_report(
    store: Store, lease: Lease, campaign: Campaign, came: Came, tell: Tell, now: datetime
) -> None:
    yesterday = came(at=now - timedelta(days=1))
    short, long, gave_up, out, waits = (came() for _ in range(5))
    every = [yesterday, short, long, gave_up, out, waits]
    admit(store, lease, campaign, 1, every)
    for arrival, wait in ((short, 4), (long, 40)):
        at = arrival.at + timedelta(seconds=wait)
        tell(over(arrival, InboundOutcome.ANSWERED, 100, connected_at=at, agent="ann"))
    tell(over(gave_up, InboundOutcome.GIVEN_UP), over(yesterday, InboundOutcome.GIVEN_UP))
    tell(over(out, InboundOutcome.WAITED_OUT))
    assert callers_today(store, campaign, now) == {"answered": 2, "given_up": 1, "waited_out": 1}
    made = report(store, campaign, now + timedelta(hours=1), now - timedelta(hours=1))
    assert made.inbound == Callers(
        calls=5, answered=2, given_up=1, waited_out=1, open=1, wait_p50=4, wait_longest=40
    )
    assert made.attempts == made.connected == 0
    assert made.abandonment == 0.0


def test_the_agent_of_an_inbound_call_is_known_as_such(
    store: Store, lease: Lease, campaign: Campaign, fill: Fill, came: Came, now: datetime
) -> None:
    agents.add(store, NewAgent("ann", "1001", teams=("sales",)), now)
    [lead] = fill(campaign)
    arrival = came(lead.number)
    admit(store, lease, campaign, 1, [arrival])
    leg, call = UUID(int=7), arrival.call_id
    talks = AgentChanged("ann", now, AgentState.TALKING, "", call, leg_id=leg)
    record(store, lease, campaign, [talks, talking(arrival)])
    [ann] = known_agents(store, campaign.name)
    assert (ann.attempt_id, ann.lead_id, ann.inbound) == (call, lead.lead_id, True)


def test_a_campaign_with_an_open_inbound_call_needs_a_worker(
    store: Store, lease: Lease, campaign: Campaign, came: Came, now: datetime
) -> None:
    admit(store, lease, campaign, 1, [came()])
    campaigns.set_wanted(store, campaign.name, CampaignState.STOPPED, now)
    campaigns.note_actual(store, campaign.name, CampaignState.STOPPED, now)
    with store.writing() as connection:
        connection.execute(update(LEASES).values(expires_at=db_time(-5)))
    assert without_worker(store) == [campaign.name]


def test_a_line_that_another_campaign_serves_is_told(
    store: Store, make_campaign: Callable[..., Campaign], run: Callable[..., Lease], now: datetime
) -> None:
    taken = make_campaign(name="spring", **LINES)
    same = partial(make_campaign, name="summer")
    run(taken)
    assert served_already(store, taken) == ""
    assert "line 'support' of PBX 'main' is served by campaign 'spring', which is running" in (
        served_already(store, same(**LINES))
    )
    assert served_already(store, same()) == ""
    assert served_already(store, same(inbound={"lines": ["sales"]})) == ""
    campaigns.set_wanted(store, "spring", CampaignState.STOPPED, now)
    assert served_already(store, same(**LINES)) == ""
