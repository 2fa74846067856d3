"""What keeps a campaign from calling a lead: the rules, else itself, its worker, its agents."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeAlias

from campaigns.effects import AgentState
from campaigns.orders import CampaignState
from campaigns.rules import LeadFacts, why_not
from cli import nodes
from cli.site import Site
from storage import agents, leases
from storage.campaigns import Stored, Unreadable
from storage.tables.agents import AgentRow
from storage.tables.people import Lead


def kept_by(site: Site, stored: Stored, lead: Lead, facts: LeadFacts, at: datetime) -> str | None:
    """The first rule that refuses the lead, else the first hindrance; None: it may be called."""
    return why_not(facts, stored.spec, at) or hindrance(site, stored, lead.skills)


def hindrance(site: Site, stored: Stored, skills: Sequence[str] = ()) -> str | None:
    """The first of `HINDRANCES`, as `part: sentence`; `skills`: what the lead needs."""
    for name, judge in HINDRANCES:
        found = judge(site, stored, skills)
        if found:
            return f"{name}: {found}"
    return None


def _not_running(_site: Site, stored: Stored, _skills: Sequence[str]) -> str:
    wanted = stored.wanted
    return "" if wanted is CampaignState.RUNNING else f"it is '{wanted.value}', not running"


def _no_node(site: Site, stored: Stored, _skills: Sequence[str]) -> str:
    unknown = nodes.unknown(stored.spec.pbx, site.settings)
    return nodes.why_unknown(unknown, site.settings) if unknown else ""


def _trouble(_site: Site, stored: Stored, _skills: Sequence[str]) -> str:
    return stored.why


def _no_flow(_site: Site, stored: Stored, _skills: Sequence[str]) -> str:
    try:
        stored.needs()
    except Unreadable as wrong:
        return str(wrong)
    return ""


def _no_worker(site: Site, stored: Stored, _skills: Sequence[str]) -> str:
    seen = leases.look(site.store, stored.name)
    dialled = seen is not None and not seen.lapsed
    return "" if dialled else "no worker dials it; run: dialplane up, or dialplane worker"


def _no_agent(site: Site, stored: Stored, skills: Sequence[str]) -> str:
    """The first thing that all agents lack. A flow without a step `agent` needs none."""
    needs = stored.needs()
    if needs is not None and not needs.agents:
        return ""
    staff = agents.of_campaign(site.store, stored.spec)
    tests: tuple[tuple[str, Callable[[AgentRow], bool]], ...] = (
        ("may take its calls: see 'dialplane agent add'", lambda _: True),
        (f"is on its PBX {', '.join(stored.spec.pbx)}", lambda a: a.node in stored.spec.pbx),
        (
            f"has the skills that the lead needs: {', '.join(skills)}",
            lambda a: set(skills) <= set(a.skills),
        ),
        ("is logged in to it", lambda a: a.campaign == stored.name),
        ("is at work", lambda a: a.state not in (AgentState.OFFLINE, AgentState.PAUSED)),
    )
    for lack, has in tests:
        before, staff = len(staff), [agent for agent in staff if has(agent)]
        if not staff:
            return f"none of {before} who may take it {lack}" if before else f"nobody {lack}"
    return ""


Hindrance: TypeAlias = Callable[[Site, Stored, Sequence[str]], str]
HINDRANCES: tuple[tuple[str, Hindrance], ...] = (
    ("campaign", _not_running),
    ("campaign", _no_node),
    ("campaign", _trouble),
    ("campaign", _no_flow),
    ("campaign", _no_worker),
    ("agents", _no_agent),
)
