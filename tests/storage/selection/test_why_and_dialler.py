"""What `why` says of a lead is what becomes of it: the claim is asked the same, now and later."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert

from campaigns.leads import Candidate, DialOrder
from campaigns.orders import CampaignState
from campaigns.rules import eligible_at, rule_of, why_not
from campaigns.spec.campaign import Campaign
from storage import campaigns
from storage.candidates import candidates
from storage.claims import claim
from storage.engine import Store
from storage.ids import new_id
from storage.leads import facts
from storage.leases import Lease, acquire, release
from storage.survey import survey
from storage.tables.attempts import ATTEMPTS
from storage.tables.lists import DO_NOT_CALL
from storage.tables.people import CUSTOMERS, LEADS

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)  # a Friday
HOUR, INSTANT = timedelta(hours=1), timedelta(microseconds=1)
AGO = st.sampled_from([0, 1, 2, 23, 24, 25, 72, 100]).map(lambda n: n * HOUR)
MOMENT = AGO.map(lambda ago: NOON - ago) | AGO.map(lambda ago: NOON + ago)
FILTERS = [
    None,
    "not last_attempt within 3d",
    "last_attempt within 25h",
    "last_call before 1h and not last_call before 3d",
    'stage = "new" or not (last_call within 1d and attempts > 0)',
    "added before 1d or added within 0m",
]
ALWAYS = {"timezone": "customer", "hours": [{"from": "00:00", "to": "24:00"}]}
OFFICE = {"timezone": "customer", "hours": [{"from": "09:00", "to": "20:00"}]}
MONDAY = {"days": ["mon"], "from": "09:00", "to": "09:30"}
MONDAYS = {
    "timezone": "Europe/Berlin",
    "hours": [{"days": ["mon"], "from": "09:00", "to": "09:30"}],
}


@dataclass(frozen=True)
class Known:
    """A lead as the tables have it. `calls`: on its number, from any list; `live`: on a call now.
    `listed`: on do-not-call, of which campaign and until when; `twin`: on a second list, too."""

    state: str
    next_at: datetime
    zones: str
    attempts: int
    last_attempt: datetime | None
    last_call: datetime | None
    added: datetime
    stage: str | None
    listed: dict[str, datetime | None]
    calls: list[datetime]
    live: bool
    twin: bool


MAYBE = MOMENT | st.none()
RARELY = st.sampled_from([False] * 9 + [True])
LEADS_KNOWN = st.builds(
    Known,
    st.sampled_from(["ready"] * 6 + ["done", "suppressed", "dialling"]),
    MOMENT,
    st.sampled_from(["Europe/Berlin", "America/Los_Angeles", "Asia/Shanghai,Europe/Berlin", ""]),
    st.integers(0, 3),
    MAYBE,
    MAYBE,
    MOMENT,
    st.sampled_from(["won", "new", None]),
    st.just({})
    | st.dictionaries(st.sampled_from(["*", "autumn", "another"]), MAYBE, max_size=1)
    | st.just({"*": NOON + HOUR, "autumn": NOON + 2 * HOUR}),
    st.lists(AGO.map(lambda ago: NOON - ago), max_size=2),
    RARELY,
    RARELY,
)
CAMPAIGNS = st.fixed_dictionaries(
    {
        "filter": st.sampled_from(FILTERS),
        "windows": st.sampled_from([ALWAYS, OFFICE, OFFICE, MONDAYS]),
        "attempts": st.fixed_dictionaries(
            {
                "per_lead": st.integers(2, 4),
                "per_day": st.integers(1, 2),
                "min_gap": st.sampled_from([0, 60, 7200]),
            }
        ),
    }
)
SURE = [n * HOUR for n in (1, 24, 25, 72 + 1, 8 * 24)]
LATER = st.lists(st.integers(1, 8 * 24 * 60).map(lambda n: n * HOUR / 60), min_size=2, max_size=4)


class Undone(Store):
    """What is written is taken back at once."""

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        with suppress(UndoneError), super().writing() as connection:
            yield connection
            raise UndoneError


class UndoneError(Exception):
    pass


@pytest.mark.parametrize("examples", [12, pytest.param(200, marks=pytest.mark.long)])
def test_why_says_what_the_dialler_does(
    store: Store, make_campaign: Callable[..., Campaign], examples: int
) -> None:
    @settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(LEADS_KNOWN, min_size=1, max_size=4), CAMPAIGNS, LATER)
    def agree(known: list[Known], told: dict[str, Any], later: list[timedelta]) -> None:
        mix = {"mix": {"first": "50%", "second": "50%"}, "filter": told["filter"]}
        campaign = make_campaign(leads=mix, windows=told["windows"], attempts=told["attempts"])
        _agree(store, campaign, known, later)

    agree()


def _agree(store: Store, campaign: Campaign, known: list[Known], later: list[timedelta]) -> None:
    undone = Undone(store.engine, store.shown)
    with running(store, campaign) as lease, put(store, known) as ids:
        refusals = dict.fromkeys(ids, "")
        for lead, number in ids.items():
            of_lead = facts(store, campaign, lead, NOON)
            at = eligible_at(of_lead, campaign, NOON)
            refusals[lead] = claimed(undone, lease, campaign, (lead, number), NOON)
            assert refusals[lead] == (why_not(of_lead, campaign, NOON) or "")
            for moment in {NOON + each for each in [*SURE, *later]} | (
                {at - INSTANT} if at else set()
            ):
                if moment >= NOON and (at is None or moment < at):
                    assert claimed(undone, lease, campaign, (lead, number), moment), at
            if at is not None:
                assert claimed(undone, lease, campaign, (lead, number), at) == ""
                assert lead in {c.lead_id for c in candidates(store, campaign, 99, frozenset(), at)}
        found = survey(store, campaign, NOON)
        soonest = [eligible_at(facts(store, campaign, lead, NOON), campaign, NOON) for lead in ids]
        assert found.refused == Counter(rule_of(why) for why in refusals.values() if why)
        assert found.callable_now == len(ids) - found.refused.total()
        assert found.next_at == min((at for at in soonest if at is not None), default=None)


def claimed(store: Store, lease: Lease, campaign: Campaign, lead: tuple[UUID, str],
            at: datetime) -> str:  # fmt: skip
    """What the claim says of a lead that somebody has picked; empty: it is dialled."""
    order = DialOrder(Candidate(*lead), "main", "carrier", "+493012345678")
    [*refused] = claim(store, lease, campaign, 1, [order], at).refusals
    return "".join(refusal.why for refusal in refused)


@contextmanager
def running(store: Store, campaign: Campaign) -> Iterator[Lease]:
    campaigns.apply(store, campaign, "", NOON)
    campaigns.set_wanted(store, campaign.name, CampaignState.RUNNING, NOON)
    lease = acquire(store, campaign.name, "worker", ttl=3600)
    assert lease is not None
    try:
        yield lease
    finally:
        release(store, lease)


@contextmanager
def put(store: Store, known: list[Known]) -> Iterator[dict[UUID, str]]:
    """The leads and their numbers, each of a customer of its own, until the block ends."""
    with store.writing() as connection:
        ids = {
            lead: number
            for n, each in enumerate(known)
            for number in [f"+49301000000{n}"]
            for lead in _put(connection, number, each)
        }
    try:
        yield ids
    finally:
        with store.writing() as connection:
            for table in (LEADS, CUSTOMERS, DO_NOT_CALL, ATTEMPTS):
                connection.execute(table.delete())


def _put(connection: Connection, number: str, known: Known) -> list[UUID]:
    customer = new_id()
    of_customer = {
        "id": customer, "number": number, "name": "王", "external_ref": "", "created_at": NOON,
        "updated_at": NOON, "idle_since": NOON, "last_outcome": "", "last_disposition": "",
        "contacts": 0, "do_not_call": False, "stage": known.stage,
        "last_attempt_at": known.last_call,
    }  # fmt: skip
    connection.execute(insert(CUSTOMERS), of_customer)
    of_lead = {
        "customer_id": customer, "number": number, "name": "", "rank": 0, "segment": "",
        "skills": [], "zones": known.zones, "external_ref": "", "fields": {}, "tries": {},
        "state": known.state, "next_at": known.next_at, "attempts_total": known.attempts,
        "last_attempt_at": known.last_attempt, "last_outcome": "", "last_disposition": "",
        "created_at": known.added,
    }  # fmt: skip
    lists = ("first", "second") if known.twin else ("first",)
    ids = [new_id() for _ in lists]
    leads = [of_lead | {"id": lead, "list_name": on} for lead, on in zip(ids, lists, strict=True)]
    connection.execute(insert(LEADS), leads)
    for scope, until in known.listed.items():
        listed = {"number": number, "scope": scope, "source": "", "added_at": NOON,
                  "expires_at": until}  # fmt: skip
        connection.execute(insert(DO_NOT_CALL), listed)
    for n, at in enumerate(known.calls):
        _put_call(connection, customer, number, at, live=known.live and n == 0)
    return ids


def _put_call(
    connection: Connection, customer: UUID, number: str, at: datetime, *, live: bool
) -> None:
    texts = ("trunk", "caller_id", "outcome", "disposition", "reason", "cause", "party", "note")
    row = {
        **dict.fromkeys(texts, ""),
        "id": new_id(), "campaign": "another", "campaign_version": 1, "lead_id": new_id(),
        "customer_id": customer, "number": number, "node": "main", "token": 1, "state": "placed",
        "placed_at": at, "stored_at": at, "ended_at": None if live else at, "period": "",
    }  # fmt: skip
    connection.execute(insert(ATTEMPTS), row)
