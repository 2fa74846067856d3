"""What pacing has learned is handed from worker to worker."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from campaigns.effects import PacingLearned
from campaigns.orders import CampaignState
from campaigns.pacing.predictive import Predictive
from storage.leases import release
from storage.memories import memory_of
from storage.record import record
from workers.crew import Crew
from workers.dialling import Dialling

Soon = Callable[..., Awaitable[None]]


def dialling(site: Any, worker: str, context: Any = None) -> Dialling:
    stored, logins = site.stored(), site.logins(6)
    crew = Crew(stored.spec, [login.agent for login in logins], seed=7)
    return Dialling(context or site.context(worker), stored, site.lease(worker), crew, logins)


def pacer(worker: Dialling) -> Predictive:
    found = worker._dialler.run.pacer
    assert isinstance(found, Predictive)
    return found


def theta(site: Any) -> float:
    learned = memory_of(site.store, "spring")
    return 0.0 if learned is None else float(learned.memory["theta"])


async def stop(site: Any, task: "asyncio.Task[str]") -> None:
    site.want(CampaignState.STOPPED)
    async with asyncio.timeout(20):
        assert await task == "stopped"


async def test_the_next_worker_goes_on_with_what_the_first_has_learned(
    make_site: Callable[..., Any], database_url: str, soon: Soon
) -> None:
    site = make_site(database_url)
    site.campaign(leads=2000, agents=6, mode="predictive")
    context = site.context("w1")
    first = dialling(site, "w1", context)
    task = asyncio.create_task(first.run())
    await soon(lambda: pacer(first).talk.ends.sum() >= 3)
    pacer(first).budget.theta = 0.4
    context.stop.set()
    async with asyncio.timeout(20):
        assert "handed over" in await task

    second = dialling(site, "w2")
    task = asyncio.create_task(second.run())
    await soon(lambda: len(second._dialler.run.floor))
    assert pacer(second).budget.theta == pytest.approx(0.4, rel=0.3)  # the plan says 0.03
    assert pacer(second).talk.ends.sum() >= 2.9
    await stop(site, task)


async def test_a_worker_that_dies_has_told_what_it_knew_a_minute_ago(
    make_site: Callable[..., Any], soon: Soon
) -> None:
    site = make_site()
    site.campaign(leads=2000, agents=6, mode="predictive")
    first = dialling(site, "w1")
    task = asyncio.create_task(first.run())
    await soon(lambda: theta(site) > 0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    learned = memory_of(site.store, "spring")
    assert learned is not None
    assert sum(learned.memory["talk"]) > 0


async def test_a_memory_of_no_use_is_told_of_and_the_campaign_is_dialled(
    make_site: Callable[..., Any], soon: Soon, caplog: pytest.LogCaptureFixture
) -> None:
    site = make_site()
    spec = site.campaign(leads=2000, agents=6, mode="predictive")
    lease = site.lease("w0")
    wrong = PacingLearned(site.stored().applied_at, {"version": 99})
    record(site.store, lease, spec, [wrong])
    release(site.store, lease)
    with caplog.at_level(logging.WARNING):
        task = asyncio.create_task(dialling(site, "w1").run())
        await soon(lambda: len(site.attempts()) > 5)
        await stop(site, task)
    assert [r.message for r in caplog.records if "starts anew" in r.message] != []
    assert 0 < theta(site) < 1
