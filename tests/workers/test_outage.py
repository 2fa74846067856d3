import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

import lab.postgres
from campaigns.effects import AttemptEnded
from campaigns.orders import CampaignState
from connectors.calls import EndReason
from lab.postgres import Postgres
from storage import claims as storage_claims
from storage import leases
from storage.dbtime import db_time
from storage.errors import DatabaseUnavailable
from storage.tables.campaigns import LEASES
from workers import unsaved
from workers.crew import Crew
from workers.dialling import Dialling
from workers.settling import WHY

Soon = Callable[..., Awaitable[None]]


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """A server that this test may stop."""
    with lab.postgres.start() as server:
        yield server


def dialling(site: Any, crew: int) -> Dialling:
    stored, logins = site.stored(), site.logins(crew)
    team = Crew(stored.spec, [login.agent for login in logins], seed=7)
    return Dialling(site.context(), stored, site.lease(), team, logins)


def results(worker: Dialling) -> list[AttemptEnded]:
    """Those that wait to be stored."""
    return [effect for effect in worker._writer.left() if isinstance(effect, AttemptEnded)]


async def test_while_the_database_is_away_nothing_is_dialled_and_nothing_is_lost(
    make_site: Callable[..., Any], own_postgres: Postgres, soon: Soon
) -> None:
    site = make_site(own_postgres.fresh(), pbx="fake://demo?seed=5&speed=20&talk=60&answer=0.7")
    site.campaign(leads=2000, agents=8)
    worker = dialling(site, crew=8)
    task = asyncio.create_task(worker.run())
    run = worker._dialler.run
    await soon(lambda: run.counts["connected"] > 2)

    # a server takes its time to stop, and calls that end meanwhile are among those that count
    stopping = asyncio.create_task(asyncio.to_thread(own_postgres.stop))
    await soon(lambda: worker._writer.trouble)
    dialled, ended = run.counts["dialled"], len(results(worker))
    await soon(lambda: len(results(worker)) > ended)
    assert run.counts["dialled"] == dialled  # calls in progress go on, none is added
    await stopping

    await asyncio.to_thread(own_postgres.start)
    await soon(lambda: not worker._writer.trouble, 20)
    await soon(lambda: run.counts["dialled"] > dialled, 20)
    site.want(CampaignState.STOPPED)
    async with asyncio.timeout(30):
        assert await task == "stopped"

    rows = site.attempts()
    assert len(rows) == run.counts["dialled"]
    assert site.open() == 0
    assert sum(row.outcome == "connected" for row in rows) >= run.counts["connected"]


async def test_a_lease_that_lapses_while_nobody_wants_it_is_kept(
    make_site: Callable[..., Any], soon: Soon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an outage a claim may come before the renewal: it is refused, and that is all."""
    site = make_site()
    site.campaign(leads=2000, agents=3)
    worker = dialling(site, crew=3)
    task = asyncio.create_task(worker.run())
    run = worker._dialler.run
    await soon(lambda: run.counts["dialled"] > 3)

    def away(*_: Any) -> bool:
        raise DatabaseUnavailable("it is away")

    with monkeypatch.context() as patch:
        patch.setattr(leases, "renew", away)
        await asyncio.to_thread(expire, site)
        await soon(lambda: worker._asking.doubt)
    dialled = run.counts["dialled"]
    await soon(lambda: run.counts["dialled"] > dialled)
    site.want(CampaignState.STOPPED)
    async with asyncio.timeout(30):
        assert await task == "stopped"
    assert {row.token for row in site.attempts()} == {1}


async def test_a_claim_whose_answer_got_lost_is_ended_and_never_dialled(
    make_site: Callable[..., Any], soon: Soon, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = make_site()
    site.campaign(leads=10, agents=3)
    worker = dialling(site, crew=3)
    lost: list[int] = []
    real = storage_claims.claim

    def claim(*args: Any) -> Any:
        claimed = real(*args)
        if not lost:
            lost.append(len(claimed.attempts))
            raise DatabaseUnavailable("the connection broke at the commit")
        return claimed

    monkeypatch.setattr(storage_claims, "claim", claim)
    async with asyncio.timeout(60):
        assert await worker.run() == "finished"

    rows = site.attempts()
    never = [row for row in rows if row.cause == WHY]
    assert lost[0] > 0
    assert len(never) == lost[0]
    assert {row.reason for row in never} == {EndReason.REFUSED}
    assert worker._dialler.run.counts["dialled"] == len(rows) - len(never)
    assert site.open() == 0


async def test_what_cannot_be_stored_at_the_end_is_stored_by_the_next_worker(
    make_site: Callable[..., Any],
    own_postgres: Postgres,
    soon: Soon,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr("workers.dialling.FLUSH_SECONDS", 0.2)
    site = make_site(own_postgres.fresh())
    site.campaign(leads=2000, agents=6)
    context = site.context()
    stored, logins = site.stored(), site.logins(6)
    crew = Crew(stored.spec, [login.agent for login in logins], seed=7)
    task = asyncio.create_task(Dialling(context, stored, site.lease(), crew, logins).run())
    await soon(lambda: site.open() >= 3)

    await asyncio.to_thread(own_postgres.stop)
    context.stop.set()
    async with asyncio.timeout(30):
        assert "handed over" in await task
    kept = unsaved.load(tmp_path, "spring")
    results = {effect.attempt_id for effect in kept if isinstance(effect, AttemptEnded)}
    assert results

    await asyncio.to_thread(own_postgres.start)
    site.want(CampaignState.STOPPED)
    async with asyncio.timeout(30):
        await soon(lambda: free(site))
        assert await dialling(site, crew=1).run() == "stopped"
    assert site.open() == 0
    stored_rows = {row.id: row for row in site.attempts()}
    assert all(stored_rows[attempt].outcome != "lost" for attempt in results)
    assert unsaved.load(tmp_path, "spring") == []


def expire(site: Any) -> None:
    with site.store.writing() as connection:
        connection.execute(update(LEASES).values(expires_at=db_time()))


def free(site: Any) -> bool:
    seen = leases.look(site.store, "spring")
    return seen is None or seen.lapsed
