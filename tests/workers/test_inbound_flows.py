"""Callers go through the flow of a line: the example that ships, and workers on a fake PBX."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from campaigns.arrivals import Admitted, Arrival
from campaigns.effects import Effect, InboundEnded, InboundNoted
from campaigns.flow_effects import OptedOut, StepLeft
from campaigns.orders import CampaignState
from cli.campaign_files import CampaignFile, read_campaign
from connectors.fake.url import read
from storage import admissions, campaigns, dnc, inbound, leases
from storage.dbtime import db_time
from storage.engine import Store
from storage.record import record
from storage.tables.campaigns import LEASES
from storage.tables.flows import FLOW_STEPS
from storage.tables.inbound import InboundRow
from tests.databases import set_up
from workers import dial
from workers.context import Context
from workers.crew import Crew
from workers.dialling import Dialling
from workers.shift import Shift
from workers.simulate import simulate

FOLDER = Path(str(files("campaigns"))) / "examples"
CALLED = "fake://default?inbound=0.05&inbound_line=opt-out"
MONDAY = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)  # 10:00 in New York
OPTED_OUT = "opted out in a flow of campaign opt-out, calling in"
Soon = Callable[..., Awaitable[None]]
MakeSite = Callable[..., Any]


def example() -> CampaignFile:
    return read_campaign(FOLDER / "opt-out.yaml")


# --- in virtual time ------------------------------------------------------------------------------


def test_the_line_of_the_example_serves_who_calls_it() -> None:
    found = example()
    came = simulate(found.campaign, read(CALLED).world, 6, 2.0, 7, found.by_name)
    assert came["inbound"]["heard"] > 50
    assert came["inbound_opted_out"] > 20
    assert "lost" not in came["inbound"]
    assert came["max_abandonment_seen"] <= 0.03
    assert came["invariants_broken"] == 0


class StoredShift(Shift):
    """One whose callers are admitted by a database, and what they do is stored there."""

    def __init__(self, store: Store, of: CampaignFile, url: str, start: datetime) -> None:
        assert of.flows is not None
        campaigns.apply(store, of.campaign, of.text, start, of.flows.texts)
        campaigns.set_wanted(store, of.campaign.name, CampaignState.RUNNING, start)
        lease = leases.acquire(store, of.campaign.name, "shift", 600)
        assert lease is not None
        self._store, self._lease, self._spec = store, lease, of.campaign
        self._needs = of.inbound_needs
        super().__init__(of.campaign, read(url).world, 4, 7, start, flows=of.by_name)

    def _admitted(self, arrivals: Sequence[Arrival]) -> list[Admitted]:
        asked = self._store, self._lease, self._spec, 1, arrivals, self._needs
        return admissions.admit(*asked).calls

    def _watch(self, effect: Effect) -> None:
        super()._watch(effect)
        if isinstance(effect, OptedOut | StepLeft | InboundNoted | InboundEnded):
            record(self._store, self._lease, self._spec, [effect])


def test_who_presses_one_on_the_line_is_on_the_do_not_call_list(tmp_path: Path) -> None:
    store = set_up(f"sqlite:///{tmp_path / 'shift.db'}")
    shift = StoredShift(store, example(), CALLED, MONDAY)
    shift.run(0.5)
    rows = inbound.page(store, "opt-out", 10_000)
    pressed = {row.caller for row in rows if row.opted_out_at is not None}
    with store.reading() as connection:
        steps = select(FLOW_STEPS.c.attempt_id).where(FLOW_STEPS.c.step == "stop")
        gone = {str(each) for each in connection.execute(steps).scalars()}
    assert len(pressed) > 5
    assert gone <= {str(row.id) for row in rows if row.opted_out_at is not None}
    for row in rows:
        entries = dnc.check(store, row.caller)
        assert [entry.source for entry in entries] == [OPTED_OUT] * (row.caller in pressed)
    answered = [row for row in rows if row.outcome == "answered"]
    assert answered, "who presses 2 talks to an agent, as the office is open"
    assert all(row.asked_at and row.agent for row in answered)
    filed = {row.disposition for row in rows if row.outcome == "heard"}
    assert filed <= {"opted-out", "no-input", "heard"}
    assert "opted-out" in filed
    store.close()


# --- a worker's -----------------------------------------------------------------------------------

PBX = "fake://demo?seed=5&speed=30&inbound=0.3&inbound_line=opt-out"
LINE: dict[str, Any] = {
    "inbound": {"lines": ["opt-out"], "flow": "opt-out"},
    "dispositions": [
        {"name": "sale", "success": True},
        {"name": "no-input"},
        {"name": "opted-out", "do_not_call": True},
    ],
}
TEXTS = {"opt-out": (FOLDER / "flows" / "opt-out.yaml").read_text()}


def dialling(site: Any, worker: str = "w1") -> Dialling:
    stored = site.stored()
    return Dialling(site.context(worker), stored, site.lease(worker), Crew(stored.spec, [], 7), [])


def callers(site: Any) -> list[InboundRow]:
    return inbound.page(site.store, "spring", limit=10_000)


def opted_out(site: Any) -> list[InboundRow]:
    return [row for row in callers(site) if row.opted_out_at is not None]


async def test_a_worker_serves_a_line_with_a_flow_and_its_successor_goes_on(
    make_site: MakeSite, database_url: str, soon: Soon
) -> None:
    """In a campaign that dials by itself and has no flow but that of its line. The fake PBX is
    gone with its worker, and so is whoever was in a flow there."""
    site = make_site(database_url, pbx=PBX)
    site.campaign(leads=0, agents=0, flows=TEXTS, **LINE)
    task = asyncio.create_task(dialling(site).run())
    await soon(lambda: len(opted_out(site)) >= 3, 30)
    await soon(lambda: any(row.state == "flow" for row in callers(site)), 30)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    left = {each.admitted.arrival.call_id for each in inbound.open_inbound(site.store, "spring")}
    assert left
    with site.store.writing() as connection:
        connection.execute(update(LEASES).values(expires_at=db_time(-5)))
    before = len(opted_out(site))
    task = asyncio.create_task(dialling(site, "w2").run())
    await soon(lambda: len(opted_out(site)) >= before + 2, 30)
    site.want(CampaignState.STOPPED)
    async with asyncio.timeout(60):
        assert await task == "stopped"
    rows = callers(site)
    assert {row.outcome for row in rows if row.id in left} <= {"lost", "heard"}
    assert all(row.ended_at for row in rows), "whoever was in the flow as it stopped went on in it"
    for row in opted_out(site):
        assert [entry.source for entry in dnc.check(site.store, row.caller)] == [
            "opted out in a flow of campaign spring, calling in"
        ]


def test_callers_go_on_in_their_flow_under_a_new_version(
    make_site: MakeSite, until: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exchange lives on, and so does everybody on it."""
    site = make_site(pbx=PBX)
    spec = site.campaign(leads=0, agents=0, flows=TEXTS, **LINE)
    context = Context(site.settings, site.store, site.redis_url, "w1")
    monkeypatch.setattr("workers.context._held", [context])
    thread = threading.Thread(target=dial.run_campaign, args=("spring",))
    thread.start()
    try:
        until(lambda: sum(row.state == "flow" for row in callers(site)) >= 2, 30)
        seen = {each.admitted.arrival.call_id for each in _open(site)}
        newer = spec.model_copy(update={"ring": 20.0})
        campaigns.apply(site.store, newer, "newer", datetime.now(UTC), TEXTS)
        until(lambda: site.lease_token() > 1, 30)
        until(lambda: not seen & {each.admitted.arrival.call_id for each in _open(site)}, 60)
        until(lambda: len(opted_out(site)) >= 2, 60)
        until(lambda: any(row.campaign_version == 2 for row in callers(site)), 60)
        site.want(CampaignState.STOPPED)
        until(lambda: site.stored().actual is CampaignState.STOPPED and not _open(site), 60)
    finally:
        context.stop.set()
        thread.join()
    assert {row.campaign_version for row in callers(site)} == {1, 2}
    assert not [(row.reason, row.cause) for row in callers(site) if row.outcome == "lost"]


def _open(site: Any) -> list[Any]:
    return inbound.open_inbound(site.store, "spring")
