"""`dialplane agent add` and `list`."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import typer

from cli import nodes, output
from cli.errors import InputError
from cli.lazy import leaf_app
from cli.output import Json, emit, emit_lines, examples, say
from cli.previews import shown_leads
from cli.site import Site, now, open_site
from cli.tokens import token
from storage import agents, campaigns
from storage.agents import NewAgent
from storage.errors import NotThere
from storage.tables.agents import AgentRow

app = leaf_app()


@dataclass(frozen=True, slots=True)
class Given:
    """What was said of an agent; None: nothing."""

    phone: str | None
    node: str | None
    label: str | None
    teams: tuple[str, ...] | None
    skills: tuple[str, ...] | None


@app.command(
    epilog=examples(
        "dialplane agent add ann --phone ann --team sales --skill english",
        "dialplane agent add bob --phone bob --node west --label 'Bob B.'",
        "dialplane agent add ann --skill english --skill german",
        "dialplane agent add ann --team ''",
    )
)
def add(
    name: Annotated[str, typer.Argument(help="The agent's name.", metavar="NAME")],
    phone: Annotated[
        str | None,
        typer.Option(help="The agent's phone in the PBX's directory; a new one needs it."),
    ] = None,
    node: Annotated[
        str | None, typer.Option(help="The PBX where the phone is.", show_default="main")
    ] = None,
    team: Annotated[list[str] | None, typer.Option(help="A team; may be repeated.")] = None,
    skill: Annotated[list[str] | None, typer.Option(help="A skill; may be repeated.")] = None,
    label: Annotated[str | None, typer.Option(help="The name that people read.")] = None,
    as_json: Json = False,
) -> None:
    """Add an agent, or change one.

    Of an agent who is known, what is left out stays as it is, and what is given takes the place
    of what there was, from the next login on. --team '' takes the agent out of all teams,
    --skill '' takes all skills away.
    """
    with open_site() as site:
        agent = _merged(site, name, Given(phone, node, label, _words(team), _words(skill)))
        new = agents.add(site.store, agent, now())
    if as_json:
        emit({**asdict(agent), "agent": name, "added": new})
    else:
        facts = f"phone {agent.phone} on PBX {agent.node}, {_named('team', agent.teams)}"
        done = "added" if new else "changed"
        say(f"Agent '{name}' {done}: {facts}, {_named('skill', agent.skills)}.")


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
    """List the agents, and what each is doing.

    Of an agent who looks at a preview, the lead is shown as well; of one who is shared, where it
    is to go next.
    """
    with open_site() as site:
        if campaign is None:
            found = agents.list_all(site.store)
        else:
            found = agents.of_campaign(site.store, campaigns.get(site.store, campaign).spec)
        looks_at = shown_leads(site, found)
    if as_json:
        emit_lines({**a.model_dump(mode="json"), "lead": looks_at.get(a.name)} for a in found)
        return
    columns = ("agent", "phone", "PBX", "teams", "skills", "campaign", "shared")
    rows = [
        (
            *(a.name, a.phone, a.node, a.teams, a.skills, a.campaign, _sharing(a)),
            *(a.state, a.reason, a.since, _shown(looks_at.get(a.name))),
        )
        for a in found
    ]
    whose = f" of campaign '{campaign}'" if campaign else ""
    none = f"There are no agents{whose}: dialplane agent add NAME --phone PHONE"
    output.show((*columns, "state", "reason", "since (UTC)", "lead"), rows, none=none)


def _merged(site: Site, name: str, given: Given) -> NewAgent:
    """The agent as it is to be. Raises `InputError`."""
    try:
        known = agents.get(site.store, name)
    except NotThere:
        known = None
    phone = given.phone or (known.phone if known else None)
    if phone is None:
        raise InputError(f"--phone: expected the phone of agent {name!r:.40}, who is new")
    node = _first(given.node, known and known.node, "main")
    if (known is None or given.node) and nodes.unknown([node], site.settings):
        raise InputError(f"--node: {nodes.why_unknown([node], site.settings)}")
    return NewAgent(
        token(name, "NAME"),
        token(phone, "--phone"),
        node,
        _first(given.label, known and known.label, ""),
        tuple(token(word, "--team") for word in _first(given.teams, known and known.teams, ())),
        tuple(token(word, "--skill") for word in _first(given.skills, known and known.skills, ())),
    )


def _first(*values: Any) -> Any:
    return next(value for value in values if value is not None)


def _words(given: list[str] | None) -> tuple[str, ...] | None:
    return None if given is None else tuple(word for word in given if word)


def _named(kind: str, words: Sequence[str]) -> str:
    return f"{kind}s {', '.join(words)}" if words else f"no {kind}s"


def _sharing(agent: AgentRow) -> str:
    return f"to {agent.bound}" if agent.bound else "yes" if agent.shared else ""


def _shown(lead: dict[str, Any] | None) -> str:
    return f"{lead['number']} {lead['name']}".strip() if lead else ""
