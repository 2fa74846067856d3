"""Customers who call in on a worker's campaign: served, handed over, each with one result."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
import redis
from sqlalchemy import update

from campaigns.arrivals import Admitted, Arrival, InboundOutcome
from campaigns.effects import Admit, InboundEnded
from campaigns.orders import CampaignState
from campaigns.spec.campaign import Campaign
from connectors.calls import EndReason
from connectors.clock import RunningClock
from connectors.fake.world import Inbound, World
from storage import campaigns, inbound
from storage.admissions import Admissions
from storage.dbtime import db_time
from storage.errors import DatabaseUnavailable
from storage.tables.campaigns import LEASES
from storage.tables.inbound import InboundRow
from workers import asking, dial, unsaved
from workers.asking import Asking
from workers.bench.pacing_scenarios import OPENS
from workers.context import Context
from workers.crew import Crew
from workers.dialling import Dialling
from workers.live import read_live
from workers.shift import Shift

Soon = Callable[..., Awaitable[None]]
MakeSite = Callable[..., Any]
LINES = {"inbound": {"lines": ["inbound"], "wait": "60s"}}
PBX = "fake://demo?seed=5&speed=30&inbound=0.3&inbound_patience=40"


def dialling(site: Any, crew: int, worker: str = "w1") -> Dialling:
    stored, logins = site.stored(), site.logins(crew)
    team = Crew(stored.spec, [login.agent for login in logins], seed=7)
    return Dialling(site.context(worker), stored, site.lease(worker), team, logins)


def calls(site: Any, outcome: str | None = None) -> list[InboundRow]:
    rows = inbound.page(site.store, "spring", limit=10_000)
    return [row for row in rows if outcome is None or row.outcome == outcome]


async def test_who_calls_in_is_served_beside_the_calls_that_are_placed(
    make_site: MakeSite, database_url: str, soon: Soon, client: "redis.Redis"
) -> None:
    site = make_site(database_url, pbx=PBX)
    site.campaign(leads=2000, agents=6, **LINES)
    task = asyncio.create_task(dialling(site, crew=6).run())
    await soon(lambda: len(calls(site, "answered")) >= 5, 30)
    shown = read_live(client, "spring")
    assert shown is not None
    assert shown["inbound"]["answered"] >= 1
    site.want(CampaignState.PAUSED)
    await soon(lambda: not site.open(), 30)
    placed, served = len(site.attempts()), len(calls(site, "answered"))
    await soon(lambda: len(calls(site, "answered")) >= served + 3, 30)
    assert len(site.attempts()) == placed, "paused, it dials nobody, and serves its line"
    site.want(CampaignState.STOPPED)
    async with asyncio.timeout(60):
        assert await task == "stopped"
    assert {row.disposition for row in calls(site, "answered")} <= {
        "sale", "no-interest", "answered"
    }  # fmt: skip
    assert all(row.agent and row.connected_at for row in calls(site, "answered"))
    assert site.attempts(), "and it has dialled"
    assert site.broken() == {}


async def test_what_a_lost_worker_has_admitted_is_resolved_once(
    make_site: MakeSite, soon: Soon
) -> None:
    """Its fake PBX is gone with it: whoever waited or talked is not there any more."""
    site = make_site(pbx=PBX)
    site.campaign(leads=0, agents=2, **LINES)
    task = asyncio.create_task(dialling(site, crew=2).run())
    await soon(lambda: len(inbound.open_inbound(site.store, "spring")) >= 3, 30)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    left = {each.admitted.arrival.call_id for each in inbound.open_inbound(site.store, "spring")}
    assert left
    with site.store.writing() as connection:
        connection.execute(update(LEASES).values(expires_at=db_time(-5)))
    task = asyncio.create_task(dialling(site, crew=2, worker="w2").run())
    await soon(lambda: not left & {row.id for row in calls(site) if row.ended_at is None}, 30)
    outcomes = {row.outcome for row in calls(site) if row.id in left}
    assert outcomes <= {"lost", "answered", "given_up"}
    await soon(lambda: len(calls(site, "answered")) > 3, 30)
    site.want(CampaignState.STOPPED)
    async with asyncio.timeout(60):
        await task
    assert site.broken() == {}


def test_callers_are_served_on_under_a_new_version(
    make_site: MakeSite, until: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exchange lives on, and so does everybody on it."""
    site = make_site(pbx=PBX)
    spec = site.campaign(leads=0, agents=2, **LINES)
    settings = site.settings.model_copy(update={"simulated_agents": 2})
    context = Context(settings, site.store, site.redis_url, "w1")
    monkeypatch.setattr("workers.context._held", [context])
    thread = threading.Thread(target=dial.run_campaign, args=("spring",))
    thread.start()
    try:
        until(lambda: len(inbound.open_inbound(site.store, "spring")) >= 3, 30)
        seen = {each.admitted.arrival.call_id for each in _open(site)}
        _apply(site, spec.model_copy(update={"ring": 20.0}))
        until(lambda: site.lease_token() > 1, 30)
        until(lambda: not seen & {each.admitted.arrival.call_id for each in _open(site)}, 60)
        site.want(CampaignState.STOPPED)
        until(lambda: site.stored().actual is CampaignState.STOPPED and not _open(site), 60)
    finally:
        context.stop.set()
        thread.join()
    assert {row.campaign_version for row in calls(site)} == {1, 2}
    assert not calls(site, "lost")
    assert site.broken() == {}


