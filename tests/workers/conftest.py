"""Fixtures of the workers' tests."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator

import pytest
import redis

from workers.redis_server import connect

Probe = Callable[[], object]


@pytest.fixture
def client(redis_url: str) -> Iterator["redis.Redis"]:
    """A client of an empty Redis."""
    with connect(redis_url) as client:
        yield client


@pytest.fixture
def until() -> Callable[..., None]:
    """`until(probe, seconds)`: wait for the probe to be true; fail when it never is."""

    def wait(probe: Probe, seconds: float = 10) -> None:
        deadline = time.monotonic() + seconds
        while not probe():
            assert time.monotonic() < deadline, "waited in vain"
            time.sleep(0.01)

    return wait


@pytest.fixture
def soon() -> Callable[..., Awaitable[None]]:
    """`await soon(probe, seconds)`: the same while an event loop goes on."""

    async def wait(probe: Probe, seconds: float = 10) -> None:
        async with asyncio.timeout(seconds):
            while True:
                if probe():
                    return
                await asyncio.sleep(0.01)

    return wait
