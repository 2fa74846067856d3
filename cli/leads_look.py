"""`dialplane leads list`, `show` and `why`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

import typer

from campaigns.numbers import BadNumber, normalise
from campaigns.orders import CampaignState
from campaigns.rules import LeadFacts, why_not
from campaigns.spec import Campaign
from campaigns.windows import next_opening
from cli import output
from cli.errors import InputError
from cli.lazy import leaf_app
from cli.output import Json, details, emit, emit_lines, examples, say
from cli.site import now, open_site
from storage import attempts, campaigns, leads
from storage.engine import Store
from storage.errors import NotThere
from storage.tables.people import Lead, LeadState

app = leaf_app()
Which = Annotated[str, typer.Argument(help="A lead's id, or its number.", metavar="LEAD")]


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
    "list",
    epilog=examples(
        "dialplane leads list",
        "dialplane leads list spring --state ready --limit 20",
        "dialplane leads list spring --json | jq .number",
    ),
)
def list_(
    name: Annotated[str | None, typer.Argument(help="A list.", metavar="[LIST]")] = None,
    state: Annotated[LeadState | None, typer.Option(help="Only leads in this state.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many leads.")] = 50,
    as_json: Json = False,
) -> None:
    """List the lists, or the leads of one list."""
    with open_site() as site:
        if name is None:
            _tell_lists(site.store, as_json)
        else:
            _tell_leads(site.store, name, state, limit, as_json)


@app.command(
    epilog=examples("dialplane leads show +12125550100", "dialplane leads show +12125550100 --json")
)
def show(which: Which, as_json: Json = False) -> None:
    """Show a lead, with its attempts."""
    with open_site() as site:
        for lead in find(site.store, which):
            made = attempts.page(site.store, number=lead.number)
            mine = [a for a in made if a.lead_id == lead.id]
            if as_json:
                emit({**lead.model_dump(mode="json"), "attempts": mine})
                continue
            details(tuple(lead.model_dump().items()))
            columns = ("placed", "outcome", "disposition", "agent", "cause")
            rows = [(a.placed_at, a.outcome, a.disposition, a.agent, a.cause) for a in mine]
            output.show(columns, rows, "attempts")


@app.command(
    epilog=examples(
        "dialplane leads why +12125550100 --campaign spring",
        "dialplane leads why +12125550100 --campaign spring --json | jq .refusal",
    )
)
def why(
    which: Which,
    campaign: Annotated[str, typer.Option(help="The campaign that should call.")],
    as_json: Json = False,
) -> None:
    """Say why a lead is, or is not, dialled now.

    The answer is that of the very rules that the dialler asks before each call.
    """
    with open_site() as site:
        answer = answer_for(site.store, which, campaign, now())
    if as_json:
        emit(answer)
    else:
        say(in_words(answer))


def find(store: Store, which: str) -> list[Lead]:
    """The leads of an id or a number. Raises `NotThere`, `InputError`."""
    try:
        return [leads.show(store, UUID(which))]
    except ValueError:
        pass
    try:
        number = normalise(which)
    except BadNumber as wrong:
        raise InputError(f"expected a lead's id or a number with its '+': {wrong}") from wrong
    found = leads.find(store, number)
    if not found:
        raise NotThere(f"There is no lead with the number {number}")
    return found


def answer_for(store: Store, which: str, campaign_name: str, at: datetime) -> Answer:
    """Ask the rules about one lead of a campaign's list. Raises `NotThere`, `InputError`."""
    stored = campaigns.get(store, campaign_name)
    spec = stored.spec
    lead = next((x for x in find(store, which) if x.list_name == spec.leads.list), None)
    if lead is None:
        raise NotThere(
            f"The lead {which} is not on the list '{spec.leads.list}' of campaign '{spec.name}'"
        )
    facts = leads.facts(store, spec, lead.id, at)
    refusal = _refusal(stored.wanted, facts, spec, at)
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


def _refusal(
    wanted: CampaignState, facts: LeadFacts, campaign: Campaign, at: datetime
) -> str | None:
    refusal = why_not(facts, campaign, at)
    if refusal is None and wanted is not CampaignState.RUNNING:
        return f"campaign: it is '{wanted.value}', not running"
    return refusal


def _tell_lists(store: Store, as_json: bool) -> None:
    rows = [{"list": name, "leads": n, **_counts(store, name)} for name, n in _lists(store)]
    if as_json:
        emit_lines(rows)
        return
    columns = ("list", "#leads", *(f"#{state.value}" for state in LeadState))
    output.show(columns, [list(row.values()) for row in rows])


def _tell_leads(
    store: Store, name: str, state: LeadState | None, limit: int, as_json: bool
) -> None:
    if name not in leads.lists(store):
        raise NotThere(f"There is no list '{name}'")
    found = leads.page(store, name, limit, state)
    if as_json:
        emit_lines(found)
        return
    columns = ("number", "name", "state", "#attempts", "last outcome", "due (UTC)", "zones")
    rows = [
        (x.number, x.name, x.state, x.attempts_total, x.last_outcome, x.next_at, x.zones[:40])
        for x in found
    ]
    output.show(columns, rows)


def _lists(store: Store) -> list[tuple[str, int]]:
    return list(leads.lists(store).items())


def _counts(store: Store, name: str) -> dict[str, int]:
    return {state.value: n for state, n in leads.counts(store, name).items()}
