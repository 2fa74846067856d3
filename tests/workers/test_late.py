"""What a worker saw is not lost with its lease, and no row keeps a campaign from being dialled."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from campaigns.effects import AttemptEnded
from campaigns.leads import DialOrder
from campaigns.orders import CampaignState
from campaigns.outcomes import Outcome
from connectors.calls import EndReason
from storage import claims, leases, record
from storage.candidates import candidates
from storage.engine import Store
from storage.errors import DatabaseUnavailable
from storage.outbox import backlog
from storage.tables.campaigns import CAMPAIGNS
from workers import unsaved
from workers.crew import Crew
from workers.dialling import Dialling

Soon = Callable[..., Awaitable[None]]


def dialling(site: Any, crew: int = 0, worker: str = "w1") -> Dialling:
    stored, logins = site.stored(), site.logins(crew)
    team = Crew(stored.spec, [login.agent for login in logins], seed=7) if crew else None
    return Dialling(site.context(worker), stored, site.lease(worker), team, logins)


def ended(store: Store, lease: leases.Lease, spec: Any, **parts: Any) -> AttemptEnded:
    """Place an attempt that nobody has told the end of; what its end was."""
    now = datetime.now(UTC)
    [candidate] = candidates(store, spec, 1, frozenset(), now)
    order = DialOrder(candidate, "main", "carrier", "+12125550100")
    [attempt] = claims.claim(store, lease, spec, 1, [order], now).attempts
    return AttemptEnded(
        attempt.attempt_id,
        candidate.lead_id,
        candidate.number,
        Outcome.BUSY,
        "busy",
        EndReason.BUSY,
        "17",
        "",
        now,
        now,
        **parts,
    )


async def test_what_a_worker_saw_is_kept_when_its_lease_is_lost(
    make_site: Callable[..., Any],
    soon: Soon,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site = make_site()
    site.campaign(leads=2000, agents=6)
    worker = dialling(site, crew=6)
    real, away = record.record, [False]

    def refuse(*args: Any) -> Any:
        if away[0]:
            raise DatabaseUnavailable("the network is away")
        return real(*args)

    monkeypatch.setattr(record, "record", refuse)
    task = asyncio.create_task(worker.run())
    await soon(lambda: len(site.attempts()) > 5)
    away[0] = True
    await soon(lambda: any(isinstance(e, AttemptEnded) for e in worker._writer.left()))
    seen = leases.look(site.store, "spring")
    assert seen is not None
    leases.release(site.store, seen.lease)
    site.lease("w2")
    async with asyncio.timeout(10):
        assert "wait in a file for the other one" in await task
    kept = unsaved.load(tmp_path, "spring")
    assert any(isinstance(effect, AttemptEnded) for effect in kept)
    assert {type(effect).__name__ for effect in kept} <= {
        "AttemptEnded",
        "AttemptDisposed",
        "AttemptNoted",
    }


async def test_a_fault_loses_no_result_either(
    make_site: Callable[..., Any], soon: Soon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = make_site()
    site.campaign(leads=2000, agents=6)
    worker = dialling(site, crew=6)
    task = asyncio.create_task(worker.run())
    await soon(lambda: len(site.attempts()) > 5)

    def broken(*_: Any) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr(record, "record", broken)
    async with asyncio.timeout(10):
        with pytest.raises(RuntimeError, match="a fault"):
            await task
    assert unsaved.load(tmp_path, "spring")


async def test_the_holder_stores_what_comes_into_the_file_while_it_dials(
    make_site: Callable[..., Any], soon: Soon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.dialling.UNSAVED_SECONDS", 0.05)
    site = make_site()
    spec = site.campaign(leads=1, agents=1)
    lease = site.lease()
    seen = ended(site.store, lease, spec)
    lost = replace(
        seen, outcome=Outcome.LOST, disposition="lost", reason=EndReason.PBX_LOST, cause=""
    )
    record.record(site.store, lease, spec, [lost])
    leases.release(site.store, lease)
    site.want(CampaignState.PAUSED)
    task = asyncio.create_task(dialling(site).run())
    await soon(lambda: site.stored().actual is CampaignState.PAUSED)
    unsaved.save(tmp_path, "spring", [seen])
    await soon(lambda: site.attempts()[0].outcome == "busy")
    await soon(lambda: not list((tmp_path / "unsaved").iterdir()))
    assert backlog(site.store).waiting == 1
    site.want(CampaignState.STOPPED)
    async with asyncio.timeout(10):
        assert await task == "stopped"


async def test_a_row_that_is_refused_is_put_aside_and_the_others_are_stored(
    make_site: Callable[..., Any], database_url: str, tmp_path: Path
) -> None:
    site = make_site(database_url)
    spec = site.campaign(leads=1, agents=1)
    lease = site.lease()
    good = ended(site.store, lease, spec)
    leases.release(site.store, lease)
    unsaved.save(tmp_path, "spring", [good])
    path = tmp_path / "unsaved" / "spring.jsonl"
    row = json.loads(path.read_text())
    row["value"]["ended_at"] = "2026-11-20T10:00:00"  # no zone: the database takes no such time
    row["value"]["cause"] = "bad"
    path.write_text(json.dumps(row) + "\n" + path.read_text())
    site.want(CampaignState.STOPPED)
    async with asyncio.timeout(10):
        assert await dialling(site).run() == "stopped"
    assert site.attempts()[0].cause == "17"
    assert "bad" in (tmp_path / "rejected" / "spring.jsonl").read_text()
    assert not list((tmp_path / "unsaved").iterdir())


@pytest.mark.parametrize("state", [CampaignState.FINISHED, CampaignState.DRAFT])
async def test_what_is_not_to_be_dialled_is_settled_and_left_as_it_was(
    make_site: Callable[..., Any], state: CampaignState
) -> None:
    site = make_site()
    site.campaign(leads=5, agents=1)
    with site.store.writing() as connection:
        connection.execute(update(CAMPAIGNS).values(wanted=state.value))
    async with asyncio.timeout(10):
        assert await dialling(site, crew=1).run() == state.value
    assert site.attempts() == []
    assert (site.stored().wanted, site.stored().actual) == (state, state)


async def test_a_start_during_a_drain_is_left_to_the_next_worker(
    make_site: Callable[..., Any], soon: Soon
) -> None:
    site = make_site(pbx="fake://demo?seed=5&speed=1&talk=60&answer=0.7")
    site.campaign(leads=2000, agents=3)
    worker = dialling(site, crew=3)
    task = asyncio.create_task(worker.run())
    await soon(lambda: site.open() >= 3)
    site.want(CampaignState.PAUSED)
    await soon(lambda: site.stored().actual is CampaignState.PAUSED)
    worker._context.stop.set()
    await soon(lambda: worker._orders.draining)
    dialled = worker._dialler.run.counts["dialled"]
    site.want(CampaignState.RUNNING)
    await soon(lambda: worker._orders._wanted is CampaignState.RUNNING)
    assert worker._dialler.run.state is CampaignState.PAUSED
    async with asyncio.timeout(20):
        assert "handed over" in await task
    assert worker._dialler.run.counts["dialled"] == dialled
