"""Customers who call in: talking with them is seeing to them, and what their calls are filed under
is heard by rules and CRMs."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from campaigns.arrivals import Arrival, InboundOutcome
from campaigns.effects import AttemptDisposed, Effect, InboundDisposed, InboundEnded
from campaigns.leads import Attempt
from campaigns.spec.campaign import Campaign
from connectors.calls import EndReason
from storage.admissions import admit
from storage.customers.changes import of_customer
from storage.ids import new_id
from storage.leases import Lease
from storage.record import record
from tests.storage.rules.conftest import NUMBER, RuledSite

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SOLD = """\
rules:
  - {name: sold, when: {call: {disposition: sale}}, do: [{tag: 来电成交}]}
  - {name: any, when: {call: {}}, do: [{tag: 有结果}]}
"""
Tell = Callable[..., Any]


@pytest.fixture
def campaign(make_campaign: Callable[..., Campaign]) -> Campaign:
    return make_campaign(inbound={"lines": ["service"]})


@pytest.fixture
def calls_in(site: RuledSite, lease: Lease, campaign: Campaign) -> Callable[..., Arrival]:
    def call(number: str = NUMBER) -> Arrival:
        came = Arrival(new_id(), "main", "service", number, site.at)
        admit(site.store, lease, campaign, 1, [came])
        return came

    return call


def over(call: Arrival, outcome: InboundOutcome, disposition: str, reason: Any = None) -> Effect:
    talked = call.at + MINUTE if outcome is InboundOutcome.ANSWERED else None
    reason = reason or EndReason.HUNG_UP
    return InboundEnded(
        call.call_id, outcome, disposition, reason, "16", call.at + 2 * MINUTE, talked, "ann"
    )


def filed(call: Arrival, disposition: str) -> Effect:
    return InboundDisposed(call.call_id, call.at + 3 * MINUTE, "ann", disposition, "客户来电下单")


def test_what_an_agent_files_of_a_caller_is_heard_once(
    site: RuledSite, calls_in: Callable[..., Arrival], tell: Tell
) -> None:
    site.rules(SOLD)
    wang = site.tell(stage="potential")
    site.heed()
    call = calls_in()
    told = [over(call, InboundOutcome.ANSWERED, "answered"), filed(call, "sale")]
    for effect in (*told, *told):
        tell(effect)
    assert site.heed(tells=True) == 2
    found = site.customer(wang)
    assert (found["last_disposition"], found["tags"]) == ("sale", {"来电成交", "有结果"})
    assert (found["contacts"], found["last_contact_at"]) == (1, call.at + MINUTE)
    [first, *_] = site.outbox("customer.changed")
    its = {"inbound_call_id": str(call.call_id), "campaign": "autumn"}
    new = {**its, "disposition": "sale", "intent": None}
    result = {"what": "call_result", "old": None, "new": new}
    assert (first["number"], first["changes"]) == (NUMBER, [result])


def test_what_a_caller_is_filed_under_tells_a_level_of_intent(
    site: RuledSite,
    calls_in: Callable[..., Arrival],
    lease: Lease,
    make_campaign: Callable[..., Campaign],
) -> None:
    campaign = make_campaign(
        inbound={"lines": ["service"]}, dispositions=[{"name": "sale", "intent": "A"}]
    )
    wang = site.tell(stage="potential")
    site.heed()
    call = calls_in()
    told = [over(call, InboundOutcome.ANSWERED, "answered"), filed(call, "sale")]
    for effect in (*told, *told):
        record(site.store, lease, campaign, [effect])
    assert site.customer(wang)["intent"] == "A"
    seen = {(each.change.what, each.change.old) for each in of_customer(site.store, wang)[:2]}
    assert seen == {("intent", None), ("call_result", None)}
    assert of_customer(site.store, wang)[0].change.new["intent"] == "A"


def test_a_flow_files_a_caller_too_and_a_mere_answer_files_nothing(
    site: RuledSite, calls_in: Callable[..., Arrival], tell: Tell
) -> None:
    site.rules(SOLD)
    wang = site.tell(stage="potential")
    site.heed()
    tell(over(calls_in(), InboundOutcome.ANSWERED, "later"))  # what it counts as until it is filed
    assert site.heed() == 0
    tell(over(calls_in(), InboundOutcome.HEARD, "sale"))
    assert site.heed() == 2
    assert site.customer(wang)["contacts"] == 1


def test_a_conversation_that_was_inferred_and_then_seen_counts_once(
    site: RuledSite, calls_in: Callable[..., Arrival], tell: Tell
) -> None:
    wang = site.tell(stage="potential")
    call = calls_in()
    tell(over(call, InboundOutcome.ANSWERED, "answered", EndReason.PBX_LOST))
    tell(over(call, InboundOutcome.ANSWERED, "answered"))
    assert site.customer(wang)["contacts"] == 1


def test_who_has_called_in_and_talked_does_not_go_back_to_the_pool(
    site: RuledSite, calls_in: Callable[..., Arrival], tell: Tell
) -> None:
    site.rules("rules:\n  - {name: recycle, when: {idle: 72h}, do: [{pool: true}]}\n")
    wang = site.tell(stage="potential", owner="ann")
    site.heed()
    site.at += 71 * HOUR
    tell(over(calls_in(), InboundOutcome.ANSWERED, "answered"))
    assert site.sweep(2 * HOUR) == 0
    assert site.customer(wang)["owner"] == "ann"
    assert site.sweep(72 * HOUR) == 1


def test_a_caller_whom_nobody_knows_changes_nobody(
    site: RuledSite, calls_in: Callable[..., Arrival], tell: Tell
) -> None:
    wang = site.tell(stage="potential")
    site.heed()
    for number in ("", "+8613900009999"):
        call = calls_in(number)
        tell(over(call, InboundOutcome.ANSWERED, "answered"))
        tell(filed(call, "sale"))
    assert of_customer(site.store, wang)[0].change.what == "created"


def test_a_rule_upon_any_result_hears_what_an_agent_files(
    site: RuledSite, attempt: Attempt, tell: Tell, talked: Callable[..., Effect]
) -> None:
    site.rules(SOLD)
    tell(talked(attempt, "later"))
    assert site.heed() == 0, "what it counts as until it is filed"
    lead = attempt.order.candidate.lead_id
    tell(AttemptDisposed(attempt.attempt_id, lead, attempt.placed_at + MINUTE, "ann", "sale"))
    assert site.heed() == 2
