"""Originates a second through the whole dialling path, against a bare AMI client.

The path is the product's own: `workers.dialling.Dialling` dials a campaign. Its hopper is filled
from PostgreSQL (fsync on), claims commit every attempt before its originate is sent, the connector
sends it, events come back through the dialler, results are recorded, the lease is renewed.

Both dial the same real Asterisk, as the same AMI user, with the same number of calls in flight at
most. All the customers ring for a while and are busy then. What counts is the rate at which calls
end, once the first are over and before the last begin. Two loads:

- as a site has it: calls of a second, which is short; so many in flight that nothing is full;
- as fast as it goes: calls so short that Asterisk, its carrier, PostgreSQL and the worker share
  out this machine's processors. An attempt that is being committed counts as in flight with us.

Ten calls for each free agent, as here, are more than the abandonment guard allows on most days;
so the day begins with as many conversations on record as give it that room.
"""

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import func, select

from campaigns.effects import AttemptEnded, Effect
from campaigns.orders import LogIn
from campaigns.outcomes import Outcome
from campaigns.spec.campaign import Campaign
from dialplan_templates.render import asterisk_files
from lab.asterisk import start_pbx
from lab.build import find_build
from lab.postgres import Postgres
from lab.sipp import start_sipp
from storage import campaigns, leases
from storage.engine import Store
from storage.tables.attempts import ATTEMPTS
from workers.bench import bare_ami
from workers.bench.rounds import ROUNDS, BenchFailed, medians, run_in_time
from workers.bench.rows import Row
from workers.bench.site import converse, filled, opened, postgresql, take_lease
from workers.context import Context
from workers.crew import Crew
from workers.dialling import Dialling
from workers.flag import Flag
from workers.settings import Settings

EDGES = 0.1  # of the calls, at the beginning and at the end, that are not counted
NAME = "bench"
LINES = 10  # for each agent
LIMIT = 0.2  # of abandonment: the greatest that a campaign may have
BARE, OURS = "a bare AMI client", "ours"


@dataclass(frozen=True)
class Load:
    """How both dial: so many calls, of which so many are in flight; each rings `ring` seconds."""

    name: str
    trunk: str
    ring: float
    in_flight: int
    calls: int
    reach: float | None = None

    @property
    def agents(self) -> int:
        return ceil(self.in_flight / LINES)

    @property
    def conversations(self) -> int:
        """So many of the same day let the guard have `in_flight` calls beyond the free agents."""
        return ceil(self.in_flight * (1 - LIMIT) / LIMIT) + 1


LOADS = (
    Load("originates", "carrier", ring=1.0, in_flight=150, calls=1200, reach=0.9),
    Load("originates, as fast as it goes", "quick", ring=0.3, in_flight=150, calls=1200),
)


@dataclass(frozen=True)
class Pbx:
    """The Asterisk that is dialled on."""

    host: str
    port: int
    secret: str
    user: str = "dialplane"

    @property
    def url(self) -> str:
        return f"ami://{self.user}:{self.secret}@{self.host}:{self.port}"


def bench_originates(loads: tuple[Load, ...] = LOADS) -> list[Row]:
    """Calls per second, for each load."""
    with postgresql() as server, asterisk(loads) as pbx:
        return [_row(load, pbx, server) for load in loads]


@contextmanager
def asterisk(loads: tuple[Load, ...]) -> Iterator[Pbx]:
    """A real Asterisk with Dialplane's files, and a SIPp behind the trunk of each load."""
    secret = secrets.token_hex(16)
    files = asterisk_files(secret=secret, regex_filters=not find_build().event_filters_by_name)
    with ExitStack() as stack:
        carriers = {
            load.trunk: stack.enter_context(start_sipp(ring=load.ring, busy=True)) for load in loads
        }
        phones = stack.enter_context(start_sipp(ring=0.1, talk=3600))
        agents = max(load.agents for load in loads)
        node = stack.enter_context(start_pbx(phones, files, agents=agents, trunks=carriers))
        yield Pbx(node.ami_host, node.ami_port, secret)


