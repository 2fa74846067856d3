"""Who wants no more calls is called on no number any more, and rules and others hear of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from campaigns.arrivals import Arrival, InboundOutcome
from campaigns.effects import Effect, InboundDisposed, InboundEnded
from campaigns.flow_effects import OptedOut
from campaigns.leads import Attempt
from campaigns.spec.campaign import Campaign
from connectors.calls import EndReason
from storage import dnc, hooks
from storage.admissions import admit
from storage.customers.changes import By, of_customer
from storage.ids import new_id
from storage.leases import Lease
from storage.tables.people import LEADS
from tests.storage.rules.conftest import NUMBER, RuledSite
from workers.heeding import OPTED_OUT, heed_batch

OTHER = "+8613800000001"
GONE = "rules:\n  - name: gone\n    when: {do_not_call: true}\n    do: [{stage: lost}]\n"
SECOND = timedelta(seconds=1)


@pytest.fixture
def campaign(make_campaign: Callable[..., Campaign]) -> Campaign:
    return make_campaign(inbound={"lines": ["service"]})


@pytest.fixture
def wang(site: RuledSite) -> UUID:
    """王小明 with two numbers, whom nobody has heeded yet."""
    site.rules(GONE)
    customer = site.tell(numbers=(NUMBER, OTHER), stage="potential")
    site.heed()
    return customer


@pytest.fixture
def arrival(site: RuledSite, wang: UUID, lease: Lease, campaign: Campaign) -> Arrival:
    """王小明 calls in."""
    came = Arrival(new_id(), "main", "service", NUMBER, site.at)
    admit(site.store, lease, campaign, 1, [came])
    return came


def forbidden(site: RuledSite, wang: UUID, who: str, heard: str = "opt_out") -> None:
    assert dnc.check(site.store, NUMBER), "at once"
    assert not dnc.check(site.store, OTHER)
    [newest] = [c for c in of_customer(site.store, wang) if c.change.what == heard]
    assert newest.by == By(who)
    assert site.heed(tells=True) == 1
    assert dnc.check(site.store, OTHER)
    told = site.customer(wang)
    assert (told["do_not_call"], told["stage"]) == (True, "lost")
    changed = [
        change for message in site.outbox("customer.changed") for change in message["changes"]
    ]
    told_of = [change["what"] for change in changed if change["what"] != "call_result"]
    assert told_of == ["do_not_call", "stage"]


def test_a_caller_opts_out_in_a_flow(
    site: RuledSite, wang: UUID, arrival: Arrival, tell: Callable[..., Any]
) -> None:
    wish = OptedOut(arrival.call_id, site.at + SECOND)
    tell(wish)
    forbidden(site, wang, "campaign:autumn")
    tell(wish)
    assert site.heed() == 0


@pytest.mark.parametrize("by_agent", [True, False])
def test_a_callers_call_is_filed_as_never_again(
    site: RuledSite, wang: UUID, arrival: Arrival, tell: Callable[..., Any], by_agent: bool
) -> None:
    at = site.at + SECOND
    filed: Effect = InboundDisposed(arrival.call_id, at, "ann", "never", "")
    if not by_agent:
        heard = InboundOutcome.HEARD
        filed = InboundEnded(arrival.call_id, heard, "never", EndReason.HUNG_UP, "16", at)
    tell(filed)
    forbidden(site, wang, "campaign:autumn")


def test_a_pbx_tells_of_a_number(site: RuledSite, wang: UUID) -> None:
    hooks.keep(site.store, "west", "1", OPTED_OUT, {"call_id": None, "number": NUMBER})
    assert heed_batch(site.store) == 1
    forbidden(site, wang, "pbx:west")


@pytest.mark.parametrize("how", ["flow", "agent"])
def test_somebody_whom_we_call_opts_out(
    site: RuledSite,
    attempt: Attempt,
    tell: Callable[..., Any],
    talked: Callable[..., Effect],
    how: str,
) -> None:
    """Heard before the call is over, in a flow; else with its result."""
    site.rules(GONE)
    number = attempt.order.candidate.number
    at = attempt.placed_at + SECOND
    tell(OptedOut(attempt.attempt_id, at) if how == "flow" else talked(attempt, "never"))
    assert dnc.check(site.store, number)
    with site.store.reading() as connection:
        query = select(LEADS.c.customer_id).where(LEADS.c.number == number)
        customer = connection.execute(query).scalar_one()
    assert site.heed() == 1
    told = site.customer(customer)
    assert (told["do_not_call"], told["stage"]) == (True, "lost")
