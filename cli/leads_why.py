"""`dialplane leads why`: the rules' own answer, and what else keeps a campaign from calling."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, TypeAlias
from uuid import UUID

import typer

from campaigns.effects import AgentState
from campaigns.orders import CampaignState
from campaigns.rules import why_not
from campaigns.windows import next_opening
from cli import nodes, output
from cli.lazy import leaf_app
from cli.leads_look import Which, find
from cli.numbers import Region
from cli.output import Json, emit, examples, say
from cli.site import Site, now, open_site
from storage import agents, campaigns, leads, leases
from storage.campaigns import Stored
from storage.errors import NotThere
from storage.tables.agents import AgentRow
from storage.tables.people import Lead

app = leaf_app()


@dataclass(frozen=True, slots=True)
class Answer:
    """Why a lead is, or is not, dialled. `refusal`: the rule and its sentence; None: it is."""

    lead: UUID
    number: str
    list: str
    campaign: str
    dialled: bool
    refusal: str | None
    window_opens: datetime | None


@app.command(
    epilog=examples(
        "dialplane leads why +12125550100 --campaign spring",
        "dialplane leads why +12125550100 --campaign spring --json | jq .refusal",
    )
)
def why(
    which: Which,
    campaign: Annotated[str, typer.Option(help="The campaign that should call.")],
    region: Region = None,
    as_json: Json = False,
) -> None:
    """Say why a lead is, or is not, dialled now.

    The answer is that of the very rules that the dialler asks before each call; after them,
    whether the campaign runs, a worker dials it, and an agent is there who can take the lead.
    """
    with open_site() as site:
        answer = answer_for(site, which, campaign, now(), region)
    if as_json:
        emit(answer)
    else:
        say(in_words(answer))


def answer_for(
    site: Site, which: str, campaign_name: str, at: datetime, region: str | None = None
) -> Answer:
    """Ask about one lead of a campaign's list. Raises `NotThere`, `InputError`."""
    stored = campaigns.get(site.store, campaign_name)
    spec = stored.spec
    found = find(site.store, which, region)
    lead = next((x for x in found if x.list_name == spec.leads.list), None)
    if lead is None:
        raise NotThere(
            f"The lead {which} is not on the list '{spec.leads.list}' of campaign '{spec.name}'"
        )
    facts = leads.facts(site.store, spec, lead.id, at)
    refusal = why_not(facts, spec, at) or _hindrance(site, stored, lead)
    opens = next_opening(spec.windows, facts.zones, at)
    return Answer(lead.id, lead.number, lead.list_name, spec.name, refusal is None, refusal, opens)


def in_words(answer: Answer) -> str:
    """The answer as a sentence."""
    who = f"{answer.number} on list '{answer.list}'"
    if answer.dialled:
        return f"{who} may be dialled now; it waits for its turn."
    opens = answer.window_opens
    window = "its window never opens within a week"
    if opens is not None:
        window = f"its window opens at {output.shown(opens)} UTC"
    end = f"; {window}" if (answer.refusal or "").startswith("windows") else ""
    return f"{who} is not dialled now: {answer.refusal}{end}."


def _hindrance(site: Site, stored: Stored, lead: Lead) -> str | None:
    """What keeps the campaign, and not the lead, from it: the first of `HINDRANCES`."""
    for name, judge in HINDRANCES:
        found = judge(site, stored, lead)
        if found:
            return f"{name}: {found}"
    return None


def _not_running(_site: Site, stored: Stored, _lead: Lead) -> str:
    wanted = stored.wanted
    return "" if wanted is CampaignState.RUNNING else f"it is '{wanted.value}', not running"


def _no_node(site: Site, stored: Stored, _lead: Lead) -> str:
    unknown = nodes.unknown(stored.spec.pbx, site.settings)
    return nodes.why_unknown(unknown, site.settings) if unknown else ""


def _trouble(_site: Site, stored: Stored, _lead: Lead) -> str:
    return stored.why


def _no_worker(site: Site, stored: Stored, _lead: Lead) -> str:
    seen = leases.look(site.store, stored.name)
    dialled = seen is not None and not seen.lapsed
    return "" if dialled else "no worker dials it; run: dialplane up, or dialplane worker"


def _no_agent(site: Site, stored: Stored, lead: Lead) -> str:
    """The first thing that all agents lack."""
    staff = agents.of_campaign(site.store, stored.spec)
    tests: tuple[tuple[str, Callable[[AgentRow], bool]], ...] = (
        ("may take its calls: see 'dialplane agent add'", lambda _: True),
        (f"is on its PBX {', '.join(stored.spec.pbx)}", lambda a: a.node in stored.spec.pbx),
        (
            f"has the skills that the lead needs: {', '.join(lead.skills)}",
            lambda a: set(lead.skills) <= set(a.skills),
        ),
        ("is logged in to it", lambda a: a.campaign == stored.name),
        ("is at work", lambda a: a.state not in (AgentState.OFFLINE, AgentState.PAUSED)),
    )
    for lack, has in tests:
        before, staff = len(staff), [agent for agent in staff if has(agent)]
        if not staff:
            return f"none of {before} who may take it {lack}" if before else f"nobody {lack}"
    return ""


Hindrance: TypeAlias = Callable[[Site, Stored, Lead], str]
HINDRANCES: tuple[tuple[str, Hindrance], ...] = (
    ("campaign", _not_running),
    ("campaign", _no_node),
    ("campaign", _trouble),
    ("campaign", _no_worker),
    ("agents", _no_agent),
)
