"""The example campaigns on a site with a real PBX, dialled side by side until all were called."""

import asyncio
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import UUID

import storage.agents
from campaigns.effects import AgentState
from campaigns.flow.flow import Flow
from campaigns.flow.needs import Needs
from campaigns.orders import CampaignState, EndCall, LogIn
from campaigns.spec.campaign import Campaign
from cli.campaign_files import CampaignFile, read_campaign
from lab.wait import until
from storage import attempts, campaigns, imports, leases
from storage.agents import NewAgent
from storage.engine import open_store
from storage.lead_rows import NewLead
from storage.orders import put_order
from storage.tables.attempts import AttemptRow
from tests.system.customers import Customer
from workers.context import Context
from workers.dialling import Dialling
from workers.settings import Settings

FOLDER = Path(str(files("campaigns"))) / "examples"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
PHONES = (*range(1101, 1106), *range(1301, 1306))
"""They play a tone, and record what they hear."""
TALK = timedelta(seconds=2.5)
"""Longer than it may take until a customer hums, who has pressed a key at once."""
SECONDS = 90
LOG_IN_SECONDS = 0.5
NOW = {
    "windows": {"timezone": "UTC", "hours": [{"from": "00:00", "to": "24:00"}]},
    "attempts": {"per_lead": 1},
}
"""What of an example's file is changed: it dials now, and nobody twice."""


@dataclass(frozen=True, slots=True)
class Example:
    """A campaign that ships, its customers, and agents: one for each of them, where it has any."""

    file: CampaignFile
    customers: list[Customer]
    agents: list[NewAgent]

    @property
    def name(self) -> str:
        return self.file.campaign.name

    @property
    def flows(self) -> Mapping[str, Flow]:
        """Its flow first, and those that it calls; by name."""
        assert self.file.by_name is not None
        return self.file.by_name

    def campaign(self) -> Campaign:
        """As it is dialled here."""
        spec = self.file.campaign.model_dump(by_alias=True)
        names = [agent.name for agent in self.agents]
        agents = {**spec["agents"], "names": names, "teams": [], "wrap_up": 1}
        return Campaign.model_validate(
            {**spec, **NOW, "leads": {"list": self.name}, "agents": agents}
        )


class Dialled:
    """The examples on a site, dialled to the last customer while `with` is on: each by what a
    worker's process runs, on one event loop of this process."""

    def __init__(self, site: Any, settings: Settings, found: list[Example]) -> None:
        self._site, self._settings, self._examples = site, settings, found
        self._thread = ThreadPoolExecutor(1)
        self._running: Future[list[str]] | None = None
        self._told: set[UUID] = set()
        self._logged_in = time.monotonic()

    def __enter__(self) -> "Dialled":
        now = datetime.now(UTC)
        for example in self._examples:
            self._apply(example, now)
        self._running = self._thread.submit(lambda: asyncio.run(self._dial()))
        return self

    def __exit__(self, *_: Any) -> None:
        for example in self._examples:
            self._want(example, CampaignState.STOPPED)
        self._thread.shutdown()
        assert self._running is not None
        assert {*self._running.result()} <= {"stopped", "finished"}

    def until_over(self) -> None:
        """Every customer was called, and what came of it is stored; agents end their talks."""
        assert until(self._is_over, SECONDS, every=0.2)

    def _is_over(self) -> bool:
        assert self._running is not None
        if self._running.done():
            raise AssertionError(f"nobody dials any more: {self._running.result()}")
        self._log_in()
        rows = attempts.page(self._site.store, limit=1000)
        for row in rows:
            self._end_talk(row)
        wanted = sum(len(example.customers) for example in self._examples)
        return len(rows) == wanted and all(row.ended_at for row in rows)

    def _log_in(self) -> None:
        """Who is not there; once more whose phone was not reached, as the link was not up yet."""
        if time.monotonic() < self._logged_in + LOG_IN_SECONDS:
            return
        self._logged_in = time.monotonic()
        states = {row.name: row.state for row in storage.agents.list_all(self._site.store)}
        for example in self._examples:
            for it in example.agents:
                if states[it.name] == AgentState.OFFLINE:
                    log_in = LogIn(
                        it.name, it.phone, "main", frozenset(it.skills), frozenset(it.teams)
                    )
                    put_order(self._site.store, example.name, log_in)

    def _end_talk(self, row: AttemptRow) -> None:
        if row.agent is None or row.connected_at is None or row.id in self._told:
            return
        if row.ended_at is None and datetime.now(UTC) - row.connected_at > TALK:
            self._told.add(row.id)
            put_order(self._site.store, row.campaign, EndCall(row.agent))

    def _apply(self, example: Example, now: datetime) -> None:
        store, file = self._site.store, example.file
        leads = [NewLead(each.number, fields=each.fields) for each in example.customers]
        imports.import_leads(store, example.name, leads, now)
        assert file.flows is not None
        campaigns.apply(store, example.campaign(), file.text, now, file.flows.texts)
        self._want(example, CampaignState.RUNNING)
        for agent in example.agents:
            storage.agents.add(store, agent, now)

    def _want(self, example: Example, state: CampaignState) -> None:
        campaigns.set_wanted(self._site.store, example.name, state, datetime.now(UTC))

    async def _dial(self) -> list[str]:
        return await asyncio.gather(*(self._dialled(each.name) for each in self._examples))

    async def _dialled(self, name: str) -> str:
        store = open_store(self._settings.database_url.get_secret_value())
        try:
            lease = leases.acquire(store, name, "here")
            assert lease is not None
            context = Context(
                self._settings, store, self._site.environ["DIALPLANE_REDIS_URL"], "here"
            )
            return await Dialling(context, campaigns.get(store, name), lease).run()
        finally:
            store.close()


def examples(customers: list[Customer]) -> list[Example]:
    """All that ship."""
    phones, made = iter(PHONES), []
    for name in NAMES:
        file = read_campaign(FOLDER / f"{name}.yaml")
        called = [each for each in customers if each.campaign == name]
        agents = [_agent(file, next(phones)) for _ in called] if _needs(file).agents else []
        made.append(Example(file, called, agents))
    return made


def _needs(file: CampaignFile) -> Needs:
    assert file.needs is not None
    return file.needs


def _agent(file: CampaignFile, phone: int) -> NewAgent:
    asked = _needs(file).anybody
    return NewAgent(f"agent-{phone}", str(phone), teams=(*asked.teams,), skills=(*asked.skills,))
