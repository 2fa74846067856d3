"""The demo: a whole site on this machine, dialling one campaign with simulated agents.

Everything is what a real site has: a database, a Redis, worker processes, the lease, the claims,
the live view. Only the agents are simulated, and the PBX is the fake one, or a real Asterisk of
the lab with a second one as carrier, or a real FreeSWITCH that somebody runs, or the fake one over
the wire; or several of these at once. Nobody's phone rings.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from campaigns.orders import CampaignState
from storage import agents, campaigns
from storage.attempts import open_attempts
from storage.engine import Store, open_store
from storage.imports import import_leads
from storage.invariants.check import check
from storage.migrate import create_or_upgrade
from storage.reports import Report, report
from workers.demo_asterisk import asterisk_url
from workers.demo_freeswitch import freeswitch_url
from workers.demo_plan import CAMPAIGN, LIST, DemoPlan
from workers.demo_served import served_url
from workers.live import read_live
from workers.redis_server import connect, locate
from workers.settings import FILE_NAME, Settings
from workers.settings_file import load_settings

LIMIT_SECONDS = 150.0  # then calls may end and processes stop: three minutes, whatever happens
LOOK_SECONDS = 0.25
FAKE_SPEED = 8.0
FAKE_TALK = 35  # seconds, in the fake PBX's own time
SERVED = {"fake-ami": "ami", "fake-esl": "esl"}
OVER = (CampaignState.FINISHED, CampaignState.STOPPED)

Watch = Callable[[dict[str, Any]], None]


class DemoFailed(Exception):
    """A sentence: the demo did not come to its end, and why."""


def run_demo(plan: DemoPlan, watch: Watch, tell: Callable[[str], None]) -> dict[str, Any]:
    """Set a site up, dial, report. `watch` gets snapshots, `tell` sentences on what goes on.

    Raises `DemoFailed`, and what the parts raise in words; nothing is left running.
    """
    deadline = time.monotonic() + LIMIT_SECONDS
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dialplane-demo-")))
        urls = {name: stack.enter_context(_pbx(plan, name, tell)) for name in plan.kinds}
        settings = _set_up(home, plan, urls)
        store = open_store(settings.database_url.get_secret_value())
        stack.callback(store.close)
        _fill(store, plan)
        site = stack.enter_context(_site(home))
        campaigns.set_wanted(store, CAMPAIGN, CampaignState.RUNNING, datetime.now(UTC))
        staff = len(list(plan.new_agents()))
        tell(f"{plan.leads} leads, {staff} agents, {plan.campaign().mode}, PBX: {plan.pbx}")
        _watch_until_over(settings, store, site, watch, deadline)
        return _result(plan, store)


@contextmanager
def _pbx(plan: DemoPlan, node: str, tell: Callable[[str], None]) -> Iterator[str]:
    kind = plan.kinds[node]
    if kind == "asterisk":
        tell(
            "starting a real Asterisk, and a second one as carrier (first time: some seconds more)"
        )
        with asterisk_url(plan.agents, plan.flows) as url:
            yield url
    elif kind == "freeswitch":
        with freeswitch_url(plan.flows) as url:
            yield url
    elif kind in SERVED:
        with served_url(SERVED[kind], plan.seed) as url:
            yield url
    else:
        yield f"fake://demo?seed={plan.seed}&talk={FAKE_TALK}&speed={FAKE_SPEED:g}"


def _set_up(home: Path, plan: DemoPlan, urls: dict[str, str]) -> Settings:
    lines = [
        f"database_url = {json.dumps(f'sqlite:///{home}/demo.db')}",
        'log_level = "warning"',
        "drain_seconds = 5",
        f"simulated_agents = {plan.agents}",
        f"simulated_seed = {plan.seed}",
        "[pbx]",
        *(f"{name} = {json.dumps(url)}" for name, url in urls.items()),
    ]
    path = home / FILE_NAME
    path.touch(mode=0o600)
    path.write_text("\n".join(lines) + "\n")
    return load_settings(home, {})


def _fill(store: Store, plan: DemoPlan) -> None:
    create_or_upgrade(store)
    now = datetime.now(UTC)
    texts = plan.given.texts if plan.given is not None else {}
    campaigns.apply(store, plan.campaign(), "# the demo's", now, texts)
    import_leads(store, LIST, plan.new_leads(), now)
    for agent in plan.new_agents():
        agents.add(store, agent, now)


@contextmanager
def _site(home: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """`dialplane up` for the demo's folder, in a process of its own."""
    code = (
        "from workers.main import run_site; from workers.settings_file import load_settings; "
        "run_site(load_settings())"
    )
    log = (home / "site.log").open("wb")
    site = subprocess.Popen(  # noqa: S603 - our own interpreter and our own words
        [sys.executable, "-P", "-c", code],
        env=_environment(home),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
    )
    try:
        yield site
    finally:
        site.terminate()
        try:
            site.wait(timeout=25)
        except subprocess.TimeoutExpired:
            site.kill()
            site.wait()
        log.close()


