import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from storage import leases
from storage.errors import DatabaseUnavailable, LeaseLost
from workers import lease as module
from workers.lease import HeldLease


class Watch:
    """A clock that stands still until it is told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def held(make_site: Callable[..., Any], database_url: str, watch: Watch) -> HeldLease:
    site = make_site(database_url)
    held = HeldLease(site.store, site.lease(), watch)
    assert not held.fresh()  # when it was taken is not known
    held.renew()
    return held


def test_it_is_certain_for_its_time_and_no_longer(held: HeldLease, watch: Watch) -> None:
    assert held.fresh()
    watch.now += 2.99
    assert held.fresh()
    watch.now += 0.01
    assert not held.fresh()


def test_a_renewal_counts_from_when_it_was_asked_for(held: HeldLease, watch: Watch) -> None:
    watch.now += 5
    held.renew()
    assert held.fresh()
    watch.now += 3
    assert not held.fresh()


def test_a_renewal_after_a_takeover_says_so(held: HeldLease) -> None:
    leases.release(held._store, held.lease)
    assert leases.acquire(held._store, "spring", "w2") is not None
    with pytest.raises(LeaseLost, match="another worker"):
        held.renew()


def test_one_that_is_released_is_certain_no_more(held: HeldLease) -> None:
    held.release()
    assert not held.fresh()
    assert leases.acquire(held._store, "spring", "w2") is not None


def test_a_renewal_under_way_does_not_outlive_the_release(
    held: HeldLease, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, asked, answer = leases.renew, threading.Event(), threading.Event()

    def slow(*args: Any) -> bool:
        asked.set()
        answer.wait(10)
        return real(*args)

    monkeypatch.setattr(leases, "renew", slow)
    renewing = threading.Thread(target=held.renew)
    releasing = threading.Thread(target=held.release)
    renewing.start()
    assert asked.wait(10)
    releasing.start()
    answer.set()
    renewing.join()
    releasing.join()
    assert not held.fresh()
    assert leases.acquire(held._store, "spring", "w2") is not None


def test_one_that_is_released_is_not_renewed(held: HeldLease) -> None:
    held.release()
    held.renew()
    assert not held.fresh()
    assert leases.acquire(held._store, "spring", "w2") is not None


async def test_a_database_that_is_away_ends_nothing_but_certainty(
    held: HeldLease, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RENEW_SECONDS", 0.005)
    away, tried = [True], asyncio.Event()
    loop, real = asyncio.get_running_loop(), leases.renew

    def renew(*args: Any) -> bool:
        loop.call_soon_threadsafe(tried.set)
        if away[0]:
            raise DatabaseUnavailable("the database does not answer")
        return real(*args)

    monkeypatch.setattr(leases, "renew", renew)
    watch.now += 10
    with ThreadPoolExecutor(1) as pool:
        task = asyncio.create_task(held.keep(pool))
        async with asyncio.timeout(5):
            await tried.wait()
            assert not held.fresh()
            away[0] = False
            while not held.fresh():  # noqa: ASYNC110 - a thread changes it
                await asyncio.sleep(0.005)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
