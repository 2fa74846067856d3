"""A site under a storm: PostgreSQL, Redis, a PBX over the wire, real worker processes."""

import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import lab.postgres
import lab.valkey
from campaigns.orders import CampaignState
from campaigns.spec.campaign import Campaign
from connectors.fake.world import World
from lab.child import Child
from lab.phones import phone_of
from lab.postgres import Postgres
from lab.valkey import Valkey
from lab.wait import until
from storage import attempts, campaigns, leases
from storage.engine import open_store
from storage.errors import StorageError
from storage.leases import Lease
from storage.migrate import create_or_upgrade
from storms.api import Api
from storms.plan import fill
from storms.served import Served
from storms.storm import StormFailed
from workers.redis_binary import server_binary

START_SECONDS = 60.0
_JOB_KEY = secrets.token_urlsafe(32)


class Site:
    """What a storm strikes. `workers`: each a supervisor, as `dialplane worker` starts it."""

    def __init__(
        self,
        home: Path,
        postgres: Postgres,
        valkey: Valkey,
        url: str,
        database: str,
    ) -> None:
        self.home = home
        self.postgres, self.valkey = postgres, valkey
        self.store = open_store(database)
        self.workers: list[Child] = []
        self.api = Api(self._start)
        self.environ = {
            "DIALPLANE_HOME": str(home),
            "DIALPLANE_DATABASE_URL": database,
            "DIALPLANE_REDIS_URL": valkey.url,
            "DIALPLANE_PBX_MAIN": url,
            "DIALPLANE_JOB_KEYS": _JOB_KEY,
            "DIALPLANE_DRAIN_SECONDS": "3",
            "DIALPLANE_LOG_LEVEL": "warning",
        }
        create_or_upgrade(self.store)

    def dial(self, spec: Campaign, numbers: list[str], agents: int) -> None:
        """Put a campaign in and start it; its agents are simulated by whoever dials it."""
        fill(self.store, spec, numbers, [phone_of(n) for n in range(agents)])
        self.environ["DIALPLANE_SIMULATED_AGENTS"] = str(agents)

    def worker(self) -> Child:
        """Start one more."""
        self.workers.append(self._start("worker", log=f"worker-{len(self.workers)}.log"))
        return self.workers[-1]

    def own(self) -> list[int]:
        """The processes of Dialplane that were started here, and are running."""
        return [*(one.pid for one in self.workers if one.running), *self.api.pids]

    def lease(self, name: str) -> Lease | None:
        """Who dials now; None: nobody, or the database is away."""
        try:
            seen = leases.look(self.store, name)
        except StorageError:
            return None
        return None if seen is None or seen.lapsed else seen.lease

    def until(self, probe: Callable[[], object], seconds: float, what: str) -> float:
        """Seconds until it is so. Raises `StormFailed` with the workers' last words."""
        begun = time.monotonic()
        if not until(probe, seconds, every=0.05):
            raise StormFailed(f"in {seconds:g} s never: {what}; {self._words()}")
        return time.monotonic() - begun

    def stop(self, name: str) -> None:
        """Dial no more."""
        campaigns.set_wanted(self.store, name, CampaignState.STOPPED, datetime.now(UTC))

    def is_settled(self, name: str) -> bool:
        """Nobody's attempt is open."""
        try:
            return not attempts.open_attempts(self.store, name)
        except StorageError:
            return False

    def close(self) -> None:
        for worker in self.workers:
            worker.stop(15)
        self.api.stop()
        self.store.close()

    def _start(self, *words: str, log: str) -> Child:
        program = Path(sys.executable).with_name("dialplane")
        return Child([program, *words], log=self.home / log, sweep=self.home, env=self.environ)

    def _words(self) -> str:
        logs = [path.read_text(errors="replace") for path in self.home.glob("worker-*.log")]
        lines = [line for log in logs for line in log.splitlines()[-3:]]
        return "the workers said: " + " | ".join(lines)[-600:]


@contextmanager
def site(world: World, seed: int) -> Iterator[tuple[Site, Served]]:
    """A site with everything but a campaign and workers. Nothing is left of it."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dialplane-storm-")))
        postgres = stack.enter_context(lab.postgres.start(durable=True))
        valkey = stack.enter_context(lab.valkey.start(server_binary(), keeps=True))
        served = stack.enter_context(Served(world, seed))
        made = Site(home, postgres, valkey, served.url, postgres.fresh())
        stack.callback(made.close)
        yield made, served


def children(queue: str, supervisors: list[Child]) -> dict[str, int]:
    """The worker processes of a queue under these supervisors: name and process id.

    Each is a child of its supervisor's nursery.
    """
    parents = {str(one.pid) for one in supervisors if one.running}
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_text().strip("\0").split()
            grandparent = _parent(_parent(folder.name))
        except (OSError, UnicodeDecodeError):
            continue
        if "workers.child" in words and queue in words and grandparent in parents:
            found[words[words.index("workers.child") + 2]] = int(folder.name)
    return found


def _parent(pid: str) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]
