"""What CRMs and webhooks are told of calls that came in."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from campaigns.arrivals import Arrival, InboundOutcome
from campaigns.effects import InboundDisposed, InboundEnded
from campaigns.spec.campaign import Campaign
from connectors.calls import EndReason
from storage.admissions import admit
from storage.customers.changes import By
from storage.customers.given import GivenCustomer
from storage.customers.sync import sync
from storage.engine import Store
from storage.ids import new_id
from storage.leases import Lease
from storage.messages import OF_RESULT
from storage.outbox import Taken, untold

CALLER = "+8613912345678"
SALE = {"name": "sale", "label": "成交", "intent": "A", "success": True}
MINUTE = timedelta(minutes=1)
Tell = Callable[..., Any]


@pytest.fixture
def campaign(make_campaign: Callable[..., Campaign]) -> Campaign:
    return make_campaign(inbound={"lines": ["service"]}, dispositions=[SALE])


@pytest.fixture
def call(store: Store, lease: Lease, campaign: Campaign, now: datetime) -> Arrival:
    came = Arrival(new_id(), "main", "service", CALLER, now)
    admit(store, lease, campaign, 1, [came])
    return came


def over(call: Arrival, reason: EndReason = EndReason.HUNG_UP) -> InboundEnded:
    ended, talked = call.at + 2 * MINUTE, call.at + MINUTE
    outcome = InboundOutcome.ANSWERED
    return InboundEnded(call.call_id, outcome, "answered", reason, "16", ended, talked, "ann")


def filed(call: Arrival, minutes: int = 3) -> InboundDisposed:
    return InboundDisposed(call.call_id, call.at + minutes * MINUTE, "ann", "sale", "客户来电下单")


def messages(store: Store) -> list[Taken]:
    return [each for each in untold(store) if each.kind.startswith("inbound.")]


def test_an_end_and_its_filing_are_told_once_each(store: Store, call: Arrival, tell: Tell) -> None:
    for effect in (over(call), filed(call), over(call), filed(call)):
        tell(effect)
    told = {each.kind: each for each in messages(store)}
    assert len(messages(store)) == len(told) == 2
    ended, disposed = told["inbound.ended"], told["inbound.disposed"]
    assert ended.idempotency_key == f"{call.call_id}:ended"
    assert ended.payload["disposition"] == "answered"
    seen = disposed.payload
    assert (seen["disposition"], seen["intent"], seen["success"]) == ("sale", "A", True)
    assert (seen["note"], seen["agent"], seen["talk_seconds"]) == ("客户来电下单", "ann", 60.0)


def test_it_has_the_fields_of_any_result(store: Store, call: Arrival, tell: Tell) -> None:
    tell(over(call))
    [message] = messages(store)
    told = message.payload
    assert set(told) == set(OF_RESULT)
    assert (told["direction"], told["number"]) == ("inbound", CALLER)
    assert told["placed_at"] == call.at.isoformat()
    assert (told["lead_id"], told["lead_state"], told["attempts_total"]) == (None, "", 0)


def test_what_was_filed_before_the_end_is_told_with_it(
    store: Store, call: Arrival, tell: Tell
) -> None:
    tell(filed(call, minutes=1))
    assert not messages(store)
    tell(over(call))
    [message] = messages(store)
    assert (message.kind, message.payload["disposition"]) == ("inbound.ended", "sale")


def test_a_result_that_was_inferred_gives_way_to_what_was_seen(
    store: Store, call: Arrival, tell: Tell
) -> None:
    tell(over(call, EndReason.PBX_LOST))
    tell(over(call))
    [message] = messages(store)
    assert message.payload["reason"] == "hung_up"


def test_of_a_customer_it_is_told_whose_call_it_was(
    store: Store, call: Arrival, tell: Tell, now: datetime
) -> None:
    [wang] = sync(store, "erp", [GivenCustomer("1", numbers=(CALLER,))], By("cli"), now)
    tell(over(call))
    assert messages(store)[0].payload["customer_id"] == wang["customer_id"]


def test_a_call_from_nobody_knows_where_is_told_too(
    store: Store, lease: Lease, campaign: Campaign, tell: Tell, now: datetime
) -> None:
    came = Arrival(new_id(), "main", "service", "", now)
    admit(store, lease, campaign, 1, [came])
    tell(over(came))
    told: dict[str, Any] = messages(store)[0].payload
    assert (told["number"], told["customer_id"]) == (None, None)
