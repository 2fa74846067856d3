"""Tells Redis which customers have changed, beside whoever changed them: nobody waits for Redis.

What cannot be told is passed over, with one line in the log: a record in Redis lasts a minute.
"""

import logging
import queue
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from uuid import UUID

import redis

from storage.engine import Store
from workers.customer_cache import forget

log = logging.getLogger(__name__)

MOST = 10_000  # customers' changes that wait to be told
SECONDS = 1.0
Url = Callable[[], str | None]


@contextmanager
def forgotten_in_redis(store: Store, url: Url) -> Iterator[None]:
    """What this process changes of customers is forgotten in Redis."""
    listener = Forgetting(url)
    store.listeners.append(listener)
    try:
        yield
    finally:
        store.listeners.remove(listener)
        listener.close()


class Forgetting:
    """A listener of a store (`Store.listeners`). `close` it in the end.

    `url`: where Redis is, asked for when it is needed; None: nowhere now.
    """

    def __init__(self, url: Url) -> None:
        self._url = url
        self._waiting: queue.Queue[frozenset[UUID] | None] = queue.Queue(MOST)
        self._client: redis.Redis | None = None
        self._thread = threading.Thread(target=self._run, name="forgetting", daemon=True)
        self._thread.start()

    def __call__(self, customers: Collection[UUID]) -> None:
        """These have changed. Returns at once."""
        try:
            self._waiting.put_nowait(frozenset(customers))
        except queue.Full:
            log.warning("Redis is behind: customers in it may be old for a minute")

    def close(self) -> None:
        """Tell what waits, and end; what is left after some seconds is passed over."""
        with suppress(queue.Full):
            self._waiting.put(None, timeout=SECONDS)
        self._thread.join(2 * SECONDS)

    def _run(self) -> None:
        while (customers := self._waiting.get()) is not None:
            self._tell(customers)
        if self._client is not None:
            self._client.close()

    def _tell(self, customers: frozenset[UUID]) -> None:
        try:
            client = self._connected()
            if client is not None:
                forget(client, customers)
        except redis.RedisError as away:
            self._client = None
            log.debug("Redis was not told which customers have changed: %s", away)

    def _connected(self) -> "redis.Redis | None":
        if self._client is None and (url := self._url()) is not None:
            self._client = redis.Redis.from_url(
                url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS
            )
        return self._client
