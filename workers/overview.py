"""The whole site at one look, from the database and from Redis: for health, metrics and pages.

Whoever is asked often asks here: a look is kept for a second, there is only one at a time, and
nobody waits for one for longer than `LONGEST`. A part that does not answer hides no other.
"""

import logging
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooSlow
from dataclasses import dataclass, field, replace
from typing import Any

import redis

from storage import outbox, pulls, receivers
from storage.backup.behind import seconds_behind
from storage.engine import Store, open_store
from storage.errors import StorageError
from storage.migrate import require_current
from storage.pulls import Progress
from storage.receivers import Standing as ReceiverStanding
from storage.standings import Standing, standings
from workers.inspecting import Inspector
from workers.live import read_live
from workers.queues_seen import QueueSeen, queues_seen
from workers.redis_server import locate
from workers.settings import Settings
from workers.shot import StrangeSnapshot
from workers.sweeper import TURN_KEY

log = logging.getLogger(__name__)

KEPT = 1.0  # seconds
LONGEST = 4.0  # seconds; Prometheus itself waits for ten
REDIS_SECONDS = 2.0
NO_REDIS = "Redis does not answer; where it is not a server of your own, a worker starts it"
STRANGE = "Redis holds what no program of this site has written; see docs/queue.md on who else can"


@dataclass(frozen=True, slots=True)
class Overview:
    """What was seen. `database`, `redis`: a sentence about what is wrong with it, else empty.

    `unsent`, `oldest`: messages that are to be delivered yet, and the oldest one's age in seconds.
    `receivers`: how each of them stands; `pulled`: how each CRM does that is pulled from.
    `behind`: seconds since whoever follows the database last wrote down what changes; None: nobody
    follows it. `replica`: why the database is read instead of its replica, empty: it is not, None:
    there is none. `live`: the latest snapshot of each campaign that is being dialled; `unreadable`:
    those whose snapshot is none that a worker writes. `swept`: a supervisor is at work. `broken`:
    rows by the invariant that they break, as of `checked_at` (seconds since the epoch). `took`:
    seconds.
    """

    database: str = ""
    redis: str = ""
    campaigns: tuple[Standing, ...] = ()
    unsent: int = 0
    oldest: float = 0.0
    receivers: tuple[ReceiverStanding, ...] = ()
    pulled: tuple[Progress, ...] = ()
    behind: float | None = None
    replica: str | None = None
    live: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    unreadable: tuple[str, ...] = ()
    queues: tuple[QueueSeen, ...] = ()
    swept: bool = False
    broken: Mapping[str, int] | None = None
    checked_at: float = 0.0
    took: float = 0.0


class Lookout:
    """Looks at one site. Safe to share between threads; `close` it in the end."""

    def __init__(self, settings: Settings) -> None:
        self.inspector = Inspector(self.store)  # for who starts it
        self._settings = settings
        self._store: Store | None = None
        self._client: redis.Redis | None = None
        self._turn = threading.Lock()
        self._looking: Future[Overview] | None = None
        self._seen = Overview()
        self._strange: set[str] = set()  # what was logged already
        self._until = 0.0  # what was seen is good until then

    def look(self) -> Overview:
        """What there is, at most a second old. Raises nothing: what is wrong is in it."""
        with self._turn:
            if time.monotonic() < self._until:
                return self._seen
            looking = self._looking = self._looking or self._begin()
        try:
            return looking.result(LONGEST)
        except TooSlow:
            slow = f"no answer within {LONGEST:.0f} s"
            return Overview(f"The database: {slow}", f"Redis: {slow}", took=LONGEST)

    def store(self) -> Store:
        """The site's database, opened when it is first needed. Raises `StorageError`."""
        if self._store is None:
            url = self._settings.database_url.get_secret_value()
            self._store = open_store(url, *self._settings.late_reads())
        return self._store

    def close(self) -> None:
        """Let go of everything."""
        self.inspector.stop()
        if self._store is not None:
            self._store.close()
        if self._client is not None:
            self._client.close()

    def _begin(self) -> "Future[Overview]":
        """A daemon's thread: one that waits for a server that stands still keeps nobody here."""
        looking: Future[Overview] = Future()
        threading.Thread(target=self._finish, args=(looking,), name="lookout", daemon=True).start()
        return looking

    def _finish(self, looking: "Future[Overview]") -> None:
        try:
            seen = self._look()
        except BaseException as fault:
            self._looking = None
            looking.set_exception(fault)
            raise
        with self._turn:
            self._looking, self._seen, self._until = None, seen, time.monotonic() + KEPT
        looking.set_result(seen)

    def _look(self) -> Overview:
        began = time.monotonic()
        seen = self._see_redis(self._see_database(Overview()))
        return replace(
            seen,
            broken=self.inspector.found,
            checked_at=self.inspector.at,
            took=time.monotonic() - began,
        )

    def _see_database(self, seen: Overview) -> Overview:
        try:
            require_current(self.store())
            found = tuple(standings(self.store()))
            unsent, oldest = outbox.unsent(self.store())
            each = tuple(receivers.standings(self.store()))
            pulled = tuple(pulls.progress(self.store()).values())
            behind = seconds_behind(self.store())
            late = _see_replica(self.store())
        except StorageError as wrong:
            return replace(seen, database=str(wrong))
        oldest = max(0.0, oldest)
        told = replace(seen, unsent=unsent, oldest=oldest, receivers=each, pulled=pulled)
        return replace(told, campaigns=found, behind=behind, replica=late)

    def _see_redis(self, seen: Overview) -> Overview:
        try:
            client = self._client = self._client or _connect(self._settings)
            if client is None:
                return replace(seen, redis=NO_REDIS)
            return _from_redis(client, self._see_live(client, seen))
        except ValueError:
            return replace(seen, redis=STRANGE)
        except redis.RedisError:
            if self._client is not None:
                self._client.close()
            self._client = None  # it may come back under another address
            return replace(seen, redis=NO_REDIS)

    def _see_live(self, client: "redis.Redis", seen: Overview) -> Overview:
        """A snapshot that cannot be read hides no other, and is logged once."""
        live, strange = dict[str, dict[str, Any]](), set[str]()
        for name in [campaign.name for campaign in seen.campaigns if campaign.dialled]:
            try:
                if (shot := read_live(client, name)) is not None:
                    live[name] = shot
            except StrangeSnapshot as wrong:
                strange.add(name)
                if name not in self._strange:
                    log.warning("%s", wrong)
        self._strange = strange
        return replace(seen, live=live, unreadable=tuple(sorted(strange)))


def _see_replica(store: Store) -> str | None:
    if store.replica is None:
        return None
    return store.replica.look(store.engine).why


def _connect(settings: Settings) -> "redis.Redis | None":
    url = locate(settings)
    if url is None:
        return None
    return redis.Redis.from_url(
        url, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS
    )


def _from_redis(client: "redis.Redis", seen: Overview) -> Overview:
    return replace(seen, queues=queues_seen(client), swept=bool(client.exists(TURN_KEY)))
