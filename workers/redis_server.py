"""The Redis of a site: a configured server, else one found on the machine, else an embedded one.

A found or embedded server is started by the first process of the site that needs it, listens on
a socket in the home folder behind a password, keeps an append-only file, and ends with its
starter. `redis/where.json` tells the site's other processes its address; the address stays the
same over restarts, so that they find the next server under it. Whoever notices that nothing
answers there any more starts it again (`SiteRedis.keep`); a lock keeps two from doing so at once.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit

import redis

from workers.lifeline import Guarded
from workers.redis_binary import NoRedis, server_binary
from workers.redis_config import Where, config, new_address, still_usable
from workers.settings import FILE_NAME, Settings

START_SECONDS = 10.0


class SiteRedis:
    """This process's hold on the site's Redis. `url` holds the password: never print it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = settings.home / "redis"
        self._server: Guarded | None = None
        self.url = ""

    def start(self) -> None:
        """Find the site's Redis, or start it. Raises `NoRedis`."""
        if self._settings.redis_url is not None:
            self.url = self._settings.redis_url.get_secret_value()
            _require(self.url, self._settings.home / FILE_NAME)
            return
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _one_starter(self._folder / "lock"):
            found = locate(self._settings)
            self.url = found if found else self._launch()

    def keep(self) -> None:
        """Start it again where it was ours to start and is gone. Raises `NoRedis`."""
        if not answers(self.url):
            self.close()
            self.start()

    def client(self) -> "redis.Redis":
        """A connection pool of this process's own; use it after `start`."""
        return connect(self.url)

    def close(self) -> None:
        """Stop the server if this process started it. Safe to call twice."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def _launch(self) -> str:
        binary = server_binary()
        known = _read_where(self._folder)
        where = known if known and still_usable(known, self._folder) else new_address(self._folder)
        self._server = Guarded(
            [binary, "-"],
            stdin=config(self._folder, where).encode(),
            log=self._folder / "server.log",
            cwd=self._folder,
        )
        self._wait_until_up(binary, where.url)
        _write_where(self._folder, where)
        return where.url

    def _wait_until_up(self, binary: str, url: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not answers(url):
            if self._server is None or not self._server.running or time.monotonic() > deadline:
                self.close()
                log = self._folder / "server.log"
                raise NoRedis(f"{binary} did not start: {_last_line(log)} (more in {log})")
            time.sleep(0.02)


def locate(settings: Settings) -> str | None:
    """The URL of the site's Redis if one answers now; starts nothing."""
    if settings.redis_url is not None:
        url = settings.redis_url.get_secret_value()
        return url if answers(url) else None
    where = _read_where(settings.home / "redis")
    return where.url if where and answers(where.url) else None


def connect(url: str) -> "redis.Redis":
    """A client for `url` that gives up on a dead server instead of hanging."""
    return redis.Redis.from_url(url, socket_connect_timeout=5, health_check_interval=30)


def answers(url: str) -> bool:
    """Whether a Redis that takes our password answers at `url`."""
    if not url:
        return False
    client = redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)
    try:
        return bool(client.ping())
    except (redis.RedisError, OSError):
        return False
    finally:
        client.close()


@contextmanager
def _one_starter(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _require(url: str, file: Path) -> None:
    if not answers(url):
        where = urlsplit(url)
        place = f"{where.hostname}:{where.port or 6379}" if where.hostname else where.path
        raise NoRedis(
            f"{file}: redis_url: no Redis that takes this password answers at {place}; "
            "start it, or remove redis_url to use the embedded one"
        )


def _read_where(folder: Path) -> Where | None:
    """None when there is no such file, or it is not ours: then it is written anew."""
    try:
        return Where(**json.loads((folder / "where.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _write_where(folder: Path, where: Where) -> None:
    draft = folder / "where.json.new"
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(asdict(where), file)
    draft.replace(folder / "where.json")


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1].strip() if lines else "it said nothing"
