"""The sweeper rings for months that are not there, and the job makes them."""

from collections.abc import Callable
from typing import Any

import pytest
import redis
from sqlalchemy import text

from storage.partitioning.catalog import months_of
from storage.partitioning.convert import partition
from storage.partitioning.upkeep import due, standing
from workers import months
from workers.jobs import SHORT
from workers.queue import queue
from workers.sweeper import Sweeper


@pytest.fixture
def site(make_site: Callable[..., Any], postgres_url: str) -> Any:
    return make_site(postgres_url)


def test_a_month_that_is_not_there_is_rung_for_and_made(
    site: Any, client: "redis.Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    def swept() -> list[str]:
        Sweeper(site.store, lambda: client, "s1", keys=site.keys).sweep()
        return list(queue(SHORT, client).get_job_ids())

    assert swept() == []
    partition(site.store)
    assert swept() == []
    told = standing(site.store)
    assert told is not None
    with site.store.writing() as connection:
        parts = months_of(connection, "attempts")
        last = max((p for p in parts if p.high is not None), key=lambda p: str(p.high))
        connection.execute(text(f"DROP TABLE {last.name}"))
    [job] = swept()
    assert job.startswith("months-")
    monkeypatch.setattr(months, "current", lambda: site)
    months.make_months()
    assert not due(site.store)
    assert standing(site.store) == told
