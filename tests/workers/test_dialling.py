import asyncio
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import redis
from sqlalchemy import update

from campaigns.effects import AgentState
from campaigns.orders import CampaignState, Dispose, LogIn, Pause
from storage import agents, campaigns, claims, leases, outbox
from storage.orders import answer, put_order
from storage.tables.attempts import ATTEMPTS
from workers import dial
from workers.context import Context
from workers.crew import Crew
from workers.dialling import Dialling
from workers.leaving import NEW_VERSION
from workers.live import read_live

Soon = Callable[..., Awaitable[None]]


def dialling(site: Any, crew: int, worker: str = "w1") -> Dialling:
    """A worker of the site's campaign, with `crew` simulated agents."""
    stored, logins = site.stored(), site.logins(crew)
    team = Crew(stored.spec, [login.agent for login in logins], seed=7) if crew else None
    return Dialling(site.context(worker), stored, site.lease(worker), team, logins)


def lapsed(site: Any) -> bool:
    seen = leases.look(site.store, "spring")
    return seen is not None and seen.lapsed


async def test_a_campaign_is_dialled_to_its_end(
    make_site: Callable[..., Any], database_url: str
) -> None:
    site = make_site(database_url)
    site.campaign(leads=40, agents=6)

    async with asyncio.timeout(60):
        why = await dialling(site, crew=6).run()

    rows = site.attempts()
    assert why == "finished"
    assert len(rows) == 40
    assert len({row.number for row in rows}) == 40
    assert all(row.ended_at is not None and row.outcome for row in rows)
    connected = [row for row in rows if row.outcome == "connected"]
    assert connected
    assert {row.disposition for row in connected} <= {"sale", "no-interest"}
    assert all(row.agent for row in connected)
    assert site.stored().actual is CampaignState.FINISHED
    assert site.stored().wanted is CampaignState.FINISHED
    assert {row.state for row in agents.list_all(site.store)} == {AgentState.OFFLINE}
    assert outbox.backlog(site.store).waiting >= 40
    assert lapsed(site)


async def test_people_pause_resume_and_stop_it(
    make_site: Callable[..., Any], soon: Soon, client: "redis.Redis"
) -> None:
    site = make_site()
    site.campaign(leads=2000, agents=6)
    task = asyncio.create_task(dialling(site, crew=6).run())
    await soon(lambda: len(site.attempts()) > 5)

    site.want(CampaignState.PAUSED)
    await soon(lambda: site.stored().actual is CampaignState.PAUSED)
    await soon(lambda: not site.open())
    placed = len(site.attempts())
    await soon(lambda: _live(client)["calls"] == {})
    assert len(site.attempts()) == placed

    site.want(CampaignState.RUNNING)
    await soon(lambda: len(site.attempts()) > placed + 5)

    site.want(CampaignState.STOPPED)
    async with asyncio.timeout(20):
        assert await task == "stopped"
    assert site.open() == 0
    assert site.stored().actual is CampaignState.STOPPED
    assert read_live(client, "spring") is None


def _live(client: "redis.Redis") -> dict[str, Any]:
    return read_live(client, "spring") or {}


async def test_orders_come_through_the_database_and_refusals_go_back(
    make_site: Callable[..., Any], soon: Soon
) -> None:
    site = make_site()
    site.campaign(leads=2, agents=1)
    site.want(CampaignState.PAUSED)
    task = asyncio.create_task(dialling(site, crew=0).run())

    put_order(site.store, "spring", LogIn("agent-00", "agent-00", "main"))
    await soon(lambda: agents.get(site.store, "agent-00").state == AgentState.READY)
    put_order(site.store, "spring", Pause("agent-00", "lunch"))
    await soon(lambda: agents.get(site.store, "agent-00").reason == "lunch")
    wrong = put_order(site.store, "spring", Dispose("agent-00", "sale"))
    await soon(lambda: answer(site.store, wrong).refused)
    assert "no conversation" in (answer(site.store, wrong).refused or "")

    site.want(CampaignState.STOPPED)
    async with asyncio.timeout(20):
        assert await task == "stopped"
    assert agents.get(site.store, "agent-00").state == AgentState.OFFLINE


