"""Agents who are shared among campaigns, by the sweeper and by real processes."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import redis
from sqlalchemy import select, update

from campaigns.orders import CampaignState, Ready
from campaigns.sharing import Sent
from campaigns.spec.campaign import Campaign
from storage import agents, campaigns, imports, leases, shared
from storage.agents import NewAgent
from storage.dbtime import db_time
from storage.lead_rows import NewLead
from storage.orders import put_order
from storage.tables.agents import AGENT_STATES, AGENTS
from workers.sharing import share_agents_out
from workers.sweeper import Sweeper

Until = Callable[..., None]
PROGRAM = """
import sys
from workers import main
from workers.settings_file import load_settings
main.run_worker(load_settings(), tell=lambda text: None)
"""
BOTH = ("spring", "autumn")
PLAN: dict[str, Any] = {
    "mode": "progressive",
    "trunks": [{"name": "carrier", "channels": 60, "calls_per_second": 50}],
    "caller_ids": ["+12125550100"],
    "attempts": {"per_lead": 1},
    "windows": {"timezone": "UTC", "hours": [{"from": "00:00", "to": "24:00"}]},
    "dispositions": [{"name": "sale", "success": True}, {"name": "no-interest"}],
}


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[dict[str, str]], "subprocess.Popen[bytes]"]]:
    """A `dialplane worker` in a process group of its own; it ends with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(environ: dict[str, str]) -> "subprocess.Popen[bytes]":
        with (tmp_path / "log").open("w") as log:
            command = [sys.executable, "-P", "-c", PROGRAM]
            env = {**os.environ, "DIALPLANE_LOG_LEVEL": "info", **environ}
            started.append(subprocess.Popen(command, env=env, stderr=log, start_new_session=True))
        return started[-1]

    yield begin
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    sys.stdout.write((tmp_path / "log").read_text())  # shown when the test fails


def begin(site: Any, name: str, leads: int, share: float) -> None:
    """A campaign with a list of its own, whose numbers are on no other; six may work for it."""
    now = datetime.now(UTC)
    for n in range(6):
        agents.add(site.store, NewAgent(f"agent-0{n}", f"agent-0{n}", teams=("sales",)), now)
    area = 212 + BOTH.index(name)
    new = [NewLead(f"+1{area}555{number:04d}") for number in range(leads)]
    imports.import_leads(site.store, name, new, now)
    team = {"teams": ["sales"], "wrap_up": 10, "share": share}
    plan = {**PLAN, "name": name, "leads": {"list": name}, "agents": team}
    campaigns.apply(site.store, Campaign.model_validate(plan), f"name: {name}", now)
    site.want(CampaignState.RUNNING, name)


def spread(site: Any) -> dict[str | None, int]:
    return dict(Counter(agent.campaign for agent in agents.list_all(site.store)))


def age(site: Any) -> None:
    """As if a minute had gone by since anybody was sent anywhere."""
    with site.store.writing() as connection:
        connection.execute(
            update(AGENTS).where(AGENTS.c.bound.is_(None)).values(told_at=db_time(-100))
        )


def has_come_to(site: Any, wanted: dict[str, int]) -> bool:
    """Whether the agents are so spread; who has not been sent there yet may be sent now, and who
    has lost the phone, as the fake PBX dies with its worker, picks it up again."""
    if spread(site) == wanted:
        return True
    age(site)
    for agent in agents.list_all(site.store):
        if agent.campaign and (agent.state, agent.reason) == ("paused", "phone"):
            put_order(site.store, agent.campaign, Ready(agent.name))
    return False


def history(site: Any) -> dict[str, list[Any]]:
    """Every change of each agent, in the order in which the database was told."""
    of = AGENT_STATES.c
    query = select(of.agent, of.campaign, of.state, of.reason).order_by(of.seq)
    found: dict[str, list[Any]] = {}
    with site.store.reading() as connection:
        for row in connection.execute(query):
            found.setdefault(row.agent, []).append(row)
    return found


def holder_process(site: Any, name: str, leader: int) -> int | None:
    seen = leases.look(site.store, name)
    told = subprocess.run(
        ["ps", "-ww", "-o", "pid=,args=", "-g", str(leader)],
        capture_output=True,
        text=True,
        check=False,
    )
    mark = f"workers.child dial {seen.lease.holder} " if seen else "nobody"
    return next((int(li.split()[0]) for li in told.stdout.splitlines() if mark in li), None)


