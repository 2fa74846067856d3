"""Which lead each agent is shown: the live snapshot knows the number, the list the name."""

from collections.abc import Iterable, Iterator
from typing import Any

import redis

from campaigns.effects import AgentState
from cli.site import Site, site_redis
from storage import leads
from storage.tables.agents import AgentRow
from workers.live import read_live
from workers.redis_binary import NoRedis


def shown_leads(site: Site, staff: Iterable[AgentRow]) -> dict[str, dict[str, Any]]:
    """The lead, with `number` and `name`, by the agent; nothing where nobody dials."""
    previews = {a.campaign for a in staff if a.campaign and a.state == AgentState.RESERVED}
    if not previews:
        return {}
    try:
        with site_redis(site.settings) as client:
            numbers = dict(pair for name in previews for pair in _on_screens(client, name))
    except (NoRedis, redis.RedisError):
        return {}
    return {agent: lead_of(site, number) for agent, number in numbers.items()}


def lead_of(site: Site, number: str) -> dict[str, Any]:
    """A number with its name: the first that is known of it, on whichever list."""
    names = [lead.name for lead in leads.find(site.store, number) if lead.name]
    return {"number": number, "name": names[0] if names else ""}


def _on_screens(client: "redis.Redis", campaign: str) -> Iterator[tuple[str, str]]:
    shot = read_live(client, campaign) or {}
    for agent in shot.get("roster", ()):
        if agent.get("lead"):
            yield agent["agent"], agent["lead"]
