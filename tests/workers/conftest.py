"""Fixtures of the workers' tests."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import redis

import storage.agents
from campaigns.orders import CampaignState, LogIn
from campaigns.spec.campaign import Campaign
from storage import attempts, campaigns, imports, leases
from storage.agents import NewAgent
from storage.campaigns import Stored
from storage.invariants.check import broken
from storage.invariants.declared import INVARIANTS
from storage.lead_rows import NewLead
from storage.leases import Lease
from storage.tables.attempts import AttemptRow
from tests.databases import set_up
from tests.workers.programs import Programs
from workers.context import Context
from workers.job_keys import Keys, derived, read_keys
from workers.redis_server import connect
from workers.settings_file import load_settings

JOB_KEY = "a-key-of-the-tests-and-of-nothing-else"

Probe = Callable[[], object]


@pytest.fixture
def client(redis_url: str) -> Iterator["redis.Redis"]:
    """A client of an empty Redis."""
    with connect(redis_url) as client:
        yield client


@pytest.fixture
def keys() -> Keys:
    """Keys of a site."""
    return derived(JOB_KEY)


@pytest.fixture
def until() -> Callable[..., None]:
    """`until(probe, seconds)`: wait for the probe to be true; fail when it never is."""

    def wait(probe: Probe, seconds: float = 10) -> None:
        deadline = time.monotonic() + seconds
        while not probe():
            assert time.monotonic() < deadline, "waited in vain"
            time.sleep(0.05)

    return wait


@pytest.fixture
def soon() -> Callable[..., Awaitable[None]]:
    """`await soon(probe, seconds)`: the same while an event loop goes on."""

    async def wait(probe: Probe, seconds: float = 10) -> None:
        async with asyncio.timeout(seconds):
            while True:
                if probe():
                    return
                await asyncio.sleep(0.01)

    return wait


class Site:
    """A site with a campaign to dial: settings, an open store, and what tests ask of them.

    `breaks`: the invariants that a test breaks on purpose, and says so. On a fast clock the two
    seconds of the law are some milliseconds, so what is about them is left to real clocks.
    """

    def __init__(self, home: Path, database_url: str, redis_url: str, pbx: str) -> None:
        environ = {
            "DIALPLANE_DATABASE_URL": database_url,
            "DIALPLANE_REDIS_URL": redis_url,
            "DIALPLANE_PBX_MAIN": pbx,
            "DIALPLANE_DRAIN_SECONDS": "5",
            "DIALPLANE_JOB_KEYS": JOB_KEY,
        }
        self.environ = {"DIALPLANE_HOME": str(home), **environ}
        self.settings = load_settings(home, self.environ)
        self.redis_url = redis_url
        self.keys = read_keys(self.settings)
        self.breaks = {"I5", "I9"} if "speed=" in pbx else set[str]()
        self.store = set_up(database_url)

    def context(self, worker: str = "w1") -> Context:
        return Context(self.settings, self.store, self.redis_url, worker)

    def campaign(
        self, leads: int, agents: int, flows: dict[str, str] | None = None, **changes: Any
    ) -> Campaign:
        """Apply and start a campaign in which every lead is called once. `flows`: their texts."""
        spec = Campaign.model_validate({**_plain(), **changes})
        now = datetime.now(UTC)
        for number in range(agents):
            name = f"agent-{number:02d}"
            storage.agents.add(self.store, NewAgent(name, name, teams=("sales",)), now)
        new = [NewLead(f"+1212555{number:04d}") for number in range(leads)]
        imports.import_leads(self.store, spec.leads.lists[0], new, now)
        campaigns.apply(self.store, spec, "name: as it was written", now, flows)
        self.want(CampaignState.RUNNING, spec.name)
        return spec

    def want(self, state: CampaignState, name: str = "spring") -> None:
        campaigns.set_wanted(self.store, name, state, datetime.now(UTC))

    def stored(self, name: str = "spring") -> Stored:
        return campaigns.get(self.store, name)

    def lease(self, holder: str = "w1", name: str = "spring") -> Lease:
        lease = leases.acquire(self.store, name, holder)
        assert lease is not None
        return lease

    def lease_token(self, name: str = "spring") -> int:
        seen = leases.look(self.store, name)
        return seen.lease.token if seen is not None else 0

    def attempts(self, name: str = "spring") -> list[AttemptRow]:
        return attempts.page(self.store, name, limit=100_000)

    def open(self, name: str = "spring") -> int:
        return len(attempts.open_attempts(self.store, name))

    def broken(self) -> dict[str, list[str]]:
        """The invariants that do not hold, with their offenders, but for those in `breaks`."""
        names = [invariant.name for invariant in INVARIANTS if invariant.name not in self.breaks]
        return broken(self.store, names=names)

    def logins(self, count: int) -> list[LogIn]:
        names = [f"agent-{number:02d}" for number in range(count)]
        return [LogIn(name, name, "main") for name in names]


def _plain() -> dict[str, Any]:
    return {
        "name": "spring",
        "mode": "progressive",
        "trunks": [{"name": "carrier", "channels": 60, "calls_per_second": 50}],
        "caller_ids": ["+12125550100"],
        "agents": {"teams": ["sales"], "wrap_up": 10},
        "leads": {"list": "spring"},
        "attempts": {"per_lead": 1},
        "windows": {"timezone": "UTC", "hours": [{"from": "00:00", "to": "24:00"}]},
        "dispositions": [{"name": "sale", "success": True}, {"name": "no-interest"}],
    }


@pytest.fixture
def postgres_url(set_up_url: str) -> str:
    """A PostgreSQL database of its own, with all tables."""
    return set_up_url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of either kind, without a row."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 'dialplane.db'}"


@pytest.fixture
def make_site(
    request: pytest.FixtureRequest, tmp_path: Path, redis_url: str
) -> Iterator[Callable[..., Site]]:
    """`make_site(database_url, pbx)`: a site in a home folder of its own. At the end all its
    invariants hold."""
    for database in {"database_url", "postgres_url", "own_postgres"} & set(request.fixturenames):
        request.getfixturevalue(database)  # it goes after the site that is asked, not before
    made: list[Site] = []

    def make(database_url: str = "", pbx: str = "fake://demo?seed=5&speed=30") -> Site:
        url = database_url or f"sqlite:///{tmp_path / 'dialplane.db'}"
        made.append(Site(tmp_path, url, redis_url, pbx))
        return made[-1]

    yield make
    try:
        for site in made:
            assert site.broken() == {}
    finally:
        for site in made:
            site.store.close()


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    """`programs(site, "worker")`: the command in a process of its own, until the test is over."""
    started = Programs(tmp_path)
    yield started
    started.end()
