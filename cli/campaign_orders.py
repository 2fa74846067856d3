"""`dialplane campaign start`, `pause`, `resume` and `stop`: what is wanted of a campaign."""

from typing import Annotated

import typer

from campaigns.orders import CampaignState
from cli import nodes
from cli.bell import ring_workers
from cli.campaign_files import listed
from cli.errors import StateError
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say, warn
from cli.site import Site, now, open_site
from storage import agents, campaigns, leads
from storage.campaigns import Stored
from storage.lines import served_already

app = leaf_app()
Name = Annotated[str, typer.Argument(help="A campaign.", metavar="NAME")]


@app.command(epilog=examples("dialplane campaign start spring"))
def start(name: Name, as_json: Json = False) -> None:
    """Let a campaign dial.

    The newest applied version is dialled, by the first worker that is free.
    """
    with open_site() as site:
        stored = campaigns.get(site.store, name)
        _require_nodes(site, stored)
        _require_leads(site, stored)
        _require_lines(site, stored)
        staff = not _asks(stored) or bool(agents.of_campaign(site.store, stored.spec))
        _order(site, name, CampaignState.RUNNING, as_json)
    if not staff and not as_json:
        say("No agent may take its calls: see 'dialplane agent add'")


@app.command(epilog=examples("dialplane campaign pause spring"))
def pause(name: Name, as_json: Json = False) -> None:
    """Place no more calls; those in progress go on."""
    with open_site() as site:
        _require(site, name, CampaignState.RUNNING)
        _order(site, name, CampaignState.PAUSED, as_json)


@app.command(epilog=examples("dialplane campaign resume spring"))
def resume(name: Name, as_json: Json = False) -> None:
    """Go on dialling after a pause."""
    with open_site() as site:
        _require(site, name, CampaignState.PAUSED)
        stored = campaigns.get(site.store, name)
        _require_nodes(site, stored)
        _require_lines(site, stored)
        _order(site, name, CampaignState.RUNNING, as_json)


@app.command(epilog=examples("dialplane campaign stop spring"))
def stop(name: Name, as_json: Json = False) -> None:
    """End a campaign; calls in progress go on."""
    with open_site() as site:
        _order(site, name, CampaignState.STOPPED, as_json)


def _require(site: Site, name: str, state: CampaignState) -> None:
    wanted, _ = campaigns.wanted(site.store, name)
    if wanted is not state:
        raise StateError(f"Campaign '{name}' is '{wanted.value}', not '{state.value}'")


def _asks(stored: campaigns.Stored) -> bool:
    """Whether a call may ask for an agent."""
    needs, callers = stored.needs(), stored.inbound_needs()
    return needs is None or needs.agents or (callers is not None and callers.agents)


def _require_nodes(site: Site, stored: Stored) -> None:
    unknown = nodes.unknown(stored.spec.pbx, site.settings)
    if unknown:
        why = nodes.why_unknown(unknown, site.settings)
        raise StateError(f"Campaign '{stored.name}' cannot be dialled: {why}")


def _require_lines(site: Site, stored: Stored) -> None:
    """Of two campaigns on one line, nobody could say which one gets a call."""
    if why := served_already(site.store, stored.spec):
        raise StateError(f"Campaign '{stored.name}' cannot be started: {why}")


def _require_leads(site: Site, stored: Stored) -> None:
    """One with lines may have none: it serves these, and calls nobody."""
    there, wanted = leads.lists(site.store), stored.spec.leads.lists
    if any(there.get(name) for name in wanted):
        return
    empty = f"The list {listed(stored.spec)} of campaign '{stored.name}' is empty"
    if stored.spec.inbound is not None:
        warn(f"{empty}: its lines are served, and nobody is called")
        return
    raise StateError(f"{empty}; run: dialplane leads import FILE.csv --list {wanted[0]}")


def _order(site: Site, name: str, state: CampaignState, as_json: bool) -> None:
    campaigns.set_wanted(site.store, name, state, now())
    rung = ring_workers(site, name, dial=state is CampaignState.RUNNING)
    if as_json:
        emit({"campaign": name, "wanted": state.value, "workers_told": rung})
        return
    say(f"Campaign '{name}' is to be {state.value}.")
    if not rung:
        say("No worker is running here: start one with 'dialplane up' or 'dialplane worker'")
