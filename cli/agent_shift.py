"""`dialplane agent login` and `logout`: for one campaign, or wherever the agent is needed."""

import time
from typing import Annotated

import typer

from campaigns.orders import LogIn, LogOut
from cli.agent_orders import AT_WORK, LOOK, Name, give, wait_and_tell
from cli.errors import StateError
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say
from cli.site import Site, open_site
from storage import agents, campaigns, shared
from storage.agents import may_work
from storage.campaigns import Stored
from storage.tables.agents import AgentRow

app = leaf_app()
SENT_WITHIN = 5.0  # seconds; agents are shared out every two


@app.command(
    epilog=examples("dialplane agent login ann --campaign spring", "dialplane agent login ann")
)
def login(
    name: Name,
    campaign: Annotated[
        str | None,
        typer.Option(help="The campaign to work for.", show_default="wherever it is needed"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Log an agent in; the phone rings.

    With --campaign: to that one, until the logout. Without, the agent is shared: logged in to the
    campaign that needs it most of those whose calls it may take, and moved to another one as leads
    and agents come and go. Nailed-up agents are ready once the phone is off hook, agents on demand
    at once.
    """
    with open_site() as site:
        agent = agents.get(site.store, name)
        if campaign is None:
            _share(site, agent, as_json)
            return
        if not may_work(agent, campaigns.get(site.store, campaign).spec):
            raise StateError(
                f"Agent '{name}' is neither named by campaign '{campaign}' nor of its teams, "
                "or lacks one of its skills"
            )
        skills, teams = frozenset(agent.skills), frozenset(agent.teams)
        order = LogIn(name, agent.phone, agent.node, skills, teams)
        give(site, campaign, order, as_json)


@app.command(epilog=examples("dialplane agent logout ann"))
def logout(name: Name, as_json: Json = False) -> None:
    """Log an agent out after the present call."""
    with open_site() as site:
        agent = agents.get(site.store, name)
        if agent.campaign is None and not agent.shared:
            raise StateError(f"Agent '{name}' is logged out already")
        order = shared.log_out(site.store, name)
        if order is not None:
            campaign, order_id = order
            wait_and_tell(site, campaign, LogOut(name), order_id, as_json)
        elif as_json:
            emit({"agent": name, "campaign": None, "order": "logout", "done": True})
        else:
            say(f"Agent '{name}' is logged out; it was in no campaign.")


def _share(site: Site, agent: AgentRow, as_json: bool) -> None:
    """Raises `StateError`."""
    found = [c for c in campaigns.list_all(site.store) if isinstance(c, Stored)]
    if not any(c.wanted in AT_WORK and may_work(agent, c.spec) for c in found):
        raise StateError(
            f"Agent '{agent.name}' may take the calls of no campaign that is to run; "
            "see 'agents' in their files"
        )
    before = shared.share(site.store, agent.name)
    campaign = before or _sent_to(site, agent.name)
    if as_json:
        done = campaign is not None
        told = {"agent": agent.name, "campaign": campaign, "order": "login"}
        emit({**told, "shared": True, "done": done})
    elif before:
        say(f"Agent '{agent.name}', campaign '{before}': shared with others from now on.")
    elif campaign:
        say(f"Agent '{agent.name}', campaign '{campaign}': logged in, and shared with others.")
    else:
        say(f"Agent '{agent.name}' is shared, and logged in as soon as a campaign has leads for it")


def _sent_to(site: Site, name: str) -> str | None:
    """The campaign whose worker has taken the login; None: none yet."""
    deadline = time.monotonic() + SENT_WITHIN
    while (campaign := agents.get(site.store, name).campaign) is None:
        if time.monotonic() > deadline:
            return None
        time.sleep(LOOK)
    return campaign