def _row(load: Load, pbx: Pbx, server: Postgres) -> Row:
    url = server.fresh()
    with tempfile.TemporaryDirectory(prefix="dialplane-bench-") as home, opened(url) as store:
        leads = load.conversations + ROUNDS * (load.calls + 2 * load.in_flight)
        site = filled(store, plan(load), leads)
        converse(site, load.conversations)
        leases.release(store, site.lease)
        settings = Settings(
            home=Path(home),
            database_url=SecretStr(url),
            pbx={"main": SecretStr(pbx.url)},
            recordings=Path(home),
        )
        found = medians(
            {
                BARE: lambda: _bare(load, pbx),
                OURS: lambda: _whole(load, settings, store),
            }
        )
    note = f"{load.in_flight} in flight, each rings {load.ring:g} s; {load.calls} calls a round"
    return Row(load.name, found[OURS], "calls/s", found[BARE], BARE, load.reach, note)


def _bare(load: Load, pbx: Pbx) -> float:
    address, login = (pbx.host, pbx.port), (pbx.user, pbx.secret)
    dial = bare_ami.ended_at(address, login, load.trunk, load.calls, load.in_flight)
    return steady(run_in_time("a bare AMI client", dial), load.calls)


def _whole(load: Load, settings: Settings, store: Store) -> float:
    """Dial on, and stop once enough calls are over. All of them must be stored then."""
    before = _stored(store)
    context = Context(settings, store, redis_url="", worker="bench")
    ended = run_in_time("originates", _dial(context, load))
    stored = _stored(store) - before
    if stored != len(ended):
        raise BenchFailed(f"{len(ended)} calls ended busy, but {stored} are stored as such")
    return steady([at.timestamp() for at in ended], load.calls)


async def _dial(context: Context, load: Load) -> list[datetime]:
    stored = campaigns.get(context.store, NAME)
    logins = [LogIn(f"agent-{n}", f"{1001 + n}", "main") for n in range(load.agents)]
    crew = Waiting(stored.spec, logins, load.calls, context.stop)
    lease = take_lease(context.store, NAME)
    await Dialling(context, stored, lease, crew, logins).run()
    return crew.ended


class Waiting(Crew):
    """Agents who wait: no customer answers. Sets `stop` after `calls` calls."""

    def __init__(self, campaign: Campaign, logins: list[LogIn], calls: int, stop: Flag) -> None:
        super().__init__(campaign, [login.agent for login in logins], seed=1)
        self.ended: list[datetime] = []
        self._calls = calls
        self._stop = stop

    def seen(self, effect: Effect, now: datetime) -> None:
        super().seen(effect, now)
        if isinstance(effect, AttemptEnded) and effect.outcome is Outcome.BUSY:
            self.ended.append(effect.ended_at)
            if len(self.ended) == self._calls:
                self._stop.set()


def plan(load: Load) -> Campaign:
    """A campaign that keeps all of its trunk's channels in use."""
    return Campaign.model_validate(
        {
            "name": NAME,
            "mode": "power",
            "trunks": [{"name": load.trunk, "channels": load.in_flight, "calls_per_second": 1000}],
            "caller_ids": ["+12125550100"],
            "agents": {"teams": ["all"]},
            "abandonment": {"limit": LIMIT, "target": LIMIT / 2},
            "leads": {"list": "bench"},
            "attempts": {"per_lead": 1},
            "windows": {"timezone": "UTC", "hours": [{"from": "00:00", "to": "24:00"}]},
            "dispositions": [{"name": "sale", "success": True}],
            "pacing": {"calls_per_second": 1000, "lines_per_agent": LINES},
        }
    )


def _stored(store: Store) -> int:
    """How many attempts are stored with their result."""
    query = select(func.count()).where(ATTEMPTS.c.outcome == Outcome.BUSY.value)
    with store.reading() as connection:
        return int(connection.execute(query).scalar_one())


def steady(ended: list[float], calls: int) -> float:
    """Calls per second between the edges. Raises `BenchFailed` when there were too few."""
    if len(ended) < calls:
        raise BenchFailed(f"only {len(ended)} of {calls} calls came to an end")
    first, last = int(EDGES * calls), int((1 - EDGES) * calls) - 1
    times = sorted(ended)
    return (last - first) / (times[last] - times[first])