@pytest.fixture
def site(make_site: Callable[..., Any], database_url: str) -> Any:
    return make_site(database_url)


def test_those_who_are_shared_go_where_there_is_work(site: Any) -> None:
    begin(site, "spring", leads=0, share=2)
    begin(site, "autumn", leads=3, share=1)
    now = datetime.now(UTC)
    assert share_agents_out(site.store, now) == []
    for name in ("agent-00", "agent-01"):
        shared.share(site.store, name)
    assert share_agents_out(site.store, now) == []  # nobody dials
    for name in BOTH:
        site.lease(name, name)
    site.want(CampaignState.PAUSED, "autumn")
    assert share_agents_out(site.store, now) == []
    site.want(CampaignState.RUNNING, "autumn")
    sent = share_agents_out(site.store, now)
    assert sent == [Sent("agent-00", "autumn"), Sent("agent-01", "autumn")]
    assert share_agents_out(site.store, now) == []


def test_a_few_leads_get_as_many_agents(site: Any) -> None:
    begin(site, "spring", leads=1, share=2)
    begin(site, "autumn", leads=30, share=1)
    for name in BOTH:
        site.lease(name, name)
    for n in range(6):
        shared.share(site.store, f"agent-0{n}")
    sent = share_agents_out(site.store, datetime.now(UTC))
    assert Counter(order.to for order in sent) == {"spring": 1, "autumn": 5}
    assert all(isinstance(order, Sent) for order in sent)


def test_the_sweeper_sends_them(
    site: Any, client: "redis.Redis", caplog: pytest.LogCaptureFixture
) -> None:
    begin(site, "spring", leads=1, share=1)
    site.lease("spring", "spring")
    shared.share(site.store, "agent-00")
    sweeper = Sweeper(site.store, lambda: client, "s1", keys=site.keys)
    with caplog.at_level("INFO"):
        for _ in range(8):
            sweeper.sweep()
    (order,) = [r.message for r in caplog.records if "agent-00" in r.message]
    assert order == "agent 'agent-00' is logged in to campaign 'spring'"


@pytest.mark.slow
def test_two_campaigns_share_six_agents_while_leads_come_and_go_and_a_worker_dies(
    make_site: Callable[..., Any],
    postgres_url: str,
    client: "redis.Redis",
    start: Callable[..., "subprocess.Popen[bytes]"],
    until: Until,
) -> None:
    site = make_site(postgres_url, "fake://demo?seed=5&speed=10&talk=20")
    begin(site, "autumn", leads=900, share=1)
    for n in range(6):
        shared.share(site.store, f"agent-0{n}")
    worker = start(site.environ)
    until(lambda: spread(site) == {"autumn": 6}, 60)
    until(lambda: len(site.attempts("autumn")) > 6, 30)

    begin(site, "spring", leads=24, share=2)
    until(lambda: holder_process(site, "spring", worker.pid), 30)
    age(site)
    until(lambda: any(agent.bound for agent in agents.list_all(site.store)), 30)
    victim = holder_process(site, "autumn", worker.pid)
    assert victim
    os.kill(victim, signal.SIGKILL)
    until(lambda: has_come_to(site, {"spring": 4, "autumn": 2}), 60)

    until(lambda: site.stored("spring").actual is CampaignState.FINISHED, 120)
    until(lambda: has_come_to(site, {"autumn": 6}), 30)
    told = history(site)
    came = {a for a, rows in told.items() if any(r.campaign == "spring" for r in rows)}
    since = len(site.attempts("autumn"))
    until(lambda: {row.agent for row in site.attempts("autumn")[: -since or None]} & came, 60)
    site.want(CampaignState.STOPPED, "autumn")
    until(lambda: site.stored("autumn").actual is CampaignState.STOPPED, 60)
    until(lambda: not site.open("autumn"), 30)

    told = history(site)
    for rows in told.values():
        for before, after in pairwise(rows):
            assert before.campaign == after.campaign or before.state == "offline"
    assert any(r.reason == "moved to spring" for rows in told.values() for r in rows)
    calls = [row for name in BOTH for row in site.attempts(name)]
    assert len({row.number for row in calls}) == len(calls)
    assert len(site.attempts("spring")) == 24
    assert all(row.outcome and row.ended_at for row in calls)
    worker.terminate()
    assert worker.wait(60) == 0
