"""`dialplane leads list` and `show`."""

from typing import Annotated, Any
from uuid import UUID

import typer

from cli import output
from cli.lazy import leaf_app
from cli.numbers import Region, e164
from cli.output import Json, details, emit, emit_lines, examples
from cli.site import open_site
from storage import attempts, leads
from storage.engine import Store
from storage.errors import NotThere
from storage.tables.people import Lead, LeadState

app = leaf_app()
Which = Annotated[str, typer.Argument(help="A lead's id, or its number.", metavar="LEAD")]
TOLD = (
    *("number", "name", "list_name", "state", "priority", "score", "segment", "skills", "zones"),
    *(
        "reference",
        "fields",
        "next_at",
        "callback_at",
        "attempts_total",
        "last_attempt_at",
        "last_outcome",
    ),
    *("last_disposition", "tries", "created_at", "id", "customer_id", "last_attempt_id"),
)
"""What is told of a lead, in this order."""


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
def show(which: Which, region: Region = None, as_json: Json = False) -> None:
    """Show a lead, with its attempts."""
    with open_site() as site:
        for lead in find(site.store, which, region):
            made = attempts.page(site.store, number=lead.number)
            mine = [a for a in made if a.lead_id == lead.id]
            if as_json:
                emit({**as_told(lead), "attempts": mine})
                continue
            details(tuple(as_told(lead).items()))
            columns = ("placed", "outcome", "disposition", "agent", "cause")
            rows = [(a.placed_at, a.outcome, a.disposition, a.agent, a.cause) for a in mine]
            output.show(columns, rows, "attempts")


def as_told(lead: Lead) -> dict[str, Any]:
    """A lead in the words, and with the figures, of the file that it came from."""
    ours = {"priority": -lead.rank, "score": -lead.score_rank, "reference": lead.external_ref}
    return {name: ours[name] if name in ours else getattr(lead, name) for name in TOLD}


def find(store: Store, which: str, region: str | None = None) -> list[Lead]:
    """The leads of an id or a number. Raises `NotThere`, `InputError`."""
    try:
        return [leads.show(store, UUID(which))]
    except ValueError:
        number = e164(which, "LEAD (an id or a number)", region)
    found = leads.find(store, number)
    if not found:
        raise NotThere(f"There is no lead with the number {number}")
    return found


def _tell_lists(store: Store, as_json: bool) -> None:
    rows = [{"list": name, "leads": n, **_counts(store, name)} for name, n in _lists(store)]
    if as_json:
        emit_lines(rows)
        return
    columns = ("list", "#leads", *(f"#{state.value}" for state in LeadState))
    none = "There are no lists yet: dialplane leads import FILE.csv --list NAME"
    output.show(columns, [list(row.values()) for row in rows], none=none)


def _tell_leads(
    store: Store, name: str, state: LeadState | None, limit: int, as_json: bool
) -> None:
    if name not in leads.lists(store):
        raise NotThere(f"There is no list '{name}'")
    found = leads.page(store, name, limit, state)
    if as_json:
        emit_lines(map(as_told, found))
        return
    columns = ("number", "name", "state", "#attempts", "last outcome", "due (UTC)", "zones")
    rows = [
        (x.number, x.name, x.state, x.attempts_total, x.last_outcome, x.next_at, x.zones[:40])
        for x in found
    ]
    output.show(columns, rows, none=f"List '{name}': no lead{_in_state(state)}.")


def _in_state(state: LeadState | None) -> str:
    return f" is '{state.value}'" if state else "s"


def _lists(store: Store) -> list[tuple[str, int]]:
    return list(leads.lists(store).items())


def _counts(store: Store, name: str) -> dict[str, int]:
    return {state.value: n for state, n in leads.counts(store, name).items()}
