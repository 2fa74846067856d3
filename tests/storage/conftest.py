"""Every storage test runs on SQLite and on PostgreSQL, and some on a partitioned one as well."""

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from campaigns.effects import AttemptEnded, Effect
from campaigns.leads import Attempt, Candidate, DialOrder
from campaigns.orders import CampaignState
from campaigns.outcomes import Outcome
from campaigns.spec.campaign import Campaign
from connectors.calls import EndReason
from lab.postgres import Postgres
from storage import campaigns, leads
from storage.candidates import candidates
from storage.claims import claim
from storage.engine import Store, open_store
from storage.imports import import_leads
from storage.lead_rows import NewLead
from storage.leases import Lease, acquire
from storage.partitioning.convert import partition
from storage.record import Recorded, record
from storage.tables.people import Customer, Lead
from tests.databases import empty, set_up

DATABASES = ("sqlite", "postgresql")
PARTITIONED = "partitioned"
ALSO_PARTITIONED = (
    "test_claims",
    "test_corrected",
    "test_record",
    "test_sync",
    "test_takeover",
)
"""Files whose tests run on a partitioned database as well: they write attempts, or customers."""
CALLER_ID = "+493012345678"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with all tables and no rows."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    set_up(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def postgres_store(postgres: Postgres, postgres_template: str) -> Iterator[Store]:
    store = open_store(postgres.copy(postgres_template))
    yield store
    store.close()


@pytest.fixture(scope="session")
def partitioned_store(postgres: Postgres, postgres_template: str) -> Iterator[Store]:
    store = open_store(postgres.copy(postgres_template))
    partition(store, customers=4)
    yield store
    store.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """On which databases a test runs, unless it says so itself or has a `store` of its own. With
    DIALPLANE_TEST_PARTITIONED=1 all run on a partitioned one and on no other."""
    named = [mark.args[0] for mark in metafunc.definition.iter_markers("parametrize")]
    chosen = any("store" in names for names in named) or hasattr(metafunc.module, "store")
    if "store" not in metafunc.fixturenames or chosen:
        return
    databases: tuple[str, ...] = DATABASES
    if metafunc.module.__name__.rpartition(".")[2] in ALSO_PARTITIONED:
        databases = (*DATABASES, PARTITIONED)
    if os.environ.get("DIALPLANE_TEST_PARTITIONED"):
        databases = (PARTITIONED,)
    metafunc.parametrize("store", databases, indirect=True)


@pytest.fixture
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An open database with all tables and no rows."""
    if request.param != "sqlite":
        whole = {"postgresql": "postgres_store", PARTITIONED: "partitioned_store"}
        store = request.getfixturevalue(whole[request.param])
        empty(store)
        yield store
        return
    path = tmp_path / "dialplane.db"
    shutil.copy(request.getfixturevalue("sqlite_template"), path)
    store = open_store(f"sqlite:///{path}")
    yield store
    store.close()


@pytest.fixture(params=DATABASES)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without any table."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 'empty.db'}"


@pytest.fixture
def url_of() -> Callable[[Store], str]:
    """The whole URL of a store, for another process."""
    return lambda store: store.engine.url.render_as_string(hide_password=False)


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 11, 20, 10, 0, 0, 123457, UTC)  # a Friday


@pytest.fixture
def make_campaign() -> Callable[..., Campaign]:
    """A campaign that may call at any hour; keyword arguments replace its parts."""

    def make(**parts: Any) -> Campaign:
        whole = {
            "name": "autumn",
            "mode": "progressive",
            "trunks": [{"name": "carrier", "channels": 30}],
            "caller_ids": [CALLER_ID],
            "agents": {"names": ["ann", "bob"]},
            "leads": {"list": "first"},
            "windows": {"timezone": "customer", "hours": [{"from": "00:00", "to": "24:00"}]},
            "dispositions": [
                {"name": "sale", "success": True},
                {"name": "later", "final": False, "retry": {"attempts": 3, "delay": "2h"}},
                {"name": "never", "do_not_call": True},
            ],
        }
        return Campaign.model_validate(whole | parts)

    return make


@pytest.fixture
def campaign(make_campaign: Callable[..., Campaign]) -> Campaign:
    return make_campaign()


@pytest.fixture
def run(store: Store, now: datetime) -> Callable[..., Lease]:
    """Apply a campaign, have it run, and take its lease for a minute."""

    def start(campaign: Campaign, holder: str = "worker") -> Lease:
        campaigns.apply(store, campaign, f"name: {campaign.name}", now)
        campaigns.set_wanted(store, campaign.name, CampaignState.RUNNING, now)
        lease = acquire(store, campaign.name, holder, ttl=60)
        assert lease is not None
        return lease

    return start


@pytest.fixture
def lease(run: Callable[..., Lease], campaign: Campaign) -> Lease:
    return run(campaign)


@pytest.fixture
def fill(store: Store, now: datetime) -> Callable[..., list[Candidate]]:
    """Import `count` leads into a campaign's list; the candidates that it has then."""

    def put(campaign: Campaign, count: int = 1, **parts: Any) -> list[Candidate]:
        zones = parts.pop("zones", ("Europe/Berlin",))
        leads = [NewLead(number=f"+49301{n:07}", zones=zones, **parts) for n in range(1, count + 1)]
        import_leads(store, campaign.leads.lists[0], leads, now)
        return candidates(store, campaign, count, frozenset(), now)

    return put


