"""`dialplane leads why`: the rules' own answer, and what else keeps a campaign from calling."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

import typer

from campaigns.windows import next_opening
from cli import output
from cli.campaign_files import listed
from cli.hindrances import kept_by
from cli.lazy import leaf_app
from cli.leads_look import Which, find
from cli.numbers import Region
from cli.output import Json, emit, examples, say
from cli.site import Site, now, open_site
from storage import campaigns, leads
from storage.errors import NotThere

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
    lead = next((x for x in found if x.list_name in spec.leads.lists), None)
    if lead is None:
        raise NotThere(
            f"The lead {which} is not on the list {listed(spec)} of campaign '{spec.name}'"
        )
    facts = leads.facts(site.store, spec, lead.id, at)
    refusal = kept_by(site, stored, lead, facts, at)
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
