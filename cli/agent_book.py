"""`dialplane agent add` and `list`."""

from typing import Annotated

import typer

from cli import output
from cli.lazy import leaf_app
from cli.output import Json, emit, emit_lines, examples, say
from cli.site import now, open_site
from storage import agents, campaigns
from storage.agents import NewAgent

app = leaf_app()


@app.command(
    epilog=examples(
        "dialplane agent add ann --phone ann --team sales --skill english",
        "dialplane agent add bob --phone bob --node west --label 'Bob B.'",
    )
)
def add(
    name: Annotated[str, typer.Argument(help="The agent's name.", metavar="NAME")],
    phone: Annotated[str, typer.Option(help="The agent's phone in the PBX's directory.")],
    node: Annotated[str, typer.Option(help="The PBX where the phone is.")] = "main",
    team: Annotated[list[str] | None, typer.Option(help="A team; may be repeated.")] = None,
    skill: Annotated[list[str] | None, typer.Option(help="A skill; may be repeated.")] = None,
    label: Annotated[str, typer.Option(help="The name that people read.")] = "",
    as_json: Json = False,
) -> None:
    """Add an agent, or change one.

    An agent who is known gets the new phone, teams and skills, from the next login on.
    """
    agent = NewAgent(name, phone, node, label, tuple(team or ()), tuple(skill or ()))
    with open_site() as site:
        new = agents.add(site.store, agent, now())
    if as_json:
        emit({"agent": name, "added": new})
    else:
        say(f"Agent '{name}' {'added' if new else 'changed'}.")


@app.command(
    "list",
    epilog=examples(
        "dialplane agent list",
        "dialplane agent list --campaign spring --json | jq .state",
    ),
)
def list_(
    campaign: Annotated[
        str | None, typer.Option(help="Who may take this campaign's calls.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List the agents, and what each is doing."""
    with open_site() as site:
        if campaign is None:
            found = agents.list_all(site.store)
        else:
            found = agents.of_campaign(site.store, campaigns.get(site.store, campaign).spec)
    if as_json:
        emit_lines(found)
        return
    columns = (
        "agent",
        "phone",
        "PBX",
        "teams",
        "skills",
        "campaign",
        "state",
        "reason",
        "since (UTC)",
    )
    rows = [
        (a.name, a.phone, a.node, a.teams, a.skills, a.campaign, a.state, a.reason, a.since)
        for a in found
    ]
    output.show(columns, rows)