@pytest.fixture
def order_for() -> Callable[[Candidate], DialOrder]:
    return lambda candidate: DialOrder(candidate, "main", "carrier", CALLER_ID)


@pytest.fixture
def place(
    store: Store, order_for: Callable[[Candidate], DialOrder], now: datetime
) -> Callable[..., list[Attempt]]:
    """Claim candidates; all of them must be agreed to."""

    def commit(
        lease: Lease, campaign: Campaign, these: list[Candidate], at: datetime = now
    ) -> list[Attempt]:
        claimed = claim(store, lease, campaign, 1, [order_for(c) for c in these], at)
        assert not claimed.refusals
        return claimed.attempts

    return commit


@pytest.fixture
def ended() -> Callable[..., AttemptEnded]:
    """The result of an attempt, ten seconds after it was placed."""

    def end(attempt: Attempt, outcome: Outcome = Outcome.NO_ANSWER, **parts: Any) -> AttemptEnded:
        result: dict[str, Any] = {
            "attempt_id": attempt.attempt_id,
            "lead_id": attempt.order.candidate.lead_id,
            "number": attempt.order.candidate.number,
            "outcome": outcome,
            "disposition": str(outcome),
            "reason": EndReason.HUNG_UP,
            "cause": "16",
            "party": "",
            "placed_at": attempt.placed_at,
            "ended_at": attempt.placed_at + timedelta(seconds=10),
        }
        return AttemptEnded(**(result | parts))

    return end


@pytest.fixture
def talked(ended: Callable[..., AttemptEnded]) -> Callable[..., AttemptEnded]:
    """A conversation: answered after 4 s, connected 0.3 s later, over after 10."""

    def talk(
        attempt: Attempt, disposition: str = "sale", agent: str = "ann", **parts: Any
    ) -> AttemptEnded:
        at = attempt.placed_at
        times = {
            "ringing_at": at + timedelta(seconds=1),
            "answered_at": at + timedelta(seconds=4),
            "connected_at": at + timedelta(seconds=4.3),
        }
        facts = {"disposition": disposition, "agent": agent, **times, **parts}
        return ended(attempt, Outcome.CONNECTED, **facts)

    return talk


@pytest.fixture
def attempt(
    lease: Lease,
    campaign: Campaign,
    fill: Callable[..., list[Candidate]],
    place: Callable[..., list[Attempt]],
) -> Attempt:
    """A live attempt of the campaign `autumn`."""
    [placed] = place(lease, campaign, fill(campaign, external_ref="CRM/1"))
    return placed


@pytest.fixture
def tell(store: Store, lease: Lease, campaign: Campaign) -> Callable[..., Recorded]:
    """Record effects of the campaign `autumn`."""

    def store_these(*effects: Effect) -> Recorded:
        return record(store, lease, campaign, effects)

    return store_these


@pytest.fixture
def ivr(make_campaign: Callable[..., Campaign]) -> Campaign:
    """A campaign whose calls go through a flow."""
    return make_campaign(mode="ivr", flow="survey", agents={"teams": ["sales"]})


@pytest.fixture
def ivr_lease(run: Callable[..., Lease], ivr: Campaign) -> Lease:
    return run(ivr)


@pytest.fixture
def tell_ivr(store: Store, ivr_lease: Lease, ivr: Campaign) -> Callable[..., None]:
    """Record effects of the campaign with a flow."""

    def store_these(*effects: Effect) -> None:
        record(store, ivr_lease, ivr, effects)

    return store_these


@pytest.fixture
def lead_of(store: Store) -> Callable[[Attempt], Lead]:
    return lambda attempt: leads.show(store, attempt.order.candidate.lead_id)


@pytest.fixture
def customer_of(store: Store) -> Callable[[Attempt], Customer]:
    def look_up(attempt: Attempt) -> Customer:
        found = leads.customer(store, attempt.order.candidate.number)
        assert found
        return found

    return look_up
