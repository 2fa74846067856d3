"""`dialplane why`: every rule's verdict on a lead, or how a campaign's list thins out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

import typer

from campaigns.rules import Verdict, eligible_at, verdicts
from cli import output
from cli.errors import InputError
from cli.hindrances import kept_by
from cli.lazy import leaf_app
from cli.leads_look import find
from cli.numbers import Region
from cli.output import Json, emit, examples, say
from cli.site import Site, now, open_site
from cli.why_campaign import funnel_of, tell_funnel
from storage import campaigns, leads
from storage.campaigns import Stored
from storage.errors import NotThere
from storage.tables.people import Lead

app = leaf_app()


@dataclass(frozen=True, slots=True)
class Judged:
    """A lead as a campaign sees it. `refusal`: of the first rule that refuses, else what keeps the
    campaign from calling; None: it waits for its turn. `eligible_at`: when no rule will refuse, if
    nothing but time passes; None: time alone does not bring it."""

    campaign: str
    list: str
    lead: UUID
    dialled: bool
    refusal: str | None
    eligible_at: datetime | None
    rules: tuple[Verdict, ...]


@app.command(
    epilog=examples(
        "dialplane why +12125550100",
        "dialplane why +12125550100 --campaign spring --json | jq '.campaigns[].eligible_at'",
        "dialplane why --campaign spring",
        "dialplane why --campaign spring --json | jq .funnel",
    )
)
def why(
    which: Annotated[
        str | None, typer.Argument(help="A lead's id, or its number.", metavar="[LEAD]")
    ] = None,
    campaign: Annotated[
        str | None, typer.Option(help="Only this campaign; without LEAD: all of its leads.")
    ] = None,
    region: Region = None,
    as_json: Json = False,
) -> None:
    """Say what every rule of dialling says of a lead, and when it may be called.

    The rules are the very ones that the dialler asks before each call. Without LEAD, all leads of
    a campaign are judged: how many each rule refuses, and how many are left.
    """
    with open_site() as site:
        if which is not None:
            _tell_lead(which, judged_by(site, which, campaign, now(), region), as_json)
        elif campaign is not None:
            stored = campaigns.get(site.store, campaign)
            tell_funnel(funnel_of(site, stored, now(), as_json), as_json)
        else:
            raise InputError("expected a LEAD, or --campaign; see 'dialplane why --help'")


def judged_by(
    site: Site, which: str, campaign: str | None, at: datetime, region: str | None = None
) -> list[Judged]:
    """A lead as each campaign sees it that calls from its list, or as one alone does. Raises
    `NotThere`, `InputError`."""
    found = {lead.list_name: lead for lead in find(site.store, which, region)}
    mine = [
        (stored, found[name])
        for stored in _asked(site, campaign)
        for name in stored.spec.leads.lists
        if name in found
    ]
    if not mine:
        who = (
            f"campaign '{campaign}' does not call" if campaign is not None else "no campaign calls"
        )
        on = ", ".join(f"'{name}'" for name in found)
        raise NotThere(f"The lead {which} is on the list {on}, and {who} from there")
    return [_judged(site, stored, lead, at) for stored, lead in mine]


def _asked(site: Site, campaign: str | None) -> list[Stored]:
    """The campaign of that name; else all that can be read."""
    if campaign is not None:
        return [campaigns.get(site.store, campaign)]
    return [each for each in campaigns.list_all(site.store) if isinstance(each, Stored)]


def _judged(site: Site, stored: Stored, lead: Lead, at: datetime) -> Judged:
    facts = leads.facts(site.store, stored.spec, lead.id, at)
    refusal = kept_by(site, stored, lead, facts, at)
    free, told = eligible_at(facts, stored.spec, at), tuple(verdicts(facts, stored.spec, at))
    return Judged(stored.name, lead.list_name, lead.id, refusal is None, refusal, free, told)


def _tell_lead(which: str, judged: list[Judged], as_json: bool) -> None:
    if as_json:
        emit({"lead": which, "campaigns": judged})
        return
    for each in judged:
        say(_in_words(which, each))
        rows = [(v.rule, v.refusal or "lets it through", v.again) for v in each.rules]
        output.show(("rule", "verdict", "until (UTC)"), rows)


def _in_words(which: str, judged: Judged) -> str:
    who = f"Campaign '{judged.campaign}', {which} on list '{judged.list}'"
    if judged.dialled:
        return f"{who}: may be dialled now; it waits for its turn."
    when = "time alone does not bring it"
    if judged.eligible_at is not None:
        when = f"the rules let it through from {output.shown(judged.eligible_at)} UTC on"
    return f"{who}: is not dialled now: {judged.refusal}; {when}."
