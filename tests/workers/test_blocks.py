"""Take-overs of a campaign whose limit is kept over blocks of days."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from campaigns.cover import cover
from campaigns.dialler import Dialler
from campaigns.guard import Tally, room_beyond_agents
from campaigns.spec.campaign import Campaign
from storage import campaigns
from storage.tables.attempts import ATTEMPTS
from workers.crew import Crew
from workers.desk import Desk
from workers.dialling import Dialling
from workers.leaving import NEW_VERSION

Soon = Callable[..., Awaitable[None]]
SETTLED = {
    "campaign": "spring", "campaign_version": 1, "node": "main", "trunk": "carrier", "token": 1,
    "caller_id": "+12125550100", "state": "ended", "reason": "hung_up", "cause": "", "party": "",
    "note": "", "disposition": "sale", "outcome": "connected",
}  # fmt: skip


def window(days: int, first: datetime) -> dict[str, Any]:
    return {"abandonment": {"window": {"days": days, "from": first.date().isoformat()}}}


def talked(site: Any, count: int, at: datetime) -> None:
    """So many people were called at an instant, and connected in time."""
    seconds = [at + n * timedelta(seconds=1) for n in range(4)]
    times = dict(
        zip(("placed_at", "answered_at", "connected_at", "ended_at"), seconds, strict=True)
    )
    rows = [
        {**SETTLED, **times, "id": uuid4(), "lead_id": uuid4(), "customer_id": uuid4(),
         "number": f"+1646555{n:04d}"}
        for n in range(count)
    ]  # fmt: skip
    with site.store.writing() as connection:
        connection.execute(ATTEMPTS.insert(), rows)


def room(desk: Desk, spec: Campaign, at: datetime) -> int:
    """What the guard of a worker that takes over allows beyond the free agents."""
    left = replace(desk, campaign=spec).left_behind(at)
    dialler = Dialler(spec)
    dialler.adopt(left.attempts, left.agents, left.tallies, at)
    return cover(dialler.run, at).room


def test_the_second_day_of_a_block_begins_with_the_room_of_the_first(
    make_site: Callable[..., Any], database_url: str
) -> None:
    first = datetime(2026, 11, 20, 15, tzinfo=UTC)
    site = make_site(database_url)
    spec = site.campaign(leads=0, agents=1, **window(30, first))
    desk = Desk(site.store, site.lease(), spec, 1)
    talked(site, 970, first)
    last = first + timedelta(days=29)
    assert room(desk, spec, last) == room_beyond_agents(0.03, 970, 0) == 30
    assert room(desk, spec, last + timedelta(days=1)) == 0
    by_day = spec.model_copy(update={"abandonment": type(spec.abandonment)()})
    assert room(desk, by_day, first) == 30
    assert room(desk, by_day, first + timedelta(days=1)) == 0


def test_the_block_that_has_just_ended_is_known_while_its_calls_may_be_in_flight(
    make_site: Callable[..., Any],
) -> None:
    first = datetime(2026, 11, 20, 15, tzinfo=UTC)
    site = make_site()
    spec = site.campaign(leads=0, agents=1, **window(5, first))
    talked(site, 40, first)
    after = datetime(2026, 11, 25, 0, 0, 5, tzinfo=UTC)
    desk = Desk(site.store, site.lease(), spec, 1)
    assert desk.left_behind(after).tallies == [Tally("2026-11-20", connected=40)]
    assert desk.left_behind(after + timedelta(days=1)).tallies == []


async def test_a_new_version_with_another_window_counts_by_that_at_once(
    make_site: Callable[..., Any], soon: Soon
) -> None:
    """The next version's worker reads the tallies of its own window before it places a call."""
    now = datetime.now(UTC)
    site = make_site()
    spec = site.campaign(leads=2000, agents=6)
    talked(site, 970, now - timedelta(days=3))
    old = dialling(site)
    task = asyncio.create_task(old.run())
    await soon(lambda: len(site.attempts()) > 970 + 5)
    assert cover(old._dialler.run, now).tally.live < 970

    blocks = Campaign.model_validate(spec.model_dump() | window(30, now - timedelta(days=3)))
    campaigns.apply(site.store, blocks, "name: the second", now)
    async with asyncio.timeout(10):
        assert await task == NEW_VERSION
    new = dialling(site)
    task = asyncio.create_task(new.run())
    await soon(lambda: any(row.campaign_version == 2 for row in site.attempts()))
    covered = cover(new._dialler.run, now)
    assert covered.tally.live >= 970
    assert covered.room >= 25
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def dialling(site: Any) -> Dialling:
    stored, logins = site.stored(), site.logins(6)
    crew = Crew(stored.spec, [login.agent for login in logins], seed=7)
    return Dialling(site.context(), stored, site.lease(), crew, logins)