async def test_a_worker_that_is_taken_over_stops_at_once(
    make_site: Callable[..., Any], database_url: str, soon: Soon
) -> None:
    site = make_site(database_url)
    site.campaign(leads=2000, agents=6)
    first = dialling(site, crew=6)
    task = asyncio.create_task(first.run())
    await soon(lambda: len(site.attempts()) > 5)

    seen = leases.look(site.store, "spring")
    assert seen is not None
    lease = seen.lease
    leases.release(site.store, lease)
    taken = site.lease("w2")
    async with asyncio.timeout(10):
        assert "another worker" in await task

    assert taken.token == lease.token + 1
    assert all(row.token == lease.token for row in site.attempts())
    placed = len(site.attempts())
    await asyncio.sleep(0.3)
    assert len(site.attempts()) == placed
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_the_next_worker_adopts_what_was_left_and_resolves_it(
    make_site: Callable[..., Any], database_url: str, soon: Soon
) -> None:
    site = make_site(database_url)
    site.campaign(leads=30, agents=6)
    first = asyncio.create_task(dialling(site, crew=6).run())
    await soon(lambda: site.open() >= 3)
    first.cancel()  # nothing is flushed, calls in progress are forgotten
    await asyncio.gather(first, return_exceptions=True)
    await soon(lambda: lapsed(site))

    async with asyncio.timeout(60):
        assert await dialling(site, crew=6, worker="w2").run() == "finished"

    rows = site.attempts()
    assert len(rows) == 30
    assert len({row.number for row in rows}) == 30
    assert site.open() == 0
    assert Counter(row.outcome for row in rows)["lost"] >= 1


async def left_on(site: Any, node: str, soon: Soon) -> None:
    """Calls of a worker that is gone, on a PBX that the campaign names no more."""
    first = asyncio.create_task(dialling(site, crew=6).run())
    await soon(lambda: site.open() >= 3)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    await soon(lambda: lapsed(site))
    with site.store.writing() as connection:
        connection.execute(update(ATTEMPTS).where(ATTEMPTS.c.ended_at.is_(None)).values(node=node))


@pytest.mark.parametrize("node", ["spare", "forgotten"])
async def test_calls_on_a_pbx_that_is_named_no_more_are_not_left_open(
    make_site: Callable[..., Any], soon: Soon, node: str
) -> None:
    site = make_site()
    site.settings.pbx["spare"] = site.settings.pbx["main"]  # "forgotten" is in no settings
    site.campaign(leads=30, agents=6)
    await left_on(site, node, soon)
    async with asyncio.timeout(60):
        assert await dialling(site, crew=6, worker="w2").run() == "finished"
    assert site.open() == 0
    assert {row.outcome for row in site.attempts() if row.node == node} == {"lost"}
    assert len({row.number for row in site.attempts()}) == len(site.attempts()) == 30


async def test_sigterm_drains_and_hands_over(make_site: Callable[..., Any], soon: Soon) -> None:
    site = make_site()
    site.campaign(leads=2000, agents=6)
    context = site.context()
    stored, logins = site.stored(), site.logins(6)
    crew = Crew(stored.spec, [login.agent for login in logins], seed=7)
    task = asyncio.create_task(Dialling(context, stored, site.lease(), crew, logins).run())
    await soon(lambda: site.open() >= 3)

    context.stop.set()
    async with asyncio.timeout(10):
        assert await task == "handed over with 0 calls in progress"
    assert site.open() == 0
    assert site.stored().actual is CampaignState.RUNNING
    assert lapsed(site)


async def test_a_new_version_is_taken_up_at_once(make_site: Callable[..., Any], soon: Soon) -> None:
    site = make_site()
    spec = site.campaign(leads=2000, agents=6)
    task = asyncio.create_task(dialling(site, crew=6).run())
    await soon(lambda: len(site.attempts()) > 5)

    slower = spec.model_copy(update={"ring": 20.0})
    campaigns.apply(site.store, slower, "name: the second", datetime.now(UTC))
    async with asyncio.timeout(10):
        assert await task == NEW_VERSION
    assert lapsed(site)
    assert {row.state for row in agents.list_all(site.store)} != {AgentState.OFFLINE}

    task = asyncio.create_task(dialling(site, crew=6).run())
    await soon(lambda: any(row.campaign_version == 2 for row in site.attempts()))
    site.want(CampaignState.STOPPED)
    async with asyncio.timeout(20):
        assert await task == "stopped"
    assert site.open() == 0


