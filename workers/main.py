"""What `dialplane worker` and `dialplane up` run: a supervisor of worker processes.

It finds or starts Redis, sweeps, and keeps its processes going until SIGTERM or Ctrl-C. Then the
workers drain: no new calls, those in progress may end (`drain_seconds`), results are stored, the
leases are given back. A second SIGTERM or Ctrl-C ends the waiting for calls, a third one ends
everything at once.
"""

import fcntl
import logging
import os
import re
import secrets
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import redis

from storage import leases
from storage.engine import Store, open_store
from storage.errors import StorageError
from storage.migrate import create_or_upgrade, require_current
from workers.children import LEAVE_SECONDS, Children
from workers.crms import pulled_ones
from workers.flag import Flag
from workers.job_keys import Keys, require_keys, set_up_keys
from workers.jobs import DIAL, QUEUES
from workers.lease import standing_by
from workers.logs import set_up_logs
from workers.receivers import names
from workers.redis_binary import NoRedis
from workers.redis_server import SiteRedis
from workers.settings import Settings
from workers.speaking import cache_of
from workers.stopping import tell_what_is_left
from workers.sweeper import Sweeper

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.25

Told = Callable[[str], None]


class SiteBusy(Exception):
    """A sentence: another `dialplane up` runs this site already."""


def run_site(settings: Settings, tell: Told = log.info) -> None:
    """Everything a small site needs, until SIGTERM or Ctrl-C: database, Redis, workers, sweeper.

    `tell` gets sentences for the person at the terminal. Raises `SiteBusy`, `NoRedis`,
    `SettingsError` and `StorageError`; nothing is left running then.
    """
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _only_one(settings.home / "up.lock"):
        _supervise(settings, QUEUES, tell, _set_up)


def run_worker(settings: Settings, queues: Sequence[str] = QUEUES, tell: Told = log.info) -> None:
    """Worker processes for `queues` on this machine, beside whatever others there are.

    The database and the job keys must have been set up. Raises as `run_site` does, but for
    `SiteBusy`.
    """
    _supervise(settings, queues, tell, _is_set_up)


def _set_up(settings: Settings, store: Store) -> Keys:
    create_or_upgrade(store)
    set_up_keys(settings, store)
    return require_keys(settings, store)


def _is_set_up(settings: Settings, store: Store) -> Keys:
    require_current(store)
    return require_keys(settings, store)


def _supervise(
    settings: Settings,
    queues: Sequence[str],
    tell: Told,
    prepare: Callable[[Settings, Store], Keys],
) -> None:
    set_up_logs(settings.log_level, settings.log_format)
    database = settings.database_url.get_secret_value()
    with (
        _signals() as stop,
        closing(open_store(database)) as store,
        closing(SiteRedis(settings)) as site,
    ):
        keys = prepare(settings, store)
        site.start()
        for lease in leases.held(store):
            tell(standing_by(lease))
        with _sweeping(settings, store, site, keys):
            _keep_going(settings, queues, site, store, stop)
            if DIAL in queues:
                tell_what_is_left(store, stop, tell)


def _keep_going(
    settings: Settings, queues: Sequence[str], site: SiteRedis, store: Store, stop: Flag
) -> None:
    children = Children(settings, queues, _process_name())
    client = site.client()
    try:
        while not stop.is_set():
            _free_leases(store, children.bury())
            if _is_up(client):
                children.fill(partial(_holders, store))
            else:
                client = _found_again(site, client, children)
            stop.wait(LOOK_SECONDS)
    finally:
        children.stop(settings.drain_seconds + LEAVE_SECONDS, stop)
        client.close()


def _free_leases(store: Store, dead: Sequence[str]) -> None:
    """A process of ours that has ended dials no more: nobody need wait for its leases to lapse."""
    if not dead:
        return
    try:
        for lease in leases.held(store):
            if lease.holder in dead:
                leases.release(store, lease)
    except StorageError as away:
        log.warning("the leases of %s lapse by themselves: %s", ", ".join(dead), away)


def _holders(store: Store) -> list[str] | None:
    """Who dials, wherever; None while the database is away."""
    try:
        return [lease.holder for lease in leases.held(store)]
    except StorageError as away:
        log.debug("who dials cannot be told: %s", away)
        return None


def _is_up(client: "redis.Redis") -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False


def _found_again(site: SiteRedis, client: "redis.Redis", children: Children) -> "redis.Redis":
    """The client to go on with. A Redis that came back under another address gets new workers."""
    before = site.url
    try:
        site.keep()
    except NoRedis as away:
        log.warning("%s", away)
    if site.url == before:
        return client
    client.close()
    children.renew()
    return site.client()


@contextmanager
def _sweeping(settings: Settings, store: Store, site: SiteRedis, keys: Keys) -> Iterator[None]:
    stop = threading.Event()
    name = _process_name()
    sounds = cache_of(settings)
    sweeper = Sweeper(
        store,
        site.client,
        name,
        settings.recordings,
        keys=keys,
        sounds=sounds,
        checks=settings.number_check is not None,
        receivers=names(settings),
        sources=tuple(pulled_ones(settings)),
        kept_days=settings.kept_days,
    )
    thread = threading.Thread(target=sweeper.run, args=(stop,), name="sweeper", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=5)


@contextmanager
def _signals() -> Iterator[Flag]:
    """SIGTERM and Ctrl-C raise the flag, from the first step on.

    The exception that Python would raise instead may come inside a library that swallows it; then
    nothing would ever end.
    """
    stop = Flag()

    def heard(_signum: int, _frame: Any) -> None:
        stop.set()

    before = {number: signal.signal(number, heard) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    with path.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            raise SiteBusy(
                f"this site is up already (process {lock.read().strip() or 'unknown'}); "
                "stop that one first, or add workers with: dialplane worker"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _process_name() -> str:
    """Unlike any other's: in a container every supervisor may be process 1 of the same host."""
    host = re.sub(r"[^A-Za-z0-9-]", "-", socket.gethostname())[:40]
    return f"{host}-{os.getpid()}-{secrets.token_hex(2)}"
