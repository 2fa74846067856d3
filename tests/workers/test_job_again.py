"""A dial job that is put again, as it was, by somebody who can write to Redis: nobody rings twice.

Its seal is good for an hour. What keeps a second run from dialling is the lease in the database
and its fencing token, not the queue.
"""

from collections.abc import Callable
from typing import Any

import pytest
import redis

from campaigns.orders import CampaignState, LogIn
from storage import leases
from storage.orders import put_order
from workers.children import Children
from workers.flag import Flag
from workers.jobs import DIAL
from workers.queue import ring

LEADS = 40


def test_two_runs_of_one_dial_job_call_everybody_once(
    make_site: Callable[..., Any],
    client: "redis.Redis",
    monkeypatch: pytest.MonkeyPatch,
    until: Callable[..., None],
) -> None:
    site = make_site(pbx="fake://demo?seed=5&speed=30")
    for name, value in site.environ.items():
        monkeypatch.setenv(name, value)
    site.campaign(leads=LEADS, agents=6)
    for number in range(6):
        put_order(site.store, "spring", LogIn(f"agent-{number:02d}", f"agent-{number:02d}", "main"))
    ring(client, "run_campaign", "spring", keys=site.keys)
    [stolen] = client.scan_iter("rq:job:*")
    copy: Any = client.hgetall(stolen)

    def again() -> None:
        client.hset(stolen, mapping=copy)
        client.rpush(f"rq:queue:{DIAL}", stolen.removeprefix(b"rq:job:"))

    again()  # two of it wait before anybody works
    two = Children(site.settings, (DIAL,), "test")
    try:
        two.fill(lambda: [])
        until(lambda: leases.held(site.store), 60)
        two.fill(lambda: two.names(DIAL))  # the first one dials, as far as it knows
        again()
        until(lambda: len(site.attempts()) > 5, 60)
        again()
        until(lambda: site.stored().actual is CampaignState.FINISHED, 60)
        again()
        until(lambda: not client.exists(f"rq:queue:{DIAL}"), 30)
    finally:
        two.stop(10.0, Flag())

    rows = site.attempts()
    assert len(rows) == LEADS
    assert len({row.number for row in rows}) == LEADS
    assert {row.token for row in rows} == {1}  # who came second never held the lease meanwhile