def _environment(home: Path) -> dict[str, str]:
    """What the site's processes see: the demo's folder, and nothing of a real site's."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("DIALPLANE_")}
    return {**kept, "DIALPLANE_HOME": str(home)}


def _watch_until_over(
    settings: Settings,
    store: Store,
    site: "subprocess.Popen[bytes]",
    watch: Watch,
    deadline: float,
) -> None:
    """Until the campaign is finished; one that takes too long is stopped, and its calls end."""
    with ExitStack() as stack:
        client = None
        while not _over(store):
            if site.poll() is not None:
                raise DemoFailed(f"the site ended early: {_last_line(settings.home)}")
            if time.monotonic() > deadline:
                campaigns.set_wanted(store, CAMPAIGN, CampaignState.STOPPED, datetime.now(UTC))
                deadline = float("inf")
            if client is None and (url := locate(settings)) is not None:
                client = stack.enter_context(connect(url))
            shot = read_live(client, CAMPAIGN) if client is not None else None
            if shot is not None:
                watch(shot)
            time.sleep(LOOK_SECONDS)


def _over(store: Store) -> bool:
    """The campaign says so, and the result of its last call is stored."""
    return campaigns.get(store, CAMPAIGN).actual in OVER and not open_attempts(store, CAMPAIGN)


def _last_line(home: Path) -> str:
    lines = (home / "site.log").read_text(errors="replace").splitlines()
    return lines[-1] if lines else "it said nothing"


def _of_flow(plan: DemoPlan, found: Report) -> dict[str, Any]:
    """Of a campaign of mode ivr: who heard the flow, who asked for an agent, what was answered."""
    if plan.given is None or not plan.given.flows:
        return {}
    return {
        "heard": found.heard,
        "asked": found.asked,
        "asked_abandonment": round(found.asked_abandonment, 5),
        "answers": found.answers,
    }


def _result(plan: DemoPlan, store: Store) -> dict[str, Any]:
    """The figures of the whole run; `until` lies after the fake PBX's own, faster clock."""
    stored = campaigns.get(store, CAMPAIGN)
    until = datetime.now(UTC).replace(year=datetime.now(UTC).year + 1)
    found = report(store, stored.spec, until)
    return {
        "pbx": plan.pbx,
        "mode": stored.spec.mode.value,
        "seed": plan.seed,
        "leads": plan.leads,
        "agents": len(list(plan.new_agents())),
        "attempts": found.attempts,
        "answered": found.answered,
        "connected": found.connected,
        "abandoned": found.abandoned,
        "late": found.late,
        "abandonment": round(found.abandonment, 5),
        **_of_flow(plan, found),
        "agent_idle": round(found.agent_idle, 4),
        "talk_seconds": round(found.talk_seconds, 1),
        "answer_to_agent": {
            "p50": round(found.answer_to_agent.p50, 3),
            "p99": round(found.answer_to_agent.p99, 3),
            "max": round(found.answer_to_agent.longest, 3),
        },
        "double_dials": found.double_dials,
        "unresolved": found.unresolved,
        "invariants_broken": sum(checked.rows for checked in check(store)),
        "outcomes": found.outcomes,
        "dispositions": found.dispositions,
    }
