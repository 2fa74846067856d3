"""A site on real parts: PostgreSQL, Redis, workers in processes of their own, a real Asterisk."""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import storage.agents
from campaigns.orders import CampaignState, Order
from campaigns.spec.campaign import Campaign
from dialplan_templates.render import asterisk_files
from lab.asterisk import AsteriskNode, start_pbx
from lab.carrier import Carrier
from storage import attempts, campaigns, dnc, imports, leases
from storage.agents import NewAgent
from storage.invariants.check import broken
from storage.invariants.declared import INVARIANTS
from storage.lead_rows import NewLead
from storage.orders import put_order
from storage.reports import Report, report
from storage.tables.attempts import AttemptRow
from tests.databases import set_up
from workers.redis_server import connect

PLAN: dict[str, Any] = {
    "name": "real",
    "mode": "progressive",
    "trunks": [{"name": "carrier", "channels": 60, "calls_per_second": 30}],
    "caller_ids": ["+12125550100"],
    "agents": {"teams": ["real"], "wrap_up": "1s"},
    "leads": {"list": "real"},
    "windows": {"timezone": "UTC", "hours": [{"from": "00:00", "to": "24:00"}]},
    "ring": "15s",
    "amd": {"enabled": True},
    "attempts": {"per_lead": 1},
    "dispositions": [{"name": "sale", "success": True}, {"name": "no_sale"}],
    "default_disposition": "no_sale",
}
OVER = (CampaignState.FINISHED, CampaignState.STOPPED)


