"""A new version on a real PBX: its links stay up, its calls go on, their ends are seen."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

import storage.agents
from campaigns.orders import CampaignState
from lab.carrier import Carrier
from storage import campaigns, imports
from storage.agents import NewAgent
from storage.lead_rows import NewLead
from workers import dial
from workers.context import Context

Until = Callable[..., None]


@pytest.fixture(autouse=True)
def brief(carrier: Carrier) -> Iterator[None]:
    """Customers talk for three seconds; other tests share the carrier."""
    carrier.talk(3.0, 0.1)
    yield
    carrier.talk(5.0)


@pytest.mark.slow
def test_calls_on_asterisk_go_on_under_a_new_version(
    make_site: Callable[..., Any],
    ami_url: str,
    until: Until,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site = make_site(pbx=ami_url)
    spec = site.campaign(leads=0, agents=4)
    numbers = [f"+1347555{n:03d}{n % 3}" for n in range(60)]  # such endings answer, and talk
    new = [NewLead(number) for number in numbers]
    imports.import_leads(site.store, "spring", new, datetime.now(UTC))
    for number in range(4):
        name = f"agent-{number:02d}"
        agent = NewAgent(name, str(1001 + number), teams=("sales",))
        storage.agents.add(site.store, agent, datetime.now(UTC))
    settings = site.settings.model_copy(update={"simulated_agents": 4})
    context = Context(settings, site.store, site.redis_url, "w1")
    monkeypatch.setattr("workers.context._held", [context])
    thread = threading.Thread(target=dial.run_campaign, args=("spring",))
    thread.start()
    try:
        for version in (2, 3):
            until(lambda: len(talking(site)) >= 2, 60)
            seen = {row.id for row in talking(site)}
            newer = spec.model_copy(update={"ring": 20.0 + version})
            campaigns.apply(site.store, newer, f"{version}", datetime.now(UTC))
            until(lambda seen=seen: not seen & open_of(site), 30)
            assert {row.outcome for row in site.attempts() if row.id in seen} == {"connected"}
        until(lambda: any(row.campaign_version == 3 for row in site.attempts()), 30)
        site.want(CampaignState.STOPPED)
        until(lambda: site.stored().actual is CampaignState.STOPPED and not site.open(), 60)
    finally:
        context.stop.set()
        thread.join()
    assert all(row.outcome != "lost" for row in site.attempts())
    assert site.broken() == {}


def talking(site: Any) -> list[Any]:
    return [row for row in site.attempts() if row.connected_at and row.ended_at is None]


def open_of(site: Any) -> set[Any]:
    return {row.id for row in site.attempts() if row.ended_at is None}