async def test_what_is_being_claimed_as_a_new_version_comes_is_still_sent(
    make_site: Callable[..., Any], soon: Soon, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = claims.claim

    def slow(*args: Any) -> Any:
        claimed = real(*args)
        time.sleep(0.2)  # a database whose answer takes its time
        return claimed

    monkeypatch.setattr(claims, "claim", slow)
    site = make_site(pbx="fake://demo?seed=5&speed=1&ring=8")
    spec = site.campaign(leads=300, agents=6)
    worker = dialling(site, crew=6)
    task = asyncio.create_task(worker.run())
    await soon(lambda: worker._dialler.run.claiming and site.attempts())
    campaigns.apply(site.store, spec.model_copy(update={"ring": 20.0}), "2", datetime.now(UTC))
    worker._orders.nudge()
    async with asyncio.timeout(10):
        assert await task == NEW_VERSION
    assert worker._dialler.run.claiming == 0
    assert {row.id for row in site.attempts() if row.ended_at is None} == set(
        worker._dialler.run.calls
    )


def test_calls_in_progress_go_on_under_a_new_version(
    make_site: Callable[..., Any], until: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    site = make_site(pbx="fake://demo?seed=5&speed=10&talk=20")
    spec = site.campaign(leads=2000, agents=6)
    settings = site.settings.model_copy(update={"simulated_agents": 6})
    context = Context(settings, site.store, site.redis_url, "w1")
    monkeypatch.setattr("workers.context._held", [context])
    thread = threading.Thread(target=dial.run_campaign, args=("spring",))
    thread.start()
    try:
        for version in range(2, 5):
            until(lambda: sum(row.connected_at is not None for row in open_of(site)) >= 3)
            ring = spec.model_copy(update={"ring": 20.0 + version})
            campaigns.apply(site.store, ring, f"{version}", datetime.now(UTC))
            until(lambda version=version: versions(site) >= {version})
        site.want(CampaignState.STOPPED)
        until(lambda: site.stored().actual is CampaignState.STOPPED and not site.open(), 30)
    finally:
        context.stop.set()
        thread.join()
    outcomes = Counter(row.outcome for row in site.attempts())
    assert outcomes["connected"] >= 9
    assert outcomes["lost"] == 0
    assert site.broken() == {}


def open_of(site: Any) -> list[Any]:
    return [row for row in site.attempts() if row.ended_at is None]


def versions(site: Any) -> set[int]:
    return {row.campaign_version for row in site.attempts()}


async def test_without_redis_it_dials_on(
    make_site: Callable[..., Any], valkey: Any, soon: Soon
) -> None:
    site = make_site()
    site.campaign(leads=2000, agents=6)
    task = asyncio.create_task(dialling(site, crew=6).run())
    await soon(lambda: len(site.attempts()) > 5)
    valkey.stop()
    try:
        placed = len(site.attempts())
        await soon(lambda: len(site.attempts()) > placed + 20)
        site.want(CampaignState.STOPPED)
        async with asyncio.timeout(20):
            assert await task == "stopped"
    finally:
        valkey.start()


async def test_a_pbx_that_is_not_there_is_told_and_dialled_over_once_it_is(
    make_site: Callable[..., Any], soon: Soon, client: "redis.Redis"
) -> None:
    site = make_site(pbx="ami://dialplane:secret@127.0.0.1:1")
    site.campaign(leads=3, agents=1)
    task = asyncio.create_task(dialling(site, crew=1).run())
    await soon(lambda: _live(client).get("trouble"))
    assert "main" in _live(client)["trouble"][0]
    assert "secret" not in str(_live(client))
    assert site.attempts() == []

    site.want(CampaignState.STOPPED)
    async with asyncio.timeout(20):
        assert await task == "stopped"
