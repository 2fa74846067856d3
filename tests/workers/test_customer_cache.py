"""A customer in Redis is as in the database, whoever changes it, and whatever Redis does."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import orjson
import pytest
import redis

from storage.customers import look, touches
from storage.customers.changes import By
from storage.customers.given import GivenCustomer
from storage.customers.sync import sync
from storage.engine import Store, open_store
from storage.errors import NotThere
from tests.databases import set_up
from workers import customer_cache
from workers.customer_cache import CustomerCache
from workers.forgetting import Forgetting, forgotten_in_redis

NUMBER = "+8613912345678"
BY = By("api:crm", "crm")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = set_up(f"sqlite:///{tmp_path / 'site.db'}")
    yield store
    store.close()


@pytest.fixture
def client(redis_url: str) -> Iterator["redis.Redis"]:
    with redis.Redis.from_url(redis_url) as client:
        yield client


def tell(store: Store, name: str) -> UUID:
    given = [GivenCustomer("C-1", name=name, numbers=(NUMBER,))]
    [row] = sync(store, "crm", given, BY, datetime.now(UTC))
    return UUID(row["customer_id"])


def name_in(record: bytes) -> str:
    return str(orjson.loads(record)["name"])


def test_a_customer_is_looked_up_in_the_database_once(
    store: Store, client: "redis.Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, customer = CustomerCache(lambda: store, lambda: client), tell(store, "王小明")
    first = cache.by_number(NUMBER)
    monkeypatch.setattr(look, "get", lambda *_: pytest.fail("the database was asked"))
    monkeypatch.setattr(look, "by_number", lambda *_: pytest.fail("the database was asked"))
    assert cache.by_number(NUMBER) == cache.get(customer) == first
    assert name_in(first) == "王小明"


def test_who_changes_a_customer_here_sees_it_changed(store: Store, client: "redis.Redis") -> None:
    cache, customer = CustomerCache(lambda: store, lambda: client), tell(store, "王一")
    for name in ("王二", "王三"):
        cache.get(customer)
        tell(store, name)
        assert name_in(cache.get(customer)) == name


def test_what_was_read_before_a_change_is_not_put_after_it(
    store: Store, client: "redis.Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    """The change comes between the look into the database and the one that puts into Redis."""
    cache, customer = CustomerCache(lambda: store, lambda: client), tell(store, "王一")
    read = look.get

    def slow(store: Store, customer_id: UUID) -> object:
        found = read(store, customer_id)
        tell(store, "王二")
        return found

    monkeypatch.setattr(look, "get", slow)
    assert name_in(cache.get(customer)) == "王一"
    monkeypatch.undo()
    assert name_in(cache.get(customer)) == "王二"


def test_another_process_forgets_too(
    store: Store,
    client: "redis.Redis",
    redis_url: str,
    tmp_path: Path,
    until: Callable[..., object],
) -> None:
    cache, customer = CustomerCache(lambda: store, lambda: client), tell(store, "王一")
    other = open_store(f"sqlite:///{tmp_path / 'site.db'}")
    cache.get(customer)
    with forgotten_in_redis(other, lambda: redis_url):
        tell(other, "王二")
    assert name_in(cache.get(customer)) == "王二"
    cache.get(customer)
    with forgotten_in_redis(other, lambda: None):
        touches.note(other, customer, "备注", BY, datetime.now(UTC))
    assert other.listeners == []
    other.close()


def test_without_redis_the_database_is_asked(store: Store) -> None:
    customer = tell(store, "王小明")
    nowhere = redis.Redis(port=1, socket_connect_timeout=0.1)
    for client in (lambda: None, lambda: nowhere):
        cache = CustomerCache(lambda: store, client)
        assert name_in(cache.by_number(NUMBER)) == "王小明"
        assert name_in(cache.get(customer)) == "王小明"
        cache.forget([customer])
        with pytest.raises(NotThere):
            cache.by_number("+8613912345679")
        with pytest.raises(NotThere):
            cache.get(uuid4())


def test_who_took_too_long_puts_nothing(
    store: Store, client: "redis.Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, customer = CustomerCache(lambda: store, lambda: client), tell(store, "王小明")
    monkeypatch.setattr(customer_cache, "IN_TIME", -1.0)
    cache.get(customer)
    assert client.dbsize() == 0


def test_a_redis_that_is_away_holds_nobody_up(store: Store) -> None:
    listener = Forgetting(lambda: "redis://127.0.0.1:1")
    for _ in range(20_000):
        listener([uuid4()])
    listener.close()