class RealSite:
    """What an operator would have: a database, a Redis, a PBX, and workers to start and to lose.

    `breaks`: the invariants that a test breaks on purpose, and says so; `IN_TIME`: those that are
    broken by whoever kills a worker or a PBX while a person waits for an agent.
    """

    IN_TIME = frozenset({"I5", "I9"})

    def __init__(self, home: Path, database: str, redis: str, pbx: str, agents: int) -> None:
        self.environ = {
            **{k: v for k, v in os.environ.items() if not k.startswith("DIALPLANE_")},
            "DIALPLANE_HOME": str(home),
            "DIALPLANE_DATABASE_URL": database,
            "DIALPLANE_REDIS_URL": redis,
            "DIALPLANE_PBX_MAIN": pbx,
            "DIALPLANE_SIMULATED_AGENTS": str(agents),
            "DIALPLANE_DRAIN_SECONDS": "5",
            "DIALPLANE_DIAL_WORKERS": "1",  # a second process would wait for a second campaign
            "DIALPLANE_JOB_KEYS": "a-key-of-the-tests-and-of-nothing-else",
        }
        self.home = home
        self.agents = agents
        self.started = datetime.now(UTC)
        self.store = set_up(database)
        self.workers: list[subprocess.Popen[bytes]] = []
        self.breaks = frozenset[str]()

    def campaign(
        self, numbers: list[str], flows: dict[str, str] | None = None, **changes: Any
    ) -> None:
        """Apply a campaign of these numbers and start it. `flows`: the texts of its flows."""
        spec = Campaign.model_validate({**PLAN, **changes})
        now = datetime.now(UTC)
        for n in range(self.agents):
            agent = NewAgent(f"agent-{n:02d}", str(1001 + n), teams=("real",))
            storage.agents.add(self.store, agent, now)
        imports.import_leads(self.store, "real", [NewLead(n) for n in numbers], now)
        campaigns.apply(self.store, spec, "name: real", now, flows)
        campaigns.set_wanted(self.store, "real", CampaignState.RUNNING, now)

    def worker(self) -> "subprocess.Popen[bytes]":
        """`dialplane worker`, up, with all that it starts in a process group of its own."""
        before = self._rq_workers()
        log = (self.home / f"worker-{len(self.workers)}.log").open("wb")
        started = subprocess.Popen(
            [Path(sys.executable).with_name("dialplane"), "worker"],
            env=self.environ,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        log.close()
        self.workers.append(started)
        self.until(lambda: self._rq_workers() >= before + 2, 90)  # one dials, one does the rest
        return started

    def _rq_workers(self) -> int:
        with connect(self.environ["DIALPLANE_REDIS_URL"]) as client:
            return int(client.scard("rq:workers"))

    def who_dials(self) -> "subprocess.Popen[bytes]":
        """The worker that holds the campaign's lease."""
        seen = leases.look(self.store, "real")
        assert seen is not None
        return next(w for w in self.workers if f"-{w.pid}-" in seen.lease.holder)

    def kill(self, worker: "subprocess.Popen[bytes]") -> None:
        """As a power cut would end it, and every process it has started."""
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()

    def close(self) -> None:
        for worker in self.workers:
            if worker.poll() is None:
                worker.terminate()
        for worker in self.workers:
            try:
                worker.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.kill(worker)
        self.store.close()

    def until(self, probe: Callable[[], object], seconds: float) -> None:
        """Wait for `probe` to be true; fail with the workers' words when it never is."""
        deadline = time.monotonic() + seconds
        while not probe():
            assert time.monotonic() < deadline, self.words()
            time.sleep(0.1)

    def until_over(self, seconds: float) -> None:
        self.until(lambda: campaigns.get(self.store, "real").actual in OVER, seconds)
        self.until(lambda: not attempts.open_attempts(self.store, "real"), 15)

    def words(self) -> str:
        logs = [path.read_text(errors="replace") for path in self.home.glob("worker-*.log")]
        return "waited in vain; the workers said:\n" + "\n".join(logs)[-4000:]

    def attempts(self) -> list[AttemptRow]:
        return attempts.page(self.store, "real", limit=100_000)

    def dialled(self) -> int:
        return len(self.attempts())

    def connected(self) -> list[AttemptRow]:
        return [a for a in self.attempts() if a.connected_at is not None]

    def broken(self) -> dict[str, list[str]]:
        """The invariants that do not hold, with their offenders, but for those in `breaks`."""
        names = [invariant.name for invariant in INVARIANTS if invariant.name not in self.breaks]
        return broken(self.store, names=names)

    def order(self, order: Order) -> None:
        put_order(self.store, "real", order)

    def do_not_call(self, numbers: list[str]) -> None:
        dnc.add(self.store, numbers, datetime.now(UTC))

    def report(self) -> Report:
        spec = campaigns.get(self.store, "real").spec
        return report(self.store, spec, datetime.now(UTC), self.started)


@pytest.fixture
def pbx(carrier: Carrier) -> Iterator[tuple[AsteriskNode, str]]:
    """A pbx of the test's own, with Dialplane's files; and where a connector finds it."""
    secret = secrets.token_hex(16)
    files = asterisk_files(secret=secret, regex_filters=not carrier.build.event_filters_by_name)
    with start_pbx(carrier, files, agents=20) as node:
        yield node, f"ami://dialplane:{secret}@{node.ami_host}:{node.ami_port}"


@pytest.fixture
def pbx_url(pbx: tuple[AsteriskNode, str]) -> str:
    """Where the site's connector finds its PBX."""
    return pbx[1]


@pytest.fixture
def postgres_url(set_up_url: str) -> str:
    """A PostgreSQL database of its own, with all tables."""
    return set_up_url


@pytest.fixture
def site_of(
    tmp_path: Path, postgres_url: str, redis_url: str, pbx_url: str
) -> Iterator[Callable[[int], RealSite]]:
    """`site_of(agents)`: a site whose simulated agents answer at real phones."""
    made: list[RealSite] = []

    def make(agents: int) -> RealSite:
        made.append(RealSite(tmp_path, postgres_url, redis_url, pbx_url, agents))
        return made[-1]

    yield make
    try:
        for site in made:
            assert site.broken() == {}
    finally:
        for site in made:
            site.close()


@pytest.fixture
def arrived(carrier: Carrier) -> Callable[[datetime], Counter[str]]:
    """How often each number was really dialled since then: the carrier's own book."""
    return lambda since: Counter(
        "+" + a.number.lstrip("+") for a in carrier.arrivals() if a.at >= since
    )
