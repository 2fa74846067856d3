"""Fixtures of the workers' tests: a site of its own, with a real server, for each module."""

from collections.abc import Iterator

import pytest
import redis

from workers.redis_server import SiteRedis, connect
from workers.settings_file import load_settings


@pytest.fixture(scope="module")
def site_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiteRedis]:
    """A Redis of the module's own: found on the machine, or the embedded one."""
    site = SiteRedis(load_settings(tmp_path_factory.mktemp("site"), {}))
    site.start()
    yield site
    site.close()


@pytest.fixture
def client(site_redis: SiteRedis) -> Iterator["redis.Redis"]:
    """A client of the module's Redis, emptied before each test."""
    with connect(site_redis.url) as client:
        for key in client.scan_iter(count=1000):
            client.delete(key)
        yield client
