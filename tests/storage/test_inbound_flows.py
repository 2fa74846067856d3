"""What callers do in the flow of their line: kept, carried out, and apart from placed calls."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from campaigns.arrivals import Admitted, Arrival, InboundOutcome, OpenInbound
from campaigns.effects import Effect, InboundEnded, InboundNoted
from campaigns.flow.needs import Ask, Needs
from campaigns.flow_effects import (
    CallbackWanted,
    OptedOut,
    QuestionAnswered,
    StepLeft,
    VoiceKept,
)
from campaigns.leads import Candidate, Particulars
from campaigns.spec.campaign import Campaign
from connectors.calls import EndReason
from storage import campaigns, dnc, hooks, leads
from storage.admissions import admit
from storage.campaigns import Unreadable
from storage.candidates import candidates
from storage.claims import claim
from storage.engine import Store
from storage.errors import NotThere
from storage.flow_answers import CAME_IN, PLACED, Question, surveyed
from storage.ids import new_id
from storage.inbound import open_inbound, page, waiting_calls
from storage.invariants.check import broken
from storage.leases import Lease
from storage.mended import number_of
from storage.record import record
from storage.reports import report
from storage.tables.flows import FLOW_ANSWERS, FLOW_RECORDINGS, FLOW_STEPS
from storage.tables.inbound import InboundRow
from storage.tables.lists import EVERYWHERE
from storage.tables.people import LEADS, LeadState
from storage.told_answers import put_answer
from tests.storage.test_flows import FLOW
from workers.heeding import ANSWERED

NEEDS = Needs(
    "line",
    frozenset({"number", "first_name"}),
    frozenset({Ask()}),
    60.0,
    {("line", "ask"): "visit", ("line", "more"): "again"},
)
Came = Callable[..., Arrival]
Tell = Callable[..., Any]
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


@pytest.fixture
def campaign(make_campaign: Callable[..., Campaign]) -> Campaign:
    return make_campaign(inbound={"lines": ["service"], "flow": "line"}, attempts={"per_lead": 3})


@pytest.fixture
def came(store: Store, lease: Lease, campaign: Campaign, now: datetime) -> Came:
    """Somebody has called in, and is admitted."""

    def arrive(caller: str = "") -> Arrival:
        arrival = Arrival(new_id(), "main", "service", caller, now)
        admit(store, lease, campaign, 1, [arrival], NEEDS)
        return arrival

    return arrive


def over(arrival: Arrival, outcome: InboundOutcome, filed: str = "", **parts: Any) -> InboundEnded:
    ended_at = arrival.at + 60 * SECOND
    said = filed or outcome.value
    return InboundEnded(arrival.call_id, outcome, said, EndReason.HUNG_UP, "16", ended_at, **parts)


def row(store: Store, arrival: Arrival) -> InboundRow:
    return next(row for row in page(store) if row.id == arrival.call_id)


def lead_of(store: Store, candidate: Candidate) -> Any:
    return leads.show(store, candidate.lead_id)


# --- what a flow is told --------------------------------------------------------------------------


def test_a_flow_is_told_of_a_lead_and_of_strangers_their_number_alone(
    store: Store, lease: Lease, campaign: Campaign, fill: Any, now: datetime
) -> None:
    [lead] = fill(campaign, zones=("Europe/Berlin",), fields={"first_name": "Ada", "tags": "vip"})
    callers = (lead.number, "+442079460000", "")
    arrivals = [Arrival(new_id(), "main", "service", caller, now) for caller in callers]
    told = [
        Particulars({"first_name": "Ada", "number": lead.number}, ("vip",), ("Europe/Berlin",)),
        Particulars({"number": "+442079460000"}),
        Particulars(tags=("withheld",)),
    ]
    ids = [lead.lead_id, None, None]
    admitted = [Admitted(*each) for each in zip(arrivals, ids, told, strict=True)]
    assert admit(store, lease, campaign, 1, arrivals, NEEDS).calls == admitted
    assert admit(store, lease, campaign, 1, arrivals, NEEDS).calls == admitted, "asked again"
    left = open_inbound(store, campaign.name, NEEDS)
    assert {each.admitted.arrival.caller: each.admitted for each in left} == {
        each.arrival.caller: each for each in admitted
    }


def test_a_successor_knows_how_far_a_caller_had_got(
    store: Store, campaign: Campaign, came: Came, tell: Tell
) -> None:
    goes, asks = came("+442079460001"), came("+442079460002")
    at = asks.at + 5 * SECOND
    tell(InboundNoted(goes.call_id, goes.at, "flow"), InboundNoted(asks.call_id, at, "asking"))
    assert waiting_calls(store, campaign.name) == 1, "who goes through a flow waits for nobody"
    found = {left.admitted.arrival.call_id: left for left in open_inbound(store, campaign.name)}
    assert found[goes.call_id] == OpenInbound(Admitted(goes), "flow")
    assert found[asks.call_id] == OpenInbound(Admitted(asks), "asking", asked_at=at)
    tell(InboundNoted(asks.call_id, at + 20 * SECOND, "flow"))
    tell(InboundNoted(asks.call_id, at + 30 * SECOND, "asking"))
    assert row(store, asks).asked_at == at, "the first time"


# --- what they ask for ----------------------------------------------------------------------------


def test_an_opt_out_is_on_the_list_at_once_and_the_lead_is_dialled_no_more(
    store: Store,
    lease: Lease,
    campaign: Campaign,
    fill: Any,
    order_for: Any,
    came: Came,
    tell: Tell,
    now: datetime,
) -> None:
    [lead] = fill(campaign)
    arrival = came(lead.number)
    wish = OptedOut(arrival.call_id, now)
    tell(wish)
    tell(wish, OptedOut(arrival.call_id, now + SECOND))
    [entry] = dnc.check(store, lead.number)
    assert entry.source == "opted out in a flow of campaign autumn, calling in"
    assert (entry.scope, entry.expires_at) == (EVERYWHERE, None)
    assert row(store, arrival).opted_out_at == now
    assert lead_of(store, lead).state == LeadState.SUPPRESSED
    assert candidates(store, campaign, 5, frozenset(), now) == []
    claimed = claim(store, lease, campaign, 1, [order_for(lead)], now)
    assert claimed.attempts == []
    assert broken(store) == {}


def test_who_is_on_no_list_is_put_on_the_do_not_call_list_all_the_same(
    store: Store, came: Came, tell: Tell, now: datetime
) -> None:
    arrival = came("+442079460000")
    tell(OptedOut(arrival.call_id, now))
    assert len(dnc.check(store, "+442079460000")) == 1


def test_an_opt_out_from_a_hidden_number_is_told_and_counted(
    store: Store,
    campaign: Campaign,
    came: Came,
    tell: Tell,
    now: datetime,
    caplog: pytest.LogCaptureFixture,
) -> None:
    arrival = came("")
    with caplog.at_level(logging.WARNING):
        tell(OptedOut(arrival.call_id, now))
        tell(OptedOut(arrival.call_id, now))  # as after a takeover
    assert caplog.text.count("the number is not known") == 1
    assert dnc.check(store, "") == []
    found = report(store, campaign, now + HOUR).inbound
    assert (found.opted_out, found.without_number) == (1, 1)


def test_one_who_is_being_dialled_right_now_is_left_to_that_attempt(
    store: Store,
    lease: Lease,
    campaign: Campaign,
    fill: Any,
    place: Any,
    came: Came,
    tell: Tell,
    now: datetime,
) -> None:
    [lead] = fill(campaign)
    place(lease, campaign, [lead])
    arrival = came(lead.number)
    tell(OptedOut(arrival.call_id, now), CallbackWanted(arrival.call_id, now, now + HOUR))
    assert lead_of(store, lead).state == LeadState.DIALLING
    assert len(dnc.check(store, lead.number)) == 1


def test_who_wants_to_be_called_back_is_due_then(
    store: Store, campaign: Campaign, fill: Any, came: Came, tell: Tell, now: datetime
) -> None:
    first, done, used_up, suppressed = fill(campaign, 4)
    states = {done: LeadState.DONE, used_up: LeadState.DONE, suppressed: LeadState.SUPPRESSED}
    with store.writing() as connection:
        for lead, state in states.items():
            of = update(LEADS).where(LEADS.c.id == lead.lead_id)
            connection.execute(of.values(state=state.value))
        of = update(LEADS).where(LEADS.c.id == used_up.lead_id)
        connection.execute(of.values(attempts_total=3))
    callers = [came(lead.number) for lead in (first, done, used_up, suppressed)]
    due = now + 5 * HOUR
    tell(*(CallbackWanted(each.call_id, now, due) for each in callers))
    stranger = came("+442079460000")
    tell(CallbackWanted(stranger.call_id, now, due))
    found = {lead: lead_of(store, lead) for lead in (first, *states)}
    assert [found[lead].state for lead in (first, *states)] == [
        LeadState.READY,
        LeadState.READY,
        LeadState.DONE,
        LeadState.SUPPRESSED,
    ]
    assert (found[first].next_at, found[done].next_at) == (due, due)
    assert row(store, stranger).callback_at == due
    assert report(store, campaign, now + HOUR).inbound.callback == 5


@pytest.mark.parametrize(
    ("filed", "state", "listed"),
    [
        ("sale", LeadState.DONE, 0),
        ("later", LeadState.READY, 0),
        ("never", LeadState.SUPPRESSED, 1),
        ("", LeadState.READY, 0),
    ],
)
def test_what_a_flow_files_a_call_under_may_be_a_reason_to_stop(
    store: Store,
    campaign: Campaign,
    fill: Any,
    came: Came,
    tell: Tell,
    filed: str,
    state: LeadState,
    listed: int,
) -> None:
    [lead] = fill(campaign)
    arrival = came(lead.number)
    tell(over(arrival, InboundOutcome.HEARD, filed))
    assert lead_of(store, lead).state == state
    assert len(dnc.check(store, lead.number)) == listed
    assert row(store, arrival).disposition == (filed or "heard")


def test_a_default_is_nobodys_word_and_a_call_back_stands_above_a_final_disposition(
    store: Store, campaign: Campaign, fill: Any, came: Came, tell: Tell, now: datetime
) -> None:
    talked, wishes = fill(campaign, 2)
    tell(over(came(talked.number), InboundOutcome.ANSWERED, "sale", agent="ann", connected_at=now))
    arrival = came(wishes.number)
    tell(CallbackWanted(arrival.call_id, now, now + HOUR))
    tell(over(arrival, InboundOutcome.HEARD, "sale"))
    assert lead_of(store, talked).state == lead_of(store, wishes).state == LeadState.READY


# --- what is kept, and apart ----------------------------------------------------------------------


def said(call_id: UUID, answer: str, at: datetime, question: str = "visit") -> QuestionAnswered:
    return QuestionAnswered(call_id, at, "line", question, answer)


def test_answers_steps_and_recordings_are_kept_once_and_of_no_other_campaigns_calls(
    store: Store, came: Came, tell: Tell, now: datetime
) -> None:
    arrival = came("+442079460000")
    told: list[Effect] = []
    for call_id in (arrival.call_id, uuid4()):
        told += [
            said(call_id, "good", now),
            StepLeft(call_id, now, "line", "ask", "next", "1"),
            VoiceKept(call_id, now, "line", "say", f"dialplane-flows/line/{call_id}"),
        ]
    tell(*told)
    tell(*told)
    with store.reading() as connection:
        for table in (FLOW_ANSWERS, FLOW_STEPS, FLOW_RECORDINGS):
            rows = connection.execute(select(table.c.attempt_id)).scalars().all()
            assert rows == [arrival.call_id]


def test_callers_answers_are_in_no_figure_of_the_calls_that_were_placed(
    store: Store,
    run: Callable[..., Lease],
    make_campaign: Callable[..., Campaign],
    fill: Any,
    place: Any,
    now: datetime,
) -> None:
    lines = {"inbound": {"lines": ["service"], "flow": "line"}}
    ivr = make_campaign(name="ivr", mode="ivr", flow="line", **lines)
    lease = run(ivr)
    [attempt] = place(lease, ivr, fill(ivr))
    arrival = Arrival(new_id(), "main", "service", "+442079460000", now)
    admit(store, lease, ivr, 1, [arrival], NEEDS)
    told: list[Effect] = [
        said(attempt.attempt_id, "good", now),
        said(arrival.call_id, "bad", now),
        said(arrival.call_id, "yes", now, "again"),
        StepLeft(attempt.attempt_id, now, "line", "more", "no_input"),
        StepLeft(arrival.call_id, now, "line", "ask", "next", "2"),
        StepLeft(arrival.call_id, now, "line", "more", "next", "1"),
        OptedOut(arrival.call_id, now),
        InboundNoted(arrival.call_id, now + 5 * SECOND, "asking"),
        over(arrival, InboundOutcome.ANSWERED, agent="ann", connected_at=now + 9 * SECOND),
    ]
    record(store, lease, ivr, told)
    until = now + HOUR
    placed, came_in = (surveyed(store, "ivr", NEEDS, until, of=of) for of in (PLACED, CAME_IN))
    assert (placed.calls, placed.whole, placed.partly) == (1, 0, 1)
    assert placed.questions == {"visit": Question({"good": 1}), "again": Question({}, 1)}
    assert (came_in.calls, came_in.whole, came_in.partly) == (1, 1, 0)
    assert came_in.questions == {"visit": Question({"bad": 1}), "again": Question({"yes": 1})}
    made = report(store, ivr, until)
    assert made.answers == {"visit": {"good": 1}}
    assert made.inbound.answers == {"visit": {"bad": 1}, "again": {"yes": 1}}
    assert (made.inbound.asked, made.inbound.opted_out, made.inbound.without_number) == (1, 1, 0)
    assert made.inbound.wait_longest == 4, "from when an agent was asked for"
    assert (made.asked, made.heard, made.abandoned) == (0, 0, 0)
    assert broken(store) == {}


def test_an_answer_that_a_pbx_has_posted_is_kept_for_a_caller(
    store: Store, campaign: Campaign, came: Came, tell: Tell, now: datetime
) -> None:
    arrival = came("+442079460000")
    for answer, seconds in (("good", 5), ("bad", 9999)):
        hooks.keep(store, "main", str(uuid4()), ANSWERED, {})
        *_, hook = hooks.take(store)
        assert put_answer(store, hook, said(arrival.call_id, answer, now + seconds * SECOND))
        tell(over(arrival, InboundOutcome.HEARD))
    assert report(store, campaign, now + HOUR).inbound.answers == {"visit": {"bad": 1}}
    with store.reading() as connection:
        at = connection.execute(select(FLOW_ANSWERS.c.at)).scalar_one()
    assert at == arrival.at + 60 * SECOND, "not after the call"


def test_a_caller_is_known_by_the_number_for_what_a_pbx_posts(store: Store, came: Came) -> None:
    assert number_of(store, came("+442079460000").call_id) == "+442079460000"
    for call_id in (came("").call_id, uuid4()):
        with pytest.raises(NotThere):
            number_of(store, call_id)


# --- versions -------------------------------------------------------------------------------------


def test_a_campaign_keeps_the_flow_of_its_lines(
    store: Store, make_campaign: Callable[..., Campaign], now: datetime
) -> None:
    spec = make_campaign(inbound={"lines": ["service"], "flow": "survey"})
    campaigns.apply(store, spec, "", now, {"survey": FLOW})
    stored = campaigns.get(store, spec.name)
    assert stored.needs() is None
    needs = stored.inbound_needs()
    assert needs is not None
    assert (needs.flow, needs.wait) == ("survey", 30.0)
    campaigns.apply(store, spec, "", now, {"other": FLOW.replace("name: survey", "name: other")})
    with pytest.raises(Unreadable, match="flow 'survey'"):
        campaigns.get(store, spec.name).inbound_needs()