def _open(site: Any) -> list[Any]:
    return inbound.open_inbound(site.store, "spring")


def _apply(site: Any, spec: Campaign) -> None:
    campaigns.apply(site.store, spec, "newer", datetime.now(UTC))


async def test_while_the_database_is_away_callers_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "PAUSE_SECONDS", 0.01)
    arrival = Arrival(UUID(int=1), "main", "inbound", "", datetime.now(UTC))
    answered: asyncio.Queue[list[Admitted]] = asyncio.Queue()
    arrivals: asyncio.Queue[Admit] = asyncio.Queue()
    asked: list[int] = []

    def ask(these: list[Arrival]) -> Admissions:
        asked.append(len(these))
        if len(asked) < 3:
            raise DatabaseUnavailable("the database does not answer")
        return Admissions([Admitted(each) for each in these], [])

    loop: Any = SimpleNamespace(
        arrivals=arrivals, admitted=lambda calls, _: answered.put_nowait(calls)
    )
    with ThreadPoolExecutor(1) as pool:
        task = asyncio.create_task(Asking(loop, RunningClock(), pool).admissions(ask))
        arrivals.put_nowait(Admit((arrival,)))
        async with asyncio.timeout(5):
            assert await answered.get() == [Admitted(arrival)]
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert asked == [1, 1, 1]


def test_results_of_inbound_calls_survive_in_the_file(tmp_path: Any) -> None:
    now = datetime.now(UTC)
    ended = InboundEnded(
        UUID(int=1), InboundOutcome.GIVEN_UP, "given_up", EndReason.HUNG_UP, "16", now
    )
    assert unsaved.save(tmp_path, "spring", [ended]) == 1
    assert unsaved.load(tmp_path, "spring") == [ended]


def plan(mode: str = "progressive") -> Campaign:
    return Campaign.model_validate(
        {
            "name": "spring",
            "mode": mode,
            "trunks": [{"name": "carrier", "channels": 100}],
            "caller_ids": ["+12125550100"],
            "agents": {"teams": ["sales"]},
            "leads": {"list": "spring"},
            "windows": {"timezone": "UTC", "hours": [{"from": "00:00", "to": "24:00"}]},
            "dispositions": [{"name": "sale"}],
            **LINES,
        }
    )


def shift(rate: float, mode: str) -> Shift:
    """An hour of ten agents, with so many callers a second."""
    made = Shift(plan(mode), World(inbound=Inbound(rate=rate)), 10, 3, OPENS)
    made.run(1.0)
    return made


@pytest.mark.parametrize("mode", ["progressive", "predictive"])
def test_the_more_call_in_the_fewer_are_dialled(mode: str) -> None:
    shifts = [shift(rate, mode) for rate in (0.0, 0.01, 0.05)]
    dialled = [each.dialler.run.counts["dialled"] for each in shifts]
    served = [each.callers["answered"] for each in shifts]
    assert dialled == sorted(dialled, reverse=True)
    assert dialled[2] < 0.6 * dialled[0]
    assert served == sorted(served)
    assert served[2] > 100
    assert all(each.tally.rate <= 0.03 for each in shifts)


def test_while_callers_wait_nothing_is_dialled() -> None:
    """More call in than ten agents can serve: after the first minutes nobody is called at all."""
    busy = Shift(plan(), World(inbound=Inbound(rate=0.5)), 10, 3, OPENS)
    busy.start()
    busy.go_on(OPENS + timedelta(minutes=10))
    dialled = busy.dialler.run.counts["dialled"]
    busy.go_on(OPENS + timedelta(minutes=40))
    assert busy.dialler.run.counts["dialled"] == dialled
    assert busy.callers["answered"] > 50
    assert busy.callers["given_up"] + busy.callers["waited_out"] > 100
