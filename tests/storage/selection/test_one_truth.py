"""The sieve in front of the hopper offers those leads that the rules let through, and no others."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, insert

from campaigns.rules import verdicts
from campaigns.spec.campaign import Campaign
from storage.candidates import candidates
from storage.engine import Store
from storage.ids import new_id
from storage.leads import facts
from storage.sieve import SIEVED
from storage.tables.lists import DO_NOT_CALL
from storage.tables.people import CUSTOMERS, LEADS, LeadState

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOURS = {"timezone": "customer", "hours": [{"from": "09:00", "to": "20:00"}]}
FILTER = 'stage != "won" and not last_attempt within 1h'
AROUND = st.sampled_from([-3600, -1, 0, 1, 3600]).map(lambda n: NOON + timedelta(seconds=n))


@dataclass(frozen=True)
class Known:
    state: LeadState
    next_at: datetime
    zones: str
    attempts: int
    last_attempt: datetime | None
    stage: str | None
    listed: str | None  # on do-not-call: of which campaign
    until: datetime | None


LEAD = st.builds(
    Known,
    st.sampled_from([LeadState.READY, LeadState.READY, LeadState.DONE, LeadState.SUPPRESSED]),
    AROUND,
    st.sampled_from(["Europe/Berlin", "America/Los_Angeles", "", "No/Such_Zone"]),
    st.integers(0, 3),
    AROUND | st.none(),
    st.sampled_from(["won", "new", "", None]),
    st.sampled_from(["*", "autumn", "another", None, None]),
    AROUND | st.none(),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(LEAD, min_size=1, max_size=8))
def test_who_is_offered_is_who_the_rules_let_through(
    store: Store, make_campaign: Callable[..., Campaign], known: list[Known]
) -> None:
    campaign = make_campaign(
        leads={"list": "first", "filter": FILTER}, windows=HOURS, attempts={"per_lead": 2}
    )
    with put(store, known) as ids:
        offered = {each.lead_id for each in candidates(store, campaign, 99, frozenset(), NOON)}
        let_through = {
            lead
            for lead in ids
            if not any(
                verdict.refusal is not None and verdict.rule in SIEVED
                for verdict in verdicts(facts(store, campaign, lead, NOON), campaign, NOON)
            )
        }
        assert offered == let_through


@contextmanager
def put(store: Store, known: list[Known]) -> Iterator[list[UUID]]:
    """The leads, each of a customer of its own, until the block ends."""
    with store.writing() as connection:
        ids = [_put(connection, n, each) for n, each in enumerate(known)]
    try:
        yield ids
    finally:
        with store.writing() as connection:
            for table in (LEADS, CUSTOMERS, DO_NOT_CALL):
                connection.execute(delete(table))


def _put(connection: Connection, n: int, known: Known) -> UUID:
    lead, customer, number = new_id(), new_id(), f"+49301000000{n}"
    of_customer = {
        "id": customer, "number": number, "name": "", "external_ref": "", "created_at": NOON,
        "updated_at": NOON, "idle_since": NOON, "last_outcome": "", "last_disposition": "",
        "contacts": 0, "do_not_call": False, "stage": known.stage,
    }  # fmt: skip
    of_lead = {
        "id": lead, "list_name": "first", "customer_id": customer, "number": number, "name": "",
        "rank": 0, "segment": "", "skills": [], "zones": known.zones, "external_ref": "",
        "fields": {}, "state": known.state.value, "next_at": known.next_at, "tries": {},
        "attempts_total": known.attempts, "last_attempt_at": known.last_attempt,
        "last_outcome": "", "last_disposition": "", "created_at": NOON,
    }  # fmt: skip
    connection.execute(insert(CUSTOMERS), of_customer)
    connection.execute(insert(LEADS), of_lead)
    if known.listed is not None:
        listed = {"number": number, "scope": known.listed, "source": "", "added_at": NOON,
                  "expires_at": known.until}  # fmt: skip
        connection.execute(insert(DO_NOT_CALL), listed)
    return lead
