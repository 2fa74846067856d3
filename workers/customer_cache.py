"""Customers in Redis, for who looks one up while a phone rings; the database stays the truth.

Theory. A record is kept for a minute at most, and forgotten as soon as its customer changes: the
store tells whom a transaction has changed, once it is committed (`Store.listeners`). Somebody who
has read the database before that, and comes to Redis after it, must not put the old record there:
so forgetting leaves a mark for some seconds, and a record is only ever put where nothing is. Who
took longer than the mark lasts puts nothing. Redis away means a look into the database, no more.
"""

import logging
import threading
import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import redis

from storage.customers import look
from storage.engine import Store
from storage.errors import NotThere
from workers.redis_server import locate
from workers.settings import Settings

log = logging.getLogger(__name__)

KEPT = 60  # seconds
MARK, MARKED = b"-", 6  # what forgetting leaves, and for how many seconds
IN_TIME = 4.0  # seconds within which a record is put, from when it was read
LONGEST_WAIT = 0.25  # seconds, for Redis
ASK_AGAIN = 5.0  # seconds after which Redis is looked for again where it was not there
_OF, _BY = "dialplane:customer:", "dialplane:customer-of:"
Client = Callable[[], "redis.Redis | None"]


class CustomerCache:
    """Looks customers up. `store` opens the database; `client` gives Redis, or None while there is
    none. Safe to share between threads."""

    def __init__(self, store: Callable[[], Store], client: Client) -> None:
        self._open = store
        self._client = client
        self._turn = threading.Lock()
        self._heard: Store | None = None

    def store(self) -> Store:
        """The database, whose changes by this process are forgotten here before it goes on."""
        store = self._open()
        with self._turn:
            if self._heard is not store:
                self._heard = store
                store.listeners.append(self.forget)
        return store

    def forget(self, customers: Collection[UUID]) -> None:
        """They have changed."""
        try:
            client = self._client()
            if client is not None:
                forget(client, customers)
        except redis.RedisError as away:
            log.warning("customers in Redis may be old for a minute: %s", away)

    def get(self, customer_id: UUID) -> bytes:
        """Everything of one customer, as JSON. Raises `NotThere`, `StorageError`."""
        found = self._read(f"{_OF}{customer_id}")
        if found is not None and found != MARK:
            return found
        began = time.monotonic()
        record = as_json(look.get(self.store(), customer_id))
        if found is None:
            self._put(f"{_OF}{customer_id}", record, began)
        return record

    def by_number(self, number: str) -> bytes:
        """The same by an E.164 number. Whose it is never changes, so that is kept longer."""
        found = self._read(f"{_BY}{number}")
        customer = UUID(found.decode()) if found else look.by_number(self.store(), number)
        if customer is None:
            raise NotThere("There is no customer with that number")
        if found is None:
            self._put(f"{_BY}{number}", str(customer).encode(), time.monotonic())
        return self.get(customer)

    def _read(self, key: str) -> bytes | None:
        try:
            client = self._client()
            return None if client is None else client.get(key)  # type: ignore[return-value]
        except redis.RedisError as away:
            log.debug("customers are read from the database: %s", away)
            return None

    def _put(self, key: str, value: bytes, began: float) -> None:
        if time.monotonic() - began > IN_TIME:
            return
        try:
            client = self._client()
            if client is not None:
                client.set(key, value, ex=KEPT, nx=True)
        except redis.RedisError as away:
            log.debug("a customer is not kept in Redis: %s", away)


class RedisNearby:
    """A site's Redis for who cannot wait: looked for when it is needed, and not each time."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: redis.Redis | None = None
        self._asked_at = -ASK_AGAIN

    def __call__(self) -> "redis.Redis | None":
        if self._client is None and time.monotonic() - self._asked_at >= ASK_AGAIN:
            self._asked_at = time.monotonic()
            if (url := locate(self._settings)) is not None:
                self._client = redis.Redis.from_url(
                    url, socket_timeout=LONGEST_WAIT, socket_connect_timeout=LONGEST_WAIT
                )
        return self._client


def forget(client: "redis.Redis", customers: Collection[UUID]) -> None:
    """They have changed. Raises `redis.RedisError`."""
    with client.pipeline(transaction=False) as pipe:
        for customer in customers:
            pipe.set(f"{_OF}{customer}", MARK, ex=MARKED)
        pipe.execute()


def as_json(value: Any) -> bytes:
    """Times in UTC, ending in Z."""
    return orjson.dumps(_plain(value))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value
