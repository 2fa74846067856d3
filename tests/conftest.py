"""Real parts for every test: each xdist worker has its own, on addresses of its own.

What is missing on the machine is fetched. A part that cannot be had fails the tests that need it,
with one sentence; nothing is skipped.
"""

import gc
import secrets
from collections.abc import Callable, Generator, Iterator
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import pytest
import redis
from sqlalchemy import Table

import lab.mariadb
import lab.postgres
import lab.tryton
import lab.valkey
from campaigns.effects import AgentChanged, AttemptEnded, Effect
from campaigns.spec.campaign import Campaign
from connectors.fake.presets import PRESETS
from dialplan_templates.render import asterisk_files
from lab.asterisk import AsteriskNode, start_pbx
from lab.carrier import Carrier, start_carrier
from lab.errors import LabError
from lab.mariadb import MariaDB
from lab.parts import ASTERISK, installed
from lab.postgres import Postgres
from lab.tryton import Tryton
from lab.valkey import Valkey
from lab.voice import find_espeak
from storage.tables.agents import AGENT_STATES
from storage.tables.attempts import ATTEMPTS
from tests import databases
from tests.lanes import in_lanes
from tests.score import score
from workers.redis_binary import NoRedis, server_binary
from workers.shift import Shift

T = TypeVar("T")
Rows: TypeAlias = dict[Table, list[dict[str, Any]]]
SHIFT_START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
PLACED = {
    "campaign_version": 1,
    "node": "main",
    "trunk": "carrier",
    "caller_id": "+12125550100",
    "token": 1,
    "state": "ended",
}
REAL_PARTS = {
    "asterisk_prefix": "asterisk",
    "espeak": "espeak",
    "mariadb": "mariadb",
    "postgres": "postgres",
    "tryton": "tryton",
    "valkey": "redis",
}
PROCESSES = ("cli", "docker", "lab", "storage", "system", "workers")
"""Folders whose tests start and kill processes of their own."""


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Thousands of tests are read, and stay: meanwhile nothing is looked through for what may go,
    and later what was read is left out of it."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Generator[None]:
    """A test that asks for a real part carries its marker; those that are left are put in lanes.

    Tests of real servers and processes measure the machine too: one that fails is run once more,
    by itself, and the report names it (RERUN). What is pure has to pass at once, and so has the
    contract: a connector that keeps it now and then does not keep it.
    """
    here = Path(__file__).parent
    for item in items:
        folder = item.path.relative_to(here).parts[0]
        asked = [m for f, m in REAL_PARTS.items() if f in getattr(item, "fixturenames", ())]
        for marker in asked:
            item.add_marker(marker)
        if folder != "contract" and (asked or folder in PROCESSES):
            item.add_marker(pytest.mark.flaky(reruns=1, reruns_delay=2))
    yield
    if processes := getattr(config, "workerinput", {}).get("workercount"):
        items[:] = in_lanes(items, processes, lambda item: item.path.relative_to(here))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Which of the seeded bugs were found."""
    if told := score(terminalreporter):
        terminalreporter.write_line(told)


@pytest.fixture(scope="session")
def asterisk_prefix() -> Path:
    """The root folder of an installed Asterisk."""
    return had(lambda: installed(ASTERISK))


@pytest.fixture(scope="session")
def espeak() -> Path:
    """A real eSpeak NG: the program."""
    return had(find_espeak)


@pytest.fixture(scope="session")
def carrier(asterisk_prefix: Path) -> Iterator[Carrier]:
    """The world behind the trunk: see `lab.carrier`."""
    with had(start_carrier) as server:
        yield server


@pytest.fixture(scope="session")
def plain_pbx(carrier: Carrier) -> Iterator[AsteriskNode]:
    """A stock pbx with a trunk and agents' phones and nothing of Dialplane's."""
    with had(lambda: start_pbx(carrier, name="plain")) as node:
        yield node


@pytest.fixture(scope="session")
def ami_secret() -> str:
    """The secret of the account `dialplane` on the pbx."""
    return secrets.token_hex(16)


@pytest.fixture(scope="session")
def asterisk_server(carrier: Carrier, ami_secret: str) -> Iterator[AsteriskNode]:
    """A pbx with a trunk "carrier", agents' phones, and Dialplane's own files."""
    by_name = had(lambda: carrier.build.event_filters_by_name)
    files = asterisk_files(secret=ami_secret, regex_filters=not by_name)
    with had(lambda: start_pbx(carrier, files, agents=50)) as node:
        yield node


@pytest.fixture
def asterisk(asterisk_server: AsteriskNode) -> Iterator[AsteriskNode]:
    """`asterisk_server`, which a test leaves without calls for the next one."""
    yield asterisk_server
    assert asterisk_server.hang_up_all(), "the PBX still holds calls after the test"


@pytest.fixture
def ami_url(asterisk: AsteriskNode, ami_secret: str) -> str:
    """Where a connector finds `asterisk`."""
    return f"ami://dialplane:{ami_secret}@{asterisk.ami_host}:{asterisk.ami_port}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server; `postgres_url` gives each test a database of its own."""
    with had(lab.postgres.start) as server:
        yield server


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """The SQLAlchemy URL of a new, empty database."""
    url = postgres.fresh()
    yield url
    postgres.drop(url.rpartition("/")[2])


@pytest.fixture(scope="session")
def postgres_template(postgres: Postgres) -> str:
    """The name of a database with all tables."""
    return databases.postgres_template(postgres)


@pytest.fixture
def set_up_url(postgres: Postgres, postgres_template: str) -> Iterator[str]:
    """As `postgres_url`, but with all tables."""
    url = postgres.copy(postgres_template)
    yield url
    postgres.drop(url.rpartition("/")[2])


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDB]:
    """A MariaDB server; `fresh` gives a database."""
    with had(lab.mariadb.start) as server:
        yield server


@pytest.fixture(scope="session")
def tryton() -> Iterator[Tryton]:
    """A Tryton server."""
    with had(lab.tryton.start) as server:
        yield server


@pytest.fixture(scope="session")
def valkey() -> Iterator[Valkey]:
    """A Redis or Valkey server; `redis_url` empties it for each test."""
    with had(lambda: lab.valkey.start(server_binary())) as server:
        yield server


@pytest.fixture
def redis_url(valkey: Valkey) -> str:
    """The URL of an empty Redis database."""
    with redis.from_url(valkey.url) as client:
        client.flushall()
    return valkey.url


@pytest.fixture(scope="session")
def shift_rows() -> Callable[[Campaign], Rows]:
    """What an hour of a campaign with ten agents leaves in the tables: for each, its rows."""
    kept: dict[str, Rows] = {}

    def rows_of(campaign: Campaign) -> Rows:
        key = campaign.model_dump_json()
        if key not in kept:
            shift = RecordedShift(campaign, PRESETS["default"], 10, 5, SHIFT_START)
            shift.run(1.0)
            kept[key] = shift.rows
        return kept[key]

    return rows_of


class RecordedShift(Shift):
    """A shift that writes down what a site's database would hold of it."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.rows: Rows = {ATTEMPTS: [], AGENT_STATES: []}

    def _watch(self, effect: Effect) -> None:
        super()._watch(effect)
        if isinstance(effect, AttemptEnded):
            told = {f.name: getattr(effect, f.name) for f in fields(effect)}
            told |= {"id": told.pop("attempt_id"), "customer_id": effect.lead_id}
            del told["agent_lost"]  # a line of history, no column
            self.rows[ATTEMPTS].append({**told, **PLACED, "campaign": self._campaign.name})
        elif isinstance(effect, AgentChanged):
            told = {name: getattr(effect, name) for name in ("agent", "at", "state", "reason")}
            self.rows[AGENT_STATES].append(
                {**told, "before": "offline", "campaign": self._campaign.name}
            )


def had(make: Callable[[], T]) -> T:
    """What `make` gives; where it cannot, the test fails with its sentence alone."""
    try:
        return make()
    except (LabError, NoRedis) as error:
        pytest.fail(str(error), pytrace=False)
